#include "clamav/pdf_syntax.h"

#include <algorithm>
#include <array>

namespace cordon {
namespace {

constexpr int kDepthMax = 64;
constexpr std::int64_t kIntegerMax = std::int64_t{1} << 48;

/// What is asked for anywhere in this folder.
constexpr std::array<std::string_view, 34> kKeys = {"Filter",      "F",
                                                    "DecodeParms", "DP",
                                                    "Length",      "Type",
                                                    "Subtype",     "Predictor",
                                                    "Colors",      "BitsPerComponent",
                                                    "Columns",     "EarlyChange",
                                                    "Name",        "N",
                                                    "First",       "Encrypt",
                                                    "V",           "R",
                                                    "O",           "U",
                                                    "P",           "CF",
                                                    "StmF",        "StdCF",
                                                    "CFM",         "EFF",
                                                    "ID",          "EncryptMetadata",
                                                    "UE",          "W",
                                                    "Index",       "Width",
                                                    "Height",      "StrF"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_pdf_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

bool is_pdf_delimiter(char c) {
  return is_pdf_space(c) || c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' ||
         c == '{' || c == '}' || c == '/' || c == '%';
}

const PdfValue* PdfValue::find(std::string_view key) const {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->first == key) return &entry->second;
  }
  return nullptr;
}

void PdfLexer::skip_space() {
  for (; more(); ++at_) {
    if (peek() == '%') {
      while (more() && peek() != '\n' && peek() != '\r') ++at_;
      if (!more()) return;
    } else if (!is_pdf_space(peek())) {
      return;
    }
  }
}

bool PdfLexer::keyword(std::string_view word) {
  skip_space();
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (at_ + i >= bytes_.size() || peek(i) != word[i]) return false;
  }
  at_ += word.size();
  return true;
}

std::optional<PdfValue> PdfLexer::value() { return value_at(0); }

std::optional<PdfValue> PdfLexer::text_or_reference() {
  skip_space();
  text_bytes_max_ = bytes_.size();
  std::optional<PdfValue> found;
  if (peek() == '(') {
    found = literal_text();
  } else if (peek() == '<' && peek(1) != '<') {
    found = hex_text();
  } else if (is_digit(peek())) {
    found = number_or_reference();
  }
  text_bytes_max_ = kTextBytesMax;
  const bool is_one =
      found && found->kind != PdfValue::Kind::number && found->kind != PdfValue::Kind::other;
  return is_one ? found : std::nullopt;
}

std::optional<PdfValue> PdfLexer::value_at(int depth) {
  skip_space();
  if (!more() || depth > kDepthMax) return std::nullopt;
  const char c = peek();
  if (c == '/') return PdfValue{.kind = PdfValue::Kind::name, .text = name()};
  if (c == '[') return array(depth);
  if (c == '(') return literal_text();
  if (c == '<') return peek(1) == '<' ? dictionary(depth) : hex_text();
  if (is_digit(c) || c == '+' || c == '-' || c == '.') return number_or_reference();
  for (const std::string_view word : {"true", "false", "null"}) {
    if (keyword(word)) return PdfValue{.number = word == "true" ? 1 : 0};
  }
  return std::nullopt;
}

std::optional<PdfValue> PdfLexer::array(int depth) {
  PdfValue all{.kind = PdfValue::Kind::array};
  ++at_;
  for (;;) {
    skip_space();
    if (peek() == ']' && more()) {
      ++at_;
      return all;
    }
    std::optional<PdfValue> item = value_at(depth + 1);
    if (!item) return std::nullopt;
    if (all.items.size() < kPdfItemsMax) all.items.push_back(*std::move(item));
  }
}

std::optional<PdfValue> PdfLexer::dictionary(int depth) {
  PdfValue all{.kind = PdfValue::Kind::dictionary};
  at_ += 2;
  for (;;) {
    skip_space();
    if (peek() == '>' && peek(1) == '>') {
      at_ += 2;
      return all;
    }
    if (peek() != '/') {
      // A value too many, as after "/Length 5 obj": passed over, like other readers do.
      if (!value_at(depth + 1)) return std::nullopt;
      continue;
    }
    std::string key = name();
    skip_space();
    if (peek() == '>' && peek(1) == '>') continue;  // A key without a value.
    const bool wanted = keeps_all_keys_ || std::ranges::find(kKeys, key) != kKeys.end();
    keeps_all_keys_ = keeps_all_keys_ || key == "CF";
    if (watch_) keys_.push_back(key);
    std::optional<PdfValue> value = value_at(depth + 1);
    if (watch_) keys_.pop_back();
    if (key == "CF") keeps_all_keys_ = false;
    if (!value) return std::nullopt;
    if (wanted && all.entries.size() < kPdfItemsMax) {
      all.entries.emplace_back(std::move(key), *std::move(value));
    }
  }
}

