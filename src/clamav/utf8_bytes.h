#pragma once

#include <cstdint>

namespace cordon {

/// Gives the bytes of a code point in UTF-8 to `put`, one by one. Half a surrogate pair is written
/// like any other number: callers decide what they make of one.
template <typename Put>
void put_utf8(std::uint32_t point, const Put& put) {
  const auto put_byte = [&](std::uint32_t byte) { put(static_cast<char>(byte)); };
  if (point < 0x80) return put_byte(point);
  if (point < 0x800) {
    put_byte(0xC0U | point >> 6);
  } else if (point < 0x10000) {
    put_byte(0xE0U | point >> 12);
    put_byte(0x80U | (point >> 6 & 0x3FU));
  } else {
    put_byte(0xF0U | point >> 18);
    put_byte(0x80U | (point >> 12 & 0x3FU));
    put_byte(0x80U | (point >> 6 & 0x3FU));
  }
  put_byte(0x80U | (point & 0x3FU));
}

}  // namespace cordon
