#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "core/ports/scanner.h"
#include "core/scan_result.h"
#include "staging/stage.h"

namespace cordon {

/// Whom a result of `scan_file` names as its origin, and what the scan may take in space and time.
struct FileScanOptions {
  std::string deployment = "main";
  std::string agent = "cli";
  StageOptions stage = {};
  std::uint64_t spool_bytes_max = std::uint64_t{8} << 30U;
  std::chrono::seconds scan_time_max{300};
};

/// One local file, staged and scanned exactly as an object is. Names no bucket and no key; nothing
/// is tagged or moved.
///
/// What is wrong with the file is a verdict: a file that may not be read is Error(access-denied).
/// Errors: not_found, invalid (no regular file), cancelled; unavailable when the engine or this
/// machine cannot scan at all.
Result<ScanResult> scan_file(const std::filesystem::path& path, const FileScanOptions& options,
                             Scanner& scanner, const Clock& clock, Random& random,
                             Deadline deadline, std::stop_token stop);

}  // namespace cordon
