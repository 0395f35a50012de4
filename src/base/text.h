#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

// Text forms of bytes and times. Pure; decoders accept exactly what the formats allow.

namespace cordon {

std::string hex(std::span<const std::byte> bytes);  ///< lower case
Result<std::string> unhex(std::string_view text);   ///< invalid: odd length or another character

std::string base64(std::span<const std::byte> bytes);     ///< RFC 4648 section 4, padded
std::string base64url(std::span<const std::byte> bytes);  ///< RFC 4648 section 5, not padded
Result<std::string> unbase64(std::string_view text);      ///< section 4; invalid when malformed

/// RFC 3986 percent-encoding as AWS defines it: everything but A-Z a-z 0-9 - . _ ~ becomes %XX with
/// upper-case digits; '/' is kept when `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash);
/// Decodes %XX; '+' stays '+'. invalid: a % that is not followed by two hex digits.
Result<std::string> percent_decode(std::string_view text);
/// application/x-www-form-urlencoded: '+' is a space. S3 event keys are written this way.
Result<std::string> form_decode(std::string_view text);

/// 2026-11-22T15:50:33.120Z
std::string rfc3339_ms(SystemTime time);
/// 2026-11-22T15:50:33Z
std::string rfc3339_s(SystemTime time);
/// 20261122T155033Z, as SigV4 wants it
std::string iso8601_basic(SystemTime time);
/// Sun, 22 Nov 2026 15:50:33 GMT
std::string http_date(SystemTime time);
/// RFC 3339 with any number of fraction digits, `Z` or an offset, or (as some services write it)
/// neither, which means UTC. invalid otherwise.
Result<SystemTime> parse_rfc3339(std::string_view text);
/// The IMF-fixdate form of `http_date`.
Result<SystemTime> parse_http_date(std::string_view text);

/// A ULID: 48 bits of milliseconds, 80 random bits, 26 characters of Crockford's base 32.
std::string ulid(SystemTime now, Random& random);

/// True for well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// `text` with everything that is not well-formed UTF-8 replaced by U+FFFD, cut to at most
/// `bytes_max` at a character border.
std::string utf8_clean(std::string_view text, std::size_t bytes_max);

/// Cuts off the first character of a text that is not empty; U+FFFD for a byte that begins none.
char32_t take_character(std::string_view& text);
/// Whether the character shows as itself on a terminal and moves nothing around it. It does not for
/// controls (C0, DEL, C1), what changes the direction of writing, separators of lines and
/// paragraphs, byte order marks and noncharacters.
bool is_plain_to_show(char32_t character);
/// Strangers' text as people may see it: what is not plain to show, and every byte that is no
/// UTF-8, is U+FFFD. Cut to at most `bytes_max` at a character border. The one function for
/// whatever goes to a terminal.
std::string shown(std::string_view text, std::size_t bytes_max = std::string_view::npos);
/// The JSON document with everything outside ASCII as \u escapes: the same document for whoever
/// reads it, and no character that a carrier could refuse. Bytes that are no UTF-8 become \ufffd.
std::string ascii_json(std::string_view json);
/// ASCII only; locale-free.
std::string lower(std::string_view text);
/// Without spaces, tabs and line breaks at both ends; a part of `text`.
std::string_view trim(std::string_view text);
std::optional<std::uint64_t> parse_u64(std::string_view text);  ///< decimal digits only

/// The same memory, valid as long as the text.
inline std::span<const std::byte> as_bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace cordon
