#include "core/surrogate_escapes.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "core/code_points.h"

namespace cordon {
namespace {

constexpr std::size_t kEscapeLength = 6;  // \ud800
constexpr std::size_t kBytesLength = 3;

bool is_high(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// The UTF-16 unit that is spelled where `text` begins.
std::optional<std::uint32_t> spelled_unit(std::string_view text) {
  if (text.size() < kEscapeLength || !text.starts_with("\\u")) return std::nullopt;
  std::uint32_t unit = 0;
  const char* const end = text.data() + kEscapeLength;
  const auto read = std::from_chars(text.data() + 2, end, unit, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return unit;
}

// Whether `text` begins with the bytes of half a pair; no well-formed UTF-8 has ED before A0 or
// above.
bool begins_with_half(std::string_view text) {
  return text.size() >= kBytesLength && text[0] == '\xED' && (text[1] & '\xE0') == '\xA0' &&
         (text[2] & '\xC0') == '\x80';
}

std::string escape_of(std::string_view half) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto second = static_cast<unsigned char>(half[1]),
             third = static_cast<unsigned char>(half[2]);
  const std::uint32_t unit = 0xD000U | (second & 0x3FU) << 6U | (third & 0x3FU);
  std::string escape = "\\u";
  for (std::uint32_t shift = 16; shift > 0; shift -= 4) escape += kHex[unit >> (shift - 4U) & 0xFU];
  return escape;
}

}  // namespace

std::string surrogates_as_bytes(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    std::size_t taken = json.size() > 1 && json[0] == '\\' ? 2 : 1;
    if (const auto unit = spelled_unit(json)) {
      const auto next = spelled_unit(json.substr(kEscapeLength));
      const bool is_pair = is_high(*unit) && next && is_low(*next);
      taken = is_pair ? 2 * kEscapeLength : kEscapeLength;
      if (!is_pair && (is_high(*unit) || is_low(*unit))) {
        append_utf8(out, static_cast<char32_t>(*unit));
        json.remove_prefix(taken);
        continue;
      }
    }
    out += json.substr(0, taken);
    json.remove_prefix(taken);
  }
  return out;
}

std::string surrogates_as_escapes(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const bool is_half = begins_with_half(json);
    out += is_half ? escape_of(json) : std::string(1, json.front());
    json.remove_prefix(is_half ? kBytesLength : 1);
  }
  return out;
}

}  // namespace cordon
