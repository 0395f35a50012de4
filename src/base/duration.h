#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// A time span as people write it: a whole number with `ms`, `s`, `m` or `h`; a bare number means
/// seconds. At most a week. Errors: invalid, which says how to write it.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace cordon
