#include "engine/worker.h"

#include <poll.h>

#include <csignal>

#include "engine/pidfd.h"
#include "engine/scan_budget.h"
#include "engine/worker_loop.h"
#include "ipc/wait.h"

namespace cordon {
namespace {

// A killed process is gone within milliseconds, unless the machine is starved of everything.
constexpr std::chrono::seconds kDeathLimit{10};
constexpr std::chrono::seconds kDyingLimit{2};

}  // namespace

std::string_view name_of(WorkerFate fate) {
  switch (fate) {
    case WorkerFate::recycled:
      return "recycled";
    case WorkerFate::dropped:
      return "dropped";
    case WorkerFate::cancelled:
      return "cancelled";
    case WorkerFate::timeout:
      return "timeout";
    case WorkerFate::lie:
      return "lie";
    case WorkerFate::fault:
      return "fault";
    case WorkerFate::crash:
      return "crash";
    case WorkerFate::violation:
      return "violation";
    case WorkerFate::memory:
      return "memory";
  }
  return "crash";
}

WorkerFate fate_of(const ProcessEnd& end) {
  if (end == ProcessEnd{.how = ProcessEnd::How::signalled, .code = SIGSYS}) {
    return WorkerFate::violation;
  }
  // A SIGKILL that is not ours is the kernel's, short of memory.
  if (end == ProcessEnd{.how = ProcessEnd::How::signalled, .code = SIGKILL} ||
      end == ProcessEnd{.how = ProcessEnd::How::exited, .code = kExitOutOfMemory}) {
    return WorkerFate::memory;
  }
  return WorkerFate::crash;
}

Worker::Worker(std::shared_ptr<WorkerSource> engine, NewWorker born, const Clock& clock)
    : engine_(std::move(engine)),
      number_(born.number),
      pid_(born.pid),
      process_(std::move(born.process)),
      conversation_(std::move(born.channel), clock),
      confinement_(born.confinement),
      clock_(clock),
      born_at_(clock.steady_now()),
      memory_at_birth_(own_memory_of(pid_)) {}

Result<WorkerAnswer> Worker::scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                                  const std::stop_token& stop,
                                  const WorkerConversation::Watch& watch,
                                  const std::optional<Window>& window) {
  ++scans_;
  return conversation_.scan(content, bytes, deadline, stop, watch, window);
}

bool Worker::alive() const {
  pollfd ended{process_.get(), POLLIN, 0};
  return process_ && ::poll(&ended, 1, 0) == 0;
}

bool Worker::dies() const {
  const Deadline deadline = Deadline::after(clock_, kDyingLimit);
  return wait_until_ready(process_.get(), Readiness::readable, deadline, std::stop_token(), clock_)
      .ok();
}

ProcessEnd Worker::end() noexcept {
  if (!process_) return {};
  // Changes nothing about how a dead one has ended.
  const bool dies = signal_process(process_, SIGKILL) == 0;
  const Deadline deadline = Deadline::after(clock_, kDeathLimit);
  if (dies) {
    static_cast<void>(
        wait_until_ready(process_.get(), Readiness::readable, deadline, std::stop_token(), clock_));
  }
  process_.reset();
  return engine_->reap(number_, deadline).value_or(ProcessEnd{});
}

}  // namespace cordon
