#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "core/scan_result.h"

namespace cordon {

/// What SQS carries at most; no result is longer.
inline constexpr std::size_t kScanResultBytesMax = 1U << 20U;

/// The result that a line of `to_json` tells of: for every result that the encoder can write, whose
/// texts are UTF-8, whose times are whole milliseconds and whose verdict is consistent, exactly
/// that one. The line itself may come from anybody who can write to a queue or a disk.
///
/// Members that are not known are passed over (a notification body is a result with three more);
/// each that is known must have its type. A result that contradicts itself, such as one that is
/// Clean and names a virus, is none. Pure.
/// Errors: invalid, which names the first member that is wrong: more than 1 MiB, lists of more than
///         10,000 names or 1,000 actions, texts of more than 16 KiB.
Result<ScanResult> decode_scan_result(std::string_view json);

}  // namespace cordon
