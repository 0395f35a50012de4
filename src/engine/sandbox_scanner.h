#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/metrics.h"
#include "core/ports/scanner.h"
#include "engine/scan_budget.h"
#include "engine/worker_pool.h"

namespace cordon {

/// What a scan may cost before a `SandboxScanner` kills its worker.
struct SandboxScannerOptions {
  /// Wall clock of one scan, from the moment at which a worker has it. The worker is then killed,
  /// unless it was starved: it then has the same time once more. Small objects have less and those
  /// above the engine's ceiling more: `scan_budget`.
  std::chrono::milliseconds scan_time_max{600'000};
  /// Memory of a worker's own; small objects have less. What takes more is killed.
  std::uint64_t memory_bytes_max = 4ULL << 30;
  /// Where workers without a tmpfs keep temporary files. When the file system has less than
  /// `scratch_bytes_free_min` left, the worker that scans is killed.
  std::filesystem::path scratch;
  std::uint64_t scratch_bytes_free_min = 256ULL << 20;
  /// For tests: how the kernel's counts are read.
  std::function<std::optional<std::chrono::nanoseconds>(pid_t)> processor_time = processor_time_of;
  std::function<std::optional<std::uint64_t>(pid_t)> own_memory = own_memory_of;
};

/// Runs the engine in sandboxed worker processes. The references outlive the scanner.
///
/// Errors, beyond the port's: invalid when `content` is no regular file of `bytes` bytes.
class SandboxScanner final : public Scanner {
 public:
  SandboxScanner(WorkerPool& workers, SandboxScannerOptions options, const Clock& clock,
                 Metrics& metrics);

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                          std::stop_token stop) override;
  Result<ScanReport> scan_window(const UniqueFd& content, const Window& window, Deadline deadline,
                                 std::stop_token stop) override;

 private:
  Result<ScanReport> scan_content(const UniqueFd& content, std::uint64_t bytes,
                                  const std::optional<Window>& window, Deadline deadline,
                                  const std::stop_token& stop);
  Result<ScanReport> scan_in_worker(const UniqueFd& view, std::uint64_t bytes,
                                    const std::optional<Window>& window, Deadline deadline,
                                    const std::stop_token& stop);
  Result<ScanReport> accept(WorkerLease worker, WorkerAnswer answer, EngineVersion version);
  Error refuse(WorkerLease worker, Error error);
  Result<void> check_scratch() const;
  Result<void> check_memory(const Worker& worker, const ScanBudget& budget) const;
  WorkerConversation::Watch watch_over(const Worker& worker, const ScanBudget& budget) const;

  WorkerPool& workers_;
  const SandboxScannerOptions options_;
  const Clock& clock_;
  Metrics& metrics_;
};

}  // namespace cordon
