#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "clamav/judge.h"

namespace cordon {

/// Recognises, by its first bytes, content that neither libclamav nor libarchive opens: archives in
/// formats that they do not know, and disk images whose blocks are packed or out of order. Their
/// bytes are searched all the same; what is inside them is not, and the problem (unsupported) says
/// so. What is encrypted: about_locked_content.
///
/// Pure; looks at the first 64 bytes at most.
std::optional<LayerProblem> about_closed_format(std::span<const std::byte> layer);

}  // namespace cordon
