#include "engine/engine_process.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/files.h"
#include "engine/pidfd.h"
#include "engine/start_program.h"
#include "ipc/wait.h"

namespace cordon {
namespace {

/// A zygote answers in a moment, or after the canary set of a new worker.
constexpr std::chrono::seconds kAnswerLimit{90};
constexpr std::chrono::seconds kFarewell{5};
constexpr int kLateAnswersMax = 64;

ProcessEnd wait_for_child(pid_t pid) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (ended != pid) return {};
  if (WIFSIGNALED(status)) {
    return {.how = ProcessEnd::How::signalled, .code = WTERMSIG(status)};
  }
  return {.how = ProcessEnd::How::exited, .code = WEXITSTATUS(status)};
}

std::uint32_t request_of(MessageType type, const std::string& bytes) {
  const auto id = [](const auto& message) { return message ? message->request : 0; };
  if (type == MessageType::worker) return id(decode_worker(bytes));
  if (type == MessageType::reaped) return id(decode_reaped(bytes));
  return id(decode_failed(bytes));
}

}  // namespace

Result<std::shared_ptr<EngineProcess>> EngineProcess::start(const EngineProcessOptions& options,
                                                            const Clock& clock, Deadline deadline,
                                                            const std::stop_token& stop) {
  CORDON_TRY(ScratchDirectory scratch, ScratchDirectory::make(options.scratch));
  CORDON_TRY(Channel::Pair ends, Channel::pair(clock));
  std::vector<std::string> arguments = options.arguments;
  arguments.insert(arguments.end(), {"--scratch", scratch.path().string()});
  // The destructor of this object is what ends the program on every early return below.
  std::shared_ptr<EngineProcess> process(
      new EngineProcess(std::move(scratch), std::move(ends.near), clock));
  CORDON_TRY(process->pid_, start_program(options.binary, arguments, ends.far.descriptor()));
  // SAFETY: our child is not waited for yet, so its number cannot mean another process.
  process->process_ = open_process(process->pid_);
  std::move(ends.far).release().reset();
  if (!process->process_) return errno_error("pidfd_open", errno);
  CORDON_TRY(process->await_ready(deadline, stop));
  return process;
}

Result<void> EngineProcess::await_ready(Deadline deadline, const std::stop_token& stop) {
  constexpr ProtocolState kState = ProtocolState::zygote_loading;
  Result<Frame> frame = control_.receive(limits_of(kState), deadline, stop);
  if (!frame) {
    if (frame.error().code != Errc::unavailable) {
      return with_context(std::move(frame).error(), "cordon-engine is loading");
    }
    const ProcessEnd end = wait_for_child(std::exchange(pid_, -1));
    return Error{Errc::unavailable, "cordon-engine ended while loading: " + describe(end)};
  }
  CORDON_TRY(const MessageType type, admit(kState, *frame));
  if (type == MessageType::failed) {
    CORDON_TRY(FailedMessage failed, decode_failed(frame->bytes));
    return Error{Errc::invalid, "cordon-engine: " + std::move(failed.text)};
  }
  CORDON_TRY(ready_, decode_ready(frame->bytes));
  return {};
}

EngineProcess::~EngineProcess() {
  if (pid_ < 0) return;
  std::move(control_).release().reset();  // It ends, and its workers with it.
  const Deadline patience = Deadline::after(clock_, kFarewell);
  if (!process_ || !wait_until_ready(process_.get(), Readiness::readable, patience, {}, clock_)) {
    ::kill(pid_, SIGKILL);
  }
  wait_for_child(pid_);
}

bool EngineProcess::alive() const {
  pollfd ended{process_.get(), POLLIN, 0};
  return !broken_ && ::poll(&ended, 1, 0) == 0;
}

Result<Frame> EngineProcess::ask(const std::string& request, std::uint32_t id, Deadline deadline,
                                 const std::stop_token& stop) {
  constexpr ProtocolState kState = ProtocolState::zygote_asked;
  const Deadline limit = deadline.at_most(clock_, kAnswerLimit);
  CORDON_TRY(const Turnstile::Turn turn, turn_.enter(limit, stop));
  CORDON_TRY(control_.send(request, {}, limit, stop));
  for (int late = 0; late < kLateAnswersMax; ++late) {
    Result<Frame> frame = control_.receive(limits_of(kState), limit, stop);
    if (frame) {
      const Result<MessageType> type = admit(kState, *frame);
      // An answer to a question that was given up: its descriptors close here, and a worker whose
      // socket is closed ends.
      if (type && request_of(*type, frame->bytes) != id) continue;
      if (type) return frame;
      frame = type.error();
    }
    if (frame.error().code != Errc::invalid) return frame;
    broken_ = true;
    signal_process(process_, SIGKILL);
    return Error{Errc::unavailable, "the zygote broke protocol: " + frame.error().what};
  }
  return Error{Errc::unavailable, "the zygote does not answer the question"};
}

Result<NewWorker> EngineProcess::spawn(Deadline deadline, const std::stop_token& stop) {
  const std::uint32_t id = ++last_request_;
  CORDON_TRY(Frame frame, ask(encode(SpawnMessage{.request = id}), id, deadline, stop));
  if (const Result<FailedMessage> failed = decode_failed(frame.bytes)) {
    return Error{Errc::unavailable, failed->text};
  }
  const Result<WorkerMessage> born = decode_worker(frame.bytes);
  if (!born || frame.descriptors.size() != 2) {
    return Error{Errc::unavailable, "the zygote answered something else"};
  }
  return NewWorker{.number = id,
                   .pid = born->pid,
                   .process = std::move(frame.descriptors[1]),
                   .channel = Channel(std::move(frame.descriptors[0]), clock_),
                   .confinement = born->confinement};
}

Result<ProcessEnd> EngineProcess::reap(std::uint32_t worker, Deadline deadline) {
  const std::uint32_t id = ++last_request_;
  CORDON_TRY(const Frame frame, ask(encode(ReapMessage{.request = id, .worker = worker}), id,
                                    deadline, std::stop_token()));
  const Result<ReapedMessage> reaped = decode_reaped(frame.bytes);
  if (!reaped) return Error{Errc::unavailable, "the zygote answered something else"};
  return reaped->end;
}

std::filesystem::path beside_this_program(const std::string& name) {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path(name) : self.parent_path() / name;
}

}  // namespace cordon
