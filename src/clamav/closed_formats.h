#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "clamav/judge.h"

namespace cordon {

/// Recognises, by its first bytes, containers that are encrypted as a whole. Their bytes are
/// searched all the same; what is inside them is not, and the problem says so.
///
/// Pure; looks at the first 64 bytes at most.
std::optional<LayerProblem> about_closed_format(std::span<const std::byte> layer);

}  // namespace cordon
