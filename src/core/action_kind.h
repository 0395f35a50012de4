#pragma once

#include <cstdint>
#include <string_view>

namespace cordon {

/// What is done with an object because of its verdict: planned by a route, told by a result.
enum class ActionKind : std::uint8_t { keep, remove, move, copy };

std::string_view name_of(ActionKind kind);  ///< "keep", "delete", "move", "copy"

}  // namespace cordon
