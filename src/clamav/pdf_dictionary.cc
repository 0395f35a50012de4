#include "clamav/pdf_dictionary.h"

#include <algorithm>
#include <utility>

namespace cordon {
namespace {

constexpr std::string_view kSpace{"\0\t\n\f\r ", 6};
constexpr std::string_view kDelimiters = "()<>[]{}/%";
constexpr int kDepthMax = 64;

bool is_regular(char c) {
  return kSpace.find(c) == std::string_view::npos && kDelimiters.find(c) == std::string_view::npos;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// 7.3.4.3: white space between the digits; an odd last digit has a zero behind it.
std::string take_hex_string(std::string_view& text) {
  const std::size_t end = std::min(text.find('>'), text.size());
  std::string out;
  int high = -1;
  for (const char c : text.substr(1, end - 1)) {
    const int digit = digit_of(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) out.push_back(static_cast<char>(high * 16));
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

/// 7.3.4.2: what follows a backslash, whose place is `text`'s first; returns what it stands for.
std::string take_escape(std::string_view& text) {
  constexpr std::string_view kFrom = "nrtbf";
  constexpr std::string_view kTo = "\n\r\t\b\f";
  const char c = text.front();
  if (c >= '0' && c <= '7') {
    unsigned value = 0;
    for (int i = 0; i < 3 && !text.empty() && text.front() >= '0' && text.front() <= '7'; ++i) {
      value = value * 8 + static_cast<unsigned>(text.front() - '0');
      text.remove_prefix(1);
    }
    return {static_cast<char>(value & 0xFFU)};
  }
  const bool line_end = c == '\n' || c == '\r';
  text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
  if (line_end) return {};
  const std::size_t at = kFrom.find(c);
  return {at == std::string_view::npos ? c : kTo[at]};
}

std::string take_literal_string(std::string_view& text) {
  std::string out;
  int depth = 1;
  text.remove_prefix(1);
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      if (!text.empty()) out += take_escape(text);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return out;
    // 7.3.4.2: an end of line in any form reads as a line feed.
    if (c == '\r' && text.starts_with('\n')) continue;
    out.push_back(c == '\r' ? '\n' : c);
  }
  return out;
}

/// The next token at `text`, which is not empty and does not begin with white space.
PdfValue take_token(std::string_view& text) {
  if (text.starts_with("<<") || text.starts_with(">>")) {
    PdfValue mark{.text = std::string(text.substr(0, 2))};
    text.remove_prefix(2);
    return mark;
  }
  if (text.front() == '<') return {.kind = PdfValue::Kind::string, .text = take_hex_string(text)};
  if (text.front() == '(') {
    return {.kind = PdfValue::Kind::string, .text = take_literal_string(text)};
  }
  if (auto name = take_pdf_name(text)) {
    return {.kind = PdfValue::Kind::name, .text = *std::move(name)};
  }
  const auto* end = std::ranges::find_if_not(text, is_regular);
  const auto size = std::max<std::size_t>(1, static_cast<std::size_t>(end - text.begin()));
  PdfValue word{.text = std::string(text.substr(0, size))};
  text.remove_prefix(size);
  return word;
}

bool is_mark(const PdfValue& value, std::string_view mark) {
  return value.kind == PdfValue::Kind::other && value.text == mark;
}

bool opens(const PdfValue& value) { return is_mark(value, "<<") || is_mark(value, "["); }
bool closes(const PdfValue& value) { return is_mark(value, ">>") || is_mark(value, "]"); }

/// What belongs to one key: a token, a reference of three, or all up to the end of what it opens.
std::optional<PdfValue> take_value(std::string_view& text) {
  std::string_view before = text;
  PdfValue first = take_token(text);
  int depth = opens(first) ? 1 : 0;
  if (depth == 0) return first;
  while (depth > 0) {
    text = skip_pdf_space(text);
    if (text.empty() || depth > kDepthMax) return std::nullopt;
    const PdfValue token = take_token(text);
    if (opens(token)) ++depth;
    if (closes(token)) --depth;
  }
  return PdfValue{.text = std::string(before.substr(0, before.size() - text.size()))};
}

}  // namespace

std::string_view skip_pdf_space(std::string_view text) {
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    if (!text.starts_with('%')) return text;
    text.remove_prefix(std::min(text.find_first_of("\r\n"), text.size()));
  }
}

std::optional<std::string> take_pdf_name(std::string_view& text) {
  if (!text.starts_with('/')) return std::nullopt;
  std::string name;
  text.remove_prefix(1);
  while (!text.empty() && is_regular(text.front())) {
    const bool escaped =
        text.size() >= 3 && text[0] == '#' && digit_of(text[1]) >= 0 && digit_of(text[2]) >= 0;
    name.push_back(escaped ? static_cast<char>(digit_of(text[1]) * 16 + digit_of(text[2]))
                           : text[0]);
    text.remove_prefix(escaped ? 3 : 1);
  }
  return name;
}

std::optional<std::map<std::string, PdfValue>> read_pdf_dictionary(std::string_view text) {
  text = skip_pdf_space(text.substr(0, kPdfDictionaryBytesMax));
  if (!text.starts_with("<<")) return std::nullopt;
  text.remove_prefix(2);
  std::map<std::string, PdfValue> entries;
  for (;;) {
    text = skip_pdf_space(text);
    if (text.empty()) return std::nullopt;
    const PdfValue key = take_token(text);
    if (is_mark(key, ">>")) return entries;
    // The second and third word of a reference, too.
    if (key.kind != PdfValue::Kind::name) continue;
    text = skip_pdf_space(text);
    if (text.empty()) return std::nullopt;
    if (text.starts_with(">>")) continue;
    std::optional<PdfValue> value = take_value(text);
    if (!value) return std::nullopt;
    entries.emplace(key.text, *std::move(value));
  }
}

}  // namespace cordon
