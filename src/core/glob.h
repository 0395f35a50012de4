#pragma once

#include <string_view>

namespace cordon {

/// Whether the object key matches the pattern: `*` is any run of characters within a segment, `**`
/// any run at all, `?` one character of a segment, `**/` also nothing (so `**/x` matches `x`).
/// Everything else stands for itself; case-sensitive; the whole key must match.
///
/// Time grows with the product of the two lengths at most, whatever the pattern.
bool glob_matches(std::string_view pattern, std::string_view key);

}  // namespace cordon
