#include "clamav/base64_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clamav/member_giver.h"

// Prose has the same letters as base64. What is taken for base64 is therefore
//  * the content of an element that is known to hold binary data, whatever is in it;
//  * what follows "base64,";
//  * the whole content of any element, if it has no character that base64 has not;
//  * elsewhere, long words: prose breaks every few letters, base64 at most once a line.
// A text that is taken by mistake costs a look at some bytes that mean nothing.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kDigitsMin = 86;  // 64 bytes
constexpr std::size_t kWordDigitsMin = 20;

/// A document as a row of characters; those outside ASCII are all alike here.
class Characters {
 public:
  explicit Characters(Bytes document) : bytes_(document) {
    const auto starts_with = [&](unsigned a, unsigned b) {
      return document.size() >= 2 && value(0) == a && value(1) == b;
    };
    if (starts_with(0xFF, 0xFE) || starts_with('<', 0)) width_ = 2;
    if (starts_with(0xFE, 0xFF) || starts_with(0, '<')) {
      width_ = 2;
      high_first_ = true;
    }
  }

  std::size_t size() const { return bytes_.size() / width_; }

  char operator[](std::size_t i) const {
    if (width_ == 1) return static_cast<char>(value(i));
    const unsigned low = value(2 * i + (high_first_ ? 1 : 0));
    const unsigned high = value(2 * i + (high_first_ ? 0 : 1));
    return high == 0 ? static_cast<char>(low) : '\x80';
  }

  /// The next such character, or size().
  std::size_t find(char c, std::size_t from) const {
    if (width_ == 1 && from < size()) {
      const void* hit = std::memchr(bytes_.data() + from, c, size() - from);
      if (hit == nullptr) return size();
      return static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes_.data());
    }
    while (from < size() && (*this)[from] != c) ++from;
    return std::min(from, size());
  }

  bool has(std::size_t at, std::string_view text) const {
    if (at > size() || size() - at < text.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if ((*this)[at + i] != text[i]) return false;
    }
    return true;
  }

 private:
  unsigned value(std::size_t i) const { return std::to_integer<unsigned>(bytes_[i]); }

  Bytes bytes_;
  std::size_t width_ = 1;
  bool high_first_ = false;
};

constexpr std::array<std::int8_t, 256> digit_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto kDigitValues = digit_values();

/// Characters that end any text in base64. Those of references, escapes and the end of a section
/// may stand in one.
constexpr std::array<bool, 256> breaking() {
  std::array<bool, 256> breaks{};
  breaks.fill(true);
  constexpr std::string_view kOthers = "= \n\r\t\f&#;%]>";
  for (const char c : kOthers) breaks[static_cast<unsigned char>(c)] = false;
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    if (kDigitValues[i] >= 0) breaks[i] = false;
  }
  return breaks;
}
constexpr auto kBreaks = breaking();

struct Symbol {
  enum class Kind : std::uint8_t { digit, padding, space, nothing, tag, entity, other };

  Kind kind = Kind::other;
  std::uint8_t digit = 0;
  std::size_t next = 0;  ///< Where the following one begins.
};

Symbol symbol_of(char c, std::size_t next) {
  const std::int8_t digit = kDigitValues[static_cast<unsigned char>(c)];
  if (digit >= 0) return {Symbol::Kind::digit, static_cast<std::uint8_t>(digit), next};
  if (c == '=') return {Symbol::Kind::padding, 0, next};
  const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  return {space ? Symbol::Kind::space : Symbol::Kind::other, 0, next};
}

/// A row of symbols that may be base64.
struct Run {
  enum class Origin : std::uint8_t { text, element, address };

  std::size_t begin = 0;
  std::size_t end = 0;
  Origin origin = Origin::text;
};

class MarkupReader {
 public:
  MarkupReader(Bytes document, const std::filesystem::path& temp_directory,
               const UnpackLimits& limits, const UseMember& use)
      : text_(document), giver_(temp_directory, limits, use) {}

