#include "aws/message_text.h"

#include "base/text.h"

namespace cordon {
namespace {

constexpr char32_t kBroken = 0xFFFD;  // Or a byte that is no UTF-8.
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_carried(char32_t c) {
  const bool is_control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  return !is_control && c != 0xFFFE && c != 0xFFFF;
}

// `text` with every character that is not carried replaced by what `instead` gives.
template <typename Instead>
std::string carried(std::string_view text, Instead&& instead) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take_character(text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    if (c == kBroken) {
      out += kReplacement;
    } else {
      out += is_carried(c) ? bytes : instead(c);
    }
  }
  return out;
}

}  // namespace

bool is_message_text(std::string_view text) {
  if (!is_utf8(text)) return false;
  while (!text.empty()) {
    if (!is_carried(take_character(text))) return false;
  }
  return true;
}

std::string message_body(std::string_view text) {
  return carried(text, [](char32_t c) -> std::string_view {
    if (c == 0xFFFE) return "\\ufffe";
    if (c == 0xFFFF) return "\\uffff";
    return kReplacement;
  });
}

std::string message_attribute(std::string_view text, std::size_t bytes_max) {
  return utf8_clean(carried(text, [](char32_t) { return kReplacement; }), bytes_max);
}

}  // namespace cordon
