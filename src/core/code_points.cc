#include "core/code_points.h"

#include "base/text.h"

namespace cordon {

std::u32string code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) out.push_back(take_character(text));
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