  Unpacking read() {
    read_runs();
    read_binary_elements();
    return std::move(giver_).result();
  }

 private:
  void read_runs();
  std::size_t skip_breaks(std::size_t at, Run::Origin& origin);
  std::size_t next_transparent(std::size_t from);
  Run::Origin origin_behind(std::size_t at) const;
  void read_binary_elements();
  std::size_t read_binary_element(std::size_t tag_end);
  Symbol symbol_at(std::size_t at, Run::Origin origin);
  Symbol reference_at(std::size_t at) const;
  Symbol markup_at(std::size_t at);
  Symbol escape_at(std::size_t at) const;
  std::size_t pass_run(std::size_t begin, Run::Origin origin);
  void give(const Run& run);
  std::optional<std::size_t> binary_tag_end(std::size_t name) const;
  bool follows_base64(std::size_t comma) const;
  std::optional<std::size_t> behind(std::string_view mark, std::size_t from,
                                    std::size_t& nowhere_from) const;

  Characters text_;
  MemberGiver giver_;
  // From there on, the mark of the end does not occur: searched once, not once for each beginning.
  std::size_t no_comment_end_ = SIZE_MAX;
  std::size_t no_instruction_end_ = SIZE_MAX;
  std::size_t transparent_ = 0;  ///< The next place of what next_transparent looks for.
};

std::optional<std::size_t> MarkupReader::behind(std::string_view mark, std::size_t from,
                                                std::size_t& nowhere_from) const {
  if (from >= nowhere_from) return std::nullopt;
  for (std::size_t i = from; i < text_.size(); ++i) {
    if (text_[i] == mark[0] && text_.has(i, mark)) return i + mark.size();
  }
  nowhere_from = from;
  return std::nullopt;
}

/// "&#13;" and "&#xD;" are characters; a name is an entity.
Symbol MarkupReader::reference_at(std::size_t at) const {
  constexpr std::size_t kLengthMax = 12;
  if (!text_.has(at, "&#")) return {Symbol::Kind::entity, 0, at + 1};
  const bool is_hex = text_.has(at + 2, "x") || text_.has(at + 2, "X");
  unsigned code = 0;
  for (std::size_t i = at + (is_hex ? 3 : 2); i < text_.size() && i - at < kLengthMax; ++i) {
    const char c = text_[i];
    if (c == ';') return symbol_of(code < 0x80 ? static_cast<char>(code) : '\x80', i + 1);
    const char letter = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      code = code * (is_hex ? 16U : 10U) + static_cast<unsigned>(c - '0');
    } else if (is_hex && letter >= 'a' && letter <= 'f') {
      code = code * 16U + static_cast<unsigned>(letter - 'a' + 10);
    } else {
      break;
    }
  }
  return {Symbol::Kind::other, 0, at + 1};
}

/// What is no tag has no meaning between two characters of text.
Symbol MarkupReader::markup_at(std::size_t at) {
  constexpr std::string_view kSection = "<![CDATA[";
  if (text_.has(at, kSection)) return {Symbol::Kind::nothing, 0, at + kSection.size()};
  std::optional<std::size_t> end;
  if (text_.has(at, "<!--")) end = behind("-->", at + 4, no_comment_end_);
  if (text_.has(at, "<?")) end = behind("?>", at + 2, no_instruction_end_);
  if (end) return {Symbol::Kind::nothing, 0, *end};
  return {Symbol::Kind::tag, 0, at + 1};
}

