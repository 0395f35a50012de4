#pragma once

#include <cstddef>
#include <cstdint>

namespace cordon {

/// What a worker has for itself between two scans, beyond what it shares with its zygote:
/// `kKeptBytesMax` of freed memory, and what it changed of the zygote's pages and uses throughout,
/// some megabytes. Stated in docs/guide/operate.md.
inline constexpr std::size_t kWorkerBytesMax = 64U << 20U;

/// Freed memory that a worker keeps for its next scan.
inline constexpr std::size_t kKeptBytesMax = 48U << 20U;

/// The C library's heap in a worker: what a scan has freed stays for the next one, up to a limit.
/// One per worker, made before its first scan. Threads: the worker's one.
class WorkerMemory {
 public:
  WorkerMemory();

  /// Between two scans: gives back what is beyond the limit.
  void settle() const;

 private:
  std::uintptr_t top_at_birth_;
};

}  // namespace cordon
