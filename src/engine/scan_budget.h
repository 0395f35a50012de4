#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace cordon {

/// What one scan may cost. Small objects get less than large ones, so that a few hundred bytes can
/// neither hold a worker for a minute nor take gigabytes.
struct ScanBudget {
  /// Wall clock, as long as the worker gets the processor.
  std::chrono::milliseconds time{0};
  /// Memory of the worker's own, above what it had at its birth. Looked at every quarter of a
  /// second; what a worker may reach in between is limited by RLIMIT_AS (WorkerLimits).
  std::uint64_t memory_bytes = 0;

  bool operator==(const ScanBudget&) const = default;
};

/// The budget of `bytes` bytes, when no scan of an ordinary object may have more than `time_max`
/// and `memory_bytes_max`: 25 s and 1 ms for each byte, 1 GiB and 1 KiB for each byte. Objects
/// above the engine's ceiling have more time (`scan_time_for`). Pure.
ScanBudget scan_budget(std::chrono::milliseconds time_max, std::uint64_t memory_bytes_max,
                       std::uint64_t bytes);

/// Processor time that a process has used. Nothing when it is gone or may not be looked at.
std::optional<std::chrono::nanoseconds> processor_time_of(pid_t pid);
/// Memory that is resident and its own: neither a file's nor shared. Nothing likewise.
std::optional<std::uint64_t> own_memory_of(pid_t pid);

/// Whether a worker that has not finished in `wall` was kept from working: it got the processor for
/// less than half of that. Says nothing against the object then. Pure.
bool was_starved(std::chrono::nanoseconds wall, std::chrono::nanoseconds processor);

}  // namespace cordon