/// "%2B": addresses may be written so.
Symbol MarkupReader::escape_at(std::size_t at) const {
  const auto value_of = [&](std::size_t i) {
    const char c = i < text_.size() ? text_[i] : '\0';
    if (c >= '0' && c <= '9') return c - '0';
    const char letter = static_cast<char>(c | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  };
  const int high = value_of(at + 1);
  const int low = value_of(at + 2);
  if (high < 0 || low < 0) return {Symbol::Kind::other, 0, at + 1};
  return symbol_of(static_cast<char>(high * 16 + low), at + 3);
}

Symbol MarkupReader::symbol_at(std::size_t at, Run::Origin origin) {
  const char c = text_[at];
  if (c == '<') return markup_at(at);
  if (c == '&') return reference_at(at);
  if (c == ']' && text_.has(at, "]]>")) return {Symbol::Kind::nothing, 0, at + 3};
  if (c == '%' && origin == Run::Origin::address) return escape_at(at);
  return symbol_of(c, at + 1);
}

/// Over all that may belong to one base64 text; gives what it encodes. Returns the place of the
/// character that ended it.
std::size_t MarkupReader::pass_run(std::size_t begin, Run::Origin origin) {
  using enum Symbol::Kind;
  std::size_t digits = 0;
  std::size_t words = 0;
  bool in_word = false;
  std::size_t at = begin;
  for (; at < text_.size();) {
    const Symbol symbol = symbol_at(at, origin);
    if (symbol.kind == tag || symbol.kind == other || symbol.kind == entity) break;
    if (symbol.kind == digit) {
      ++digits;
      words += in_word ? 0 : 1;
      in_word = true;
    } else if (symbol.kind == space) {
      in_word = false;
    }
    at = symbol.next;
  }
  if (digits < kDigitsMin) return at;
  const bool whole_element =
      origin == Run::Origin::element && at < text_.size() && text_[at] == '<';
  const bool taken =
      whole_element || origin == Run::Origin::address || digits / words >= kWordDigitsMin;
  if (taken) give({.begin = begin, .end = at, .origin = origin});
  return at;
}

void MarkupReader::give(const Run& run) {
  constexpr std::size_t kPieceBytes = 64U << 10;
  std::vector<std::byte> piece;
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t at = run.begin; at < run.end;) {
    const Symbol symbol = symbol_at(at, run.origin);
    at = symbol.next;
    if (symbol.kind == Symbol::Kind::padding) count = 0;  // What is left of the group is no byte.
    if (symbol.kind != Symbol::Kind::digit) continue;
    bits = bits << 6U | symbol.digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    piece.push_back(static_cast<std::byte>(bits >> count & 0xFFU));
    if (piece.size() < kPieceBytes) continue;
    if (!giver_.add(piece)) return;
    piece.clear();
  }
  if (giver_.add(piece)) giver_.give_gathered();
}

void MarkupReader::read_runs() {
  Run::Origin origin = Run::Origin::text;
  for (std::size_t at = 0; at < text_.size() && giver_.may_go_on();) {
    at = skip_breaks(at, origin);
    const std::size_t end = pass_run(at, origin);
    if (end >= text_.size()) return;
    origin = origin_behind(end);
    at = end + 1;
  }
}

Run::Origin MarkupReader::origin_behind(std::size_t at) const {
  if (text_[at] == '>') return Run::Origin::element;
  return text_[at] == ',' && follows_base64(at) ? Run::Origin::address : Run::Origin::text;
}

/// Over text in which no run can be long enough, from the back: of ordinary text, most characters
/// are never looked at.
std::size_t MarkupReader::skip_breaks(std::size_t at, Run::Origin& origin) {
  while (at + kDigitsMin <= text_.size()) {
    std::size_t last = at + kDigitsMin;
    while (last > at && !kBreaks[static_cast<unsigned char>(text_[last - 1])]) --last;
    // What is in a comment breaks nothing, and where it begins was not looked at.
    if (last == at || next_transparent(at) < last) return at;
    origin = origin_behind(last - 1);
    at = last;
  }
  return at;
}