std::optional<PdfValue> PdfLexer::literal_text() {
  PdfValue text{.kind = PdfValue::Kind::text};
  int open = 0;
  for (; more(); ++at_) {
    char c = peek();
    if (c == '(' && open++ == 0) continue;
    if (c == ')' && --open == 0) {
      ++at_;
      return text;
    }
    if (c == '\\') {
      ++at_;
      c = peek();
      constexpr std::string_view kLetters = "nrtbf";
      constexpr std::string_view kMeanings = "\n\r\t\b\f";
      if (const auto letter = kLetters.find(c); letter != std::string_view::npos) {
        c = kMeanings[letter];
      } else if (c == '\r' || c == '\n') {
        if (c == '\r' && peek(1) == '\n') ++at_;
        continue;
      } else if (c >= '0' && c <= '7') {
        unsigned code = 0;
        std::size_t digits = 0;
        for (; digits < 3 && peek(digits) >= '0' && peek(digits) <= '7'; ++digits) {
          code = code * 8 + static_cast<unsigned>(peek(digits) - '0');
        }
        at_ += digits - 1;
        c = static_cast<char>(code & 0xFFU);
      }
    }
    keep(text.text, c);
  }
  return std::nullopt;
}

std::optional<PdfValue> PdfLexer::hex_text() {
  PdfValue text{.kind = PdfValue::Kind::text};
  int high = -1;
  for (++at_; more(); ++at_) {
    const char c = peek();
    if (c == '>') {
      ++at_;
      if (high >= 0) keep(text.text, static_cast<char>(high * 16));
      return text;
    }
    const int digit = hex_value(c);
    if (digit < 0) continue;
    if (high >= 0) keep(text.text, static_cast<char>(high * 16 + digit));
    high = high >= 0 ? -1 : digit;
  }
  return std::nullopt;
}

PdfValue PdfLexer::number_or_reference() {
  const std::optional<std::int64_t> first = integer();
  if (!first) {
    while (more() && !is_pdf_delimiter(peek())) ++at_;  // A fraction: nobody here asks for one.
    return {};
  }
  const PdfValue number{.kind = PdfValue::Kind::number, .number = *first};
  const std::size_t behind_number = at_;
  skip_space();
  if (*first >= 0 && is_digit(peek()) && integer()) {
    skip_space();
    if (peek() == 'R' && is_pdf_delimiter(peek(1))) {
      ++at_;
      if (watch_) watch_(*first, keys_);
      return {.kind = PdfValue::Kind::reference, .number = *first};
    }
  }
  at_ = behind_number;
  return number;
}

std::optional<std::int64_t> PdfLexer::integer() {
  const std::size_t begin = at_;
  const bool negative = peek() == '-';
  if (negative || peek() == '+') ++at_;
  std::int64_t value = 0;
  const std::size_t digits = at_;
  for (; is_digit(peek()); ++at_) value = std::min(value * 10 + (peek() - '0'), kIntegerMax);
  // "12.0" is a number of the same value.
  if (at_ > digits && peek() == '.') {
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  if (at_ > digits && is_pdf_delimiter(peek())) return negative ? -value : value;
  at_ = begin;
  return std::nullopt;
}

std::string PdfLexer::name() {
  std::string text;
  for (++at_; more() && !is_pdf_delimiter(peek()); ++at_) {
    char c = peek();
    const int high = c == '#' ? hex_value(peek(1)) : -1;
    const int low = high >= 0 ? hex_value(peek(2)) : -1;
    if (low >= 0) {
      c = static_cast<char>(high * 16 + low);
      at_ += 2;
    }
    keep(text, c);
  }
  return text;
}

}  // namespace cordon
