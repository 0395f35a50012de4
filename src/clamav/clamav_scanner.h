#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "base/clock.h"
#include "clamav/clamav_engine.h"
#include "clamav/judge.h"
#include "clamav/large_scan.h"
#include "core/ports/scanner.h"

namespace cordon {

/// Where a `ClamavScanner` unpacks, what it may find Clean, and how far it goes into objects above
/// the engine's ceiling.
struct ClamavScannerOptions {
  /// For unpacked parts. Must exist and be writable, or the scan fails with `unavailable`.
  std::filesystem::path temp_directory;
  ScanPolicy policy = {};
  WindowSizes windows = {};                       ///< Of objects above the engine's ceiling.
  std::uint64_t members_max = 1'000'000;          ///< Of an archive above the ceiling.
  std::uint64_t unpacked_bytes_max = 1ULL << 40;  ///< The same.
};

/// Scans in this process. Parses hostile bytes, so outside of tests it lives in a sandboxed worker.
///
/// The deadline and a stop request are looked at between the layers of an object, and a little
/// before the deadline the engine gives up by itself; neither is a guarantee (one layer can take
/// minutes), the killing parent is. `engine` and `clock` must outlive the scanner.
///
/// Threads: any; scans with one engine take turns.
/// Errors, beyond the port's: invalid when the descriptor does not hold `bytes` bytes; unavailable
/// when this process lacks what every scan needs (temporary directory, descriptors): another worker
/// may have it.
class ClamavScanner final : public Scanner {
 public:
  ClamavScanner(ClamavEngine& engine, ClamavScannerOptions options, const Clock& clock)
      : engine_(engine), options_(std::move(options)), clock_(clock) {}

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                          std::stop_token stop) override;
  Result<ScanReport> scan_window(const UniqueFd& content, const Window& window, Deadline deadline,
                                 std::stop_token stop) override;

 private:
  LargeScan large_scan(Deadline deadline, const std::stop_token& stop);
  Result<PartReport> scan_part(std::span<const std::byte> bytes, PartKind kind, Deadline deadline,
                               const std::stop_token& stop);

  ClamavEngine& engine_;
  ClamavScannerOptions options_;
  const Clock& clock_;
};

}  // namespace cordon