/// The next comment, section or instruction, or the size of the document.
std::size_t MarkupReader::next_transparent(std::size_t from) {
  while (transparent_ < text_.size() && (transparent_ < from || (!text_.has(transparent_, "<!") &&
                                                                 !text_.has(transparent_, "<?")))) {
    transparent_ = text_.find('<', std::max(from, transparent_ + 1));
  }
  return transparent_;
}

/// In elements that hold nothing but binary data, some readers pass over whatever is no base64.
void MarkupReader::read_binary_elements() {
  std::size_t at = text_.find('b', 0);
  while (at < text_.size() && giver_.may_go_on()) {
    const auto tag_end = binary_tag_end(at);
    at = text_.find('b', tag_end ? read_binary_element(*tag_end) : at + 1);
  }
}

/// Behind the tag whose name, without a prefix, begins at `name`.
std::optional<std::size_t> MarkupReader::binary_tag_end(std::size_t name) const {
  constexpr std::size_t kAttributesMax = 4096;
  constexpr std::size_t kPrefixMax = 64;
  std::size_t open = name;
  if (name > 0 && text_[name - 1] == ':') --open;
  while (open > 0 && name - open < kPrefixMax && text_[open - 1] != '<' && text_[open - 1] != ':' &&
         open != name) {
    --open;
  }
  if (open == 0 || text_[open - 1] != '<') return std::nullopt;
  std::size_t at = name;
  for (const std::string_view word : {"binary-data", "binaryData", "binData"}) {
    if (at == name && text_.has(name, word)) at += word.size();
  }
  if (at == name) return std::nullopt;
  bool quoted = false;
  for (; at < text_.size() && at - name < kAttributesMax && (text_[at] != '>' || quoted); ++at) {
    if (text_[at] == '<') return std::nullopt;
    if (text_[at] == '"') quoted = !quoted;
  }
  if (at >= text_.size() || text_[at] != '>' || text_[at - 1] == '/') return std::nullopt;
  return at + 1;
}

/// Returns the place of the tag that ends it.
std::size_t MarkupReader::read_binary_element(std::size_t tag_end) {
  std::size_t at = tag_end;
  bool others = false;
  bool entities = false;
  std::size_t digits = 0;
  while (at < text_.size()) {
    const Symbol symbol = symbol_at(at, Run::Origin::text);
    if (symbol.kind == Symbol::Kind::tag) break;
    digits += symbol.kind == Symbol::Kind::digit ? 1 : 0;
    others = others || symbol.kind == Symbol::Kind::other;
    entities = entities || symbol.kind == Symbol::Kind::entity;
    at = symbol.next;
  }
  if (entities) giver_.note(Reason::unsupported, "binary data in XML that uses entities");
  // Without, it was found as the content of any element is, unless it is short.
  if (others || entities || digits < kDigitsMin)
    give({.begin = tag_end, .end = at, .origin = Run::Origin::text});
  return at;
}

bool MarkupReader::follows_base64(std::size_t comma) const {
  constexpr std::string_view kWord = "base64";
  if (comma < kWord.size()) return false;
  for (std::size_t i = 0; i < kWord.size(); ++i) {
    const char c = text_[comma - kWord.size() + i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != kWord[i]) return false;
  }
  return true;
}

}  // namespace

bool is_markup(Bytes content) {
  constexpr std::size_t kSpaceMax = 256;
  const Characters text(content);
  std::size_t at = 0;
  if (text.has(0, "\xEF\xBB\xBF")) at = 3;
  if (text.size() > 0 && text[0] == '\x80') at = 1;  // UTF-16's mark of the byte order
  for (; at < text.size() && at < kSpaceMax; ++at) {
    if (symbol_of(text[at], 0).kind != Symbol::Kind::space) break;
  }
  return at < text.size() && text[at] == '<';
}

Unpacking read_base64_text(Bytes document, const std::filesystem::path& temp_directory,
                           const UnpackLimits& limits, const UseMember& use) {
  return MarkupReader(document, temp_directory, limits, use).read();
}

}  // namespace cordon
