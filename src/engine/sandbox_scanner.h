#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/metrics.h"
#include "core/ports/scanner.h"
#include "engine/worker_pool.h"

namespace cordon {

struct SandboxScannerOptions {
  /// Wall clock of one scan, from the moment at which a worker has it. The worker is then killed.
  /// An object above the engine's ceiling has more: `scan_time_for`.
  std::chrono::milliseconds scan_time_max{600'000};
  /// Where workers without a tmpfs keep temporary files. When the file system has less than
  /// `scratch_bytes_free_min` left, the worker that scans is killed.
  std::filesystem::path scratch;
  std::uint64_t scratch_bytes_free_min = 256ULL << 20;
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

  WorkerPool& workers_;
  const SandboxScannerOptions options_;
  const Clock& clock_;
  Metrics& metrics_;
};

}  // namespace cordon
