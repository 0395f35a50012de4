#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "core/scan_result.h"

namespace cordon {

/// The result as one line of JSON of at most `bytes_max` bytes.
///
/// An object can be built so that its result is longer than a service takes (thousands of signature
/// names, say). Then long texts are cut and lists shortened until it fits: a shortened result is
/// reported, an oversized one would be none at all. Pure.
/// Errors: invalid when even that does not fit.
Result<std::string> result_line(const ScanResult& result, std::size_t bytes_max);

/// The same with the fields that readers of notifications know by other names: bucketName,
/// scanResult, dateScanned.
Result<std::string> notification_body(const ScanResult& result, std::size_t bytes_max);

}  // namespace cordon
