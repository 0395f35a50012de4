#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/digest.h"

namespace cordon {

/// The SHA-256 of the lines of a text that are not empty, each ended by LF. Two texts with the same
/// differ in the ends of their lines and in empty lines only, which is what mail relays, mail
/// programs and the engine change in a part of a mail that is text. Nothing for content that is no
/// text: there such a change is another content.
///
/// Text has no control characters but tab, LF, CR, form feed and escape, and no NUL. Pure; one
/// pass.
std::optional<Sha256Digest> text_identity(std::span<const std::byte> content);

}  // namespace cordon
