#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// The known word that a mistyped one was probably meant to be: at most a third of its characters
/// (and at least two) lie between them, counting a letter that is missing, too many, wrong, or
/// swapped with its neighbour as one. Empty when none is that near. Pure.
std::string nearest_word(std::string_view written, const std::vector<std::string>& known);

}  // namespace cordon
