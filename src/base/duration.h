#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace cordon {

inline constexpr std::chrono::hours kDurationUsualMax{24 * 7};

/// A time span as people write it: a whole number with `ms`, `s`, `m`, `h` or `d`; a bare number
/// means seconds. At most `max`. Errors: invalid, which says how to write it.
Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                 std::chrono::hours max = kDurationUsualMax);

}  // namespace cordon
