#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cordon {

/// What a line of help or of a list may be wide, in columns.
inline constexpr std::size_t kTextColumns = 80;

/// The words of `text` in lines that fit, each of them but the first behind `indent` spaces; the
/// first one begins in column `used`. A word that is too long for a line has one of its own. For
/// ASCII. Pure.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t used);

}  // namespace cordon
