#pragma once

#include <string>
#include <string_view>

namespace cordon {

/// The characters of a UTF-8 text. A byte that is not part of well-formed UTF-8 becomes U+FFFD.
std::u32string code_points(std::string_view text);

/// The other direction.
void append_utf8(std::string& out, char32_t character);

}  // namespace cordon
