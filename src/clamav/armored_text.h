#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cordon {

/// What is locked in a text, by its content, or nothing:
///  * blocks between "-----BEGIN ...-----" and "-----END ...-----" lines wherever such a line
///    stands (also indented or quoted with '>'): OpenPGP messages (RFC 9580 section 6), age files,
///    CMS in PEM (RFC 7468);
///  * base64 without such lines, where it begins the text or follows an empty line, as in the parts
///    of a mail: CMS, and what `openssl enc -a` writes.
///
/// A block counts only when it decodes to such content: text about these formats does not.
/// The text may be UTF-16 with a byte order mark; of such a one, the first 64 MiB are searched.
///
/// Pure. Cost: one search for the ends of lines, measured at 0.25 to 0.6 ms a megabyte of text.
std::optional<std::string_view> locked_in_text(std::span<const std::byte> layer);

}  // namespace cordon
