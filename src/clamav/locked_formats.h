#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "clamav/judge.h"

namespace cordon {

/// Recognises, by content, what only a password or a key opens, as far as the engine and the
/// readers of archives do not say so themselves. The problem (encrypted) names the format:
/// docs/formats/verdicts.md lists them.
///
/// Content whose key is part of it, or known to every reader, is not locked: signed or compressed
/// messages, PDF with an empty user password, obfuscated fonts. Neither are keys and certificates,
/// with a password or without one.
///
/// Pure. Cost: a few searches through the layer, each at the speed of the C library.
std::optional<LayerProblem> about_locked_content(std::span<const std::byte> layer);

}  // namespace cordon
