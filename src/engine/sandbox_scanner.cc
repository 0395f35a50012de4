// The trust boundary between agent and engine.
//
// A worker parses bytes an attacker chose, so once it has seen an object it counts as hostile. Two
// rules follow. Its answer is input: it is decoded with limits and never asserted on, for an
// assertion would let the worker kill the agent. And its survival is opt-in: a lease that goes out
// of scope kills the worker, so every early return below is the safe one.
#include "engine/sandbox_scanner.h"

#include <sys/statvfs.h>

#include <chrono>
#include <string>
#include <utility>

#include "engine/worker_conversation.h"

namespace cordon {
namespace {

std::string died(const Error& error) { return "an engine worker died: " + error.what; }

/// After these the worker's surroundings may be at fault: it is not used again.
bool is_fault(const Verdict& verdict) { return verdict.disposition == Disposition::error; }

}  // namespace

SandboxScanner::SandboxScanner(WorkerPool& workers, SandboxScannerOptions options,
                               const Clock& clock, Metrics& metrics)
    : workers_(workers), options_(std::move(options)), clock_(clock), metrics_(metrics) {
  metrics_.describe("cordon_engine_scan_seconds", "Time a worker had an object.");
}

Result<ScanReport> SandboxScanner::scan(const UniqueFd& content, std::uint64_t bytes,
                                        Deadline deadline, std::stop_token stop) {
  return scan_content(content, bytes, std::nullopt, deadline, stop);
}

Result<ScanReport> SandboxScanner::scan_window(const UniqueFd& content, const Window& window,
                                               Deadline deadline, std::stop_token stop) {
  CORDON_TRY(check_window(window));
  return scan_content(content, window.bytes, window, deadline, stop);
}

Result<ScanReport> SandboxScanner::scan_content(const UniqueFd& content, std::uint64_t bytes,
                                                const std::optional<Window>& window,
                                                Deadline deadline, const std::stop_token& stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped before the scan"};
  if (deadline.passed(clock_)) return Error{Errc::timeout, "no time left for the scan"};
  CORDON_TRY(const UniqueFd view, read_only_view(content, bytes));
  return scan_in_worker(view, bytes, window, deadline, stop);
}

Result<ScanReport> SandboxScanner::scan_in_worker(const UniqueFd& view, std::uint64_t bytes,
                                                  const std::optional<Window>& window,
                                                  Deadline deadline, const std::stop_token& stop) {
  CORDON_TRY(WorkerLease worker, workers_.lease(deadline, stop));
  // The client's word for who scanned, from before any object was seen: never the worker's.
  EngineVersion version = worker->engine().version();
  // Nothing can be hidden in nothing.
  if (bytes == 0) {
    std::move(worker).give_back();
    return ScanReport{.verdict = clean_verdict(0), .version = std::move(version)};
  }
  const SteadyTime begun = clock_.steady_now();
  const ScanBudget budget = scan_budget(options_.scan_time_max, options_.memory_bytes_max, bytes);
  // Twice, because the watch may find that the worker was starved.
  const Deadline limit = deadline.at_most(clock_, 2 * budget.time);
  Result<WorkerAnswer> answer =
      worker->scan(view, bytes, limit, stop, watch_over(*worker, budget), window);
  metrics_.observe_seconds("cordon_engine_scan_seconds", {},
                           std::chrono::duration<double>(clock_.steady_now() - begun).count());
  if (!answer) return refuse(std::move(worker), std::move(answer).error());
  return accept(std::move(worker), std::move(answer).value(), std::move(version));
}

Result<ScanReport> SandboxScanner::accept(WorkerLease worker, WorkerAnswer answer,
                                          EngineVersion version) {
  if (const auto* none = std::get_if<NoVerdictMessage>(&answer)) {
    std::move(worker).discard(WorkerFate::fault);
    return Error{none->code, "the engine reached no verdict: " + none->text};
  }
  Verdict verdict = std::get<Verdict>(std::move(answer));
  if (is_fault(verdict)) {
    const bool shares_disk = !worker->confinement().memory_temporary;
    std::move(worker).discard(WorkerFate::fault);
    // The disk is everybody's: that it is full says nothing about this object.
    if (shares_disk && !check_scratch()) {
      return Error{Errc::unavailable, "no space for temporary files: " + verdict.message};
    }
  } else {
    std::move(worker).give_back();
  }
  return ScanReport{.verdict = std::move(verdict), .version = std::move(version)};
}

Error SandboxScanner::refuse(WorkerLease worker, Error error) {
  switch (error.code) {
    case Errc::timeout:
      std::move(worker).discard(WorkerFate::timeout);
      return Error{Errc::timeout, "the scan took too long and was ended"};
    case Errc::cancelled:
      std::move(worker).discard(WorkerFate::cancelled);
      return error;
    case Errc::invalid:
      std::move(worker).discard(WorkerFate::lie);
      return Error{Errc::worker_died, "an engine worker broke protocol: " + error.what};
    case Errc::worker_died:  // The watch's word.
      std::move(worker).discard(WorkerFate::memory);
      return error;
    case Errc::unavailable: {
      const auto [fate, end] = std::move(worker).bury();
      return Error{Errc::worker_died,
                   "an engine worker died (" + std::string(name_of(fate)) + "): " + describe(end)};
    }
    case Errc::throttled:
    case Errc::not_found:
    case Errc::denied:
    case Errc::changed:
      break;
  }
  std::move(worker).discard(WorkerFate::fault);
  return Error{Errc::worker_died, died(error)};
}

Result<void> SandboxScanner::check_scratch() const {
  struct statvfs disk {};
  if (::statvfs(options_.scratch.c_str(), &disk) != 0) return {};
  const std::uint64_t left = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (left >= options_.scratch_bytes_free_min) return {};
  return Error{Errc::worker_died,
               "an engine worker was ended: its temporary files fill " + options_.scratch.string()};
}

Result<void> SandboxScanner::check_memory(const Worker& worker, const ScanBudget& budget) const {
  if (!worker.memory_at_birth()) return {};
  const std::optional<std::uint64_t> now = options_.own_memory(worker.pid());
  if (!now || *now <= *worker.memory_at_birth() + budget.memory_bytes) return {};
  return Error{Errc::worker_died,
               "an engine worker was ended: an object of this size may not take more than " +
                   std::to_string(budget.memory_bytes >> 20U) + " MiB of memory"};
}

// What is looked at while the worker scans. Its time is over when it has had the processor for half
// of its limit; a worker that did not get it says nothing about the object, which is scanned on
// rather than once more from the beginning.
WorkerConversation::Watch SandboxScanner::watch_over(const Worker& worker,
                                                     const ScanBudget& budget) const {
  const bool on_disk = !worker.confinement().memory_temporary;
  const SteadyTime begun = clock_.steady_now();
  const auto used_before = options_.processor_time(worker.pid());
  return [this, &worker, budget, on_disk, begun, used_before]() -> Result<void> {
    CORDON_TRY(check_memory(worker, budget));
    if (on_disk) CORDON_TRY(check_scratch());
    const auto wall = clock_.steady_now() - begun;
    if (wall < budget.time) return {};
    const auto used = options_.processor_time(worker.pid());
    if (used && used_before && was_starved(wall, *used - *used_before)) return {};
    return Error{Errc::timeout, "the scan took too long"};
  };
}

}  // namespace cordon
