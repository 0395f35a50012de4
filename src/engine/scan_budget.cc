// How much one object may cost.
//
// One limit for all sizes would let whoever can upload a few hundred bytes hold a worker for ten
// minutes. Legitimate cost grows with the bytes: the dearest ordinary content (archives of very
// small members, with a full signature set) takes some 0.1 ms for each byte, and no method of
// compression in common use makes more than a thousand bytes of one. Both allowances lie well
// above that, and from some 600 KB and 3 MB on the limits are the configured ones.
#include "engine/scan_budget.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "core/windows.h"

namespace cordon {
namespace {

constexpr std::chrono::milliseconds kTimeBase{25'000};
constexpr std::chrono::milliseconds kTimePerByte{1};
constexpr std::uint64_t kMemoryBase = 1ULL << 30;
constexpr std::uint64_t kMemoryPerByte = 1024;
/// From here on no factor matters, and no product overflows.
constexpr std::uint64_t kLargeBytes = 1ULL << 40;

}  // namespace

ScanBudget scan_budget(std::chrono::milliseconds time_max, std::uint64_t memory_bytes_max,
                       std::uint64_t bytes) {
  const std::uint64_t counted = std::min(bytes, kLargeBytes);
  return {.time = std::min(scan_time_for(time_max, bytes),
                           kTimeBase + kTimePerByte * static_cast<std::int64_t>(counted)),
          .memory_bytes = std::min(memory_bytes_max, kMemoryBase + kMemoryPerByte * counted)};
}

std::optional<std::chrono::nanoseconds> processor_time_of(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (pid <= 0) return std::nullopt;
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::optional<std::uint64_t> own_memory_of(pid_t pid) {
  // Pages: size, resident, those of files and shared memory among them.
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  if (!(file >> size >> resident >> shared) || shared > resident) return std::nullopt;
  return (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool was_starved(std::chrono::nanoseconds wall, std::chrono::nanoseconds processor) {
  return processor < wall / 2;
}

}  // namespace cordon
