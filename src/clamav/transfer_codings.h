#pragma once

#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// The codings of RFC 2045 section 6 and of HTTP bodies, read as liberally as mail programs do:
/// what cannot be decoded is skipped or kept as it is, never a reason to give up.

/// Skips every character outside the alphabet; goes on behind padding, as several padded pieces may
/// be joined. Returns how many characters it skipped that are neither blanks nor ends of lines.
std::uint64_t decode_base64(std::string_view text, StagedMember& out);

/// "=XX", and "=" (blanks) end of line for nothing; any other "=" is kept.
void decode_quoted_printable(std::string_view text, StagedMember& out);

/// RFC 9112 section 7.1. False when `body` is not chunked; then `out` holds what was, so far.
bool decode_chunks(std::string_view body, StagedMember& out);

}  // namespace cordon
