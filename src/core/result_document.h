#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "core/scan_result.h"

namespace cordon {

/// How characters outside ASCII stand in a document: as they are, or as \u escapes, for carriers
/// that refuse some of them (aws/message_text.h).
enum class LineText : std::uint8_t { utf8, ascii };

/// The result as one line of JSON of at most `bytes_max` bytes.
///
/// An object can be built so that its result is longer than a service takes (thousands of signature
/// names, say). Then long texts are cut and lists shortened until it fits: a shortened result is
/// reported, an oversized one would be none at all. Pure.
/// Errors: invalid when even that does not fit.
Result<std::string> result_line(const ScanResult& result, std::size_t bytes_max, LineText text);

/// The same, in ASCII, with the fields that readers of notifications know by other names:
/// bucketName, scanResult, dateScanned.
Result<std::string> notification_body(const ScanResult& result, std::size_t bytes_max);

}  // namespace cordon
