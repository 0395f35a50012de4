#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "clamav/judge.h"
#include "clamav/large_form.h"
#include "clamav/window_scan.h"
#include "core/verdict_sum.h"

namespace cordon {

/// How an archive above the engine's ceiling is scanned: its limits, and the engine as a function.
/// From `ClamavScanner` to `LargeScan` and `scan_members`.
struct MemberScanSettings {
  std::uint64_t part_bytes_max = kEngineBytesMax;  ///< What the engine takes at once.
  WindowSizes windows = {};
  std::uint64_t members_max = 1'000'000;
  std::uint64_t unpacked_bytes_max = 1ULL << 40;  ///< All members together.
  /// Holds one member of up to part_bytes_max, or one window of a larger one.
  std::filesystem::path temp_directory;
  ScanPart scan_part;
  std::function<bool()> should_stop;  ///< Deadline or stop request.
  /// The verdict of a member that cannot be looked into.
  std::function<Verdict(const LayerProblem&)> verdict_of;
};

/// Unpacks the archive in `content`, which is read at positions and never mapped, and scans each
/// member: as an object of its own, or in windows when it is larger than the engine reads. Adds
/// what is found to `sum`, covering nothing of the archive's own bytes. Stops at the first infected
/// member; goes on behind one that is locked, damaged or too large where the format permits.
///
/// Runs inside the sandbox only. Memory: the file system's; a constant amount of its own.
/// Errors: those of `scan_part`; timeout when `should_stop` said so.
Result<void> scan_members(LargeForm form, const UniqueFd& content, std::uint64_t bytes,
                          const MemberScanSettings& settings, VerdictSum& sum);

}  // namespace cordon
