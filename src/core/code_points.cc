#include "core/code_points.h"

#include "base/text.h"

namespace cordon {
namespace {

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

}  // namespace

std::u32string code_points(std::string_view text) {
  // After cleaning, every first byte tells the length and every tail byte is one.
  const std::string clean = is_utf8(text) ? std::string(text) : utf8_clean(text, text.size() * 3);
  std::u32string out;
  out.reserve(clean.size());
  for (std::size_t i = 0; i < clean.size();) {
    const auto first = static_cast<unsigned char>(clean[i]);
    const std::size_t length = length_of(first);
    char32_t value = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t j = 1; j < length; ++j) {
      value = value << 6U | (static_cast<unsigned char>(clean[i + j]) & 0x3FU);
    }
    out.push_back(value);
    i += length;
  }
  return out;
}

void append_utf8(std::string& out, char32_t character) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80U | (character >> shift & 0x3FU)));
  };
  if (character < 0x80) {
    out.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    out.push_back(static_cast<char>(0xC0U | character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | character >> 12U));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0U | character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace cordon
