#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cordon {

/// A value of PDF's syntax (ISO 32000-1, 7.3). Of dictionaries only the keys that say how streams
/// are stored are kept (and the names of crypt filters, which are chosen freely), so a value takes
/// little memory whatever it was read from.
struct PdfValue {
  enum class Kind : std::uint8_t { other, number, name, text, reference, array, dictionary };

  Kind kind = Kind::other;
  std::int64_t number = 0;  ///< Or the number of the object that is referred to.
  std::string text = {};    ///< A name without its slash, or a string's bytes.
  std::vector<PdfValue> items = {};
  std::vector<std::pair<std::string, PdfValue>> entries = {};

  bool operator==(const PdfValue&) const = default;

  bool is_name(std::string_view name) const { return kind == Kind::name && text == name; }
  /// Of a key that is there several times, the last: what most readers take.
  const PdfValue* find(std::string_view key) const;
};

/// Reads values from a piece of a PDF file, front to back. Everything that the specification
/// allows between two tokens, and every way to write a name, is understood; nesting and the number
/// of items kept are bounded.
class PdfLexer {
 public:
  /// Told of each reference to an object, with the keys that lead there from the value that is
  /// read.
  using Watch = std::function<void(std::int64_t number, std::span<const std::string> keys)>;

  explicit PdfLexer(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return std::min(at_, bytes_.size()); }
  void watch_references(Watch watch) { watch_ = std::move(watch); }
  /// Over white space and comments.
  void skip_space();
  /// Skips the space in front of it; nothing at the end, at a keyword that is no value, or when
  /// something is not closed or is nested too deeply.
  std::optional<PdfValue> value();
  /// The same when a text or a reference is next, and only then; a text in its full length, where
  /// `value` keeps its beginning.
  std::optional<PdfValue> text_or_reference();
  /// Skips the space in front; true when `word` is next, which is then read.
  bool keyword(std::string_view word);

 private:
  std::optional<PdfValue> value_at(int depth);
  std::optional<PdfValue> array(int depth);
  std::optional<PdfValue> dictionary(int depth);
  std::optional<PdfValue> literal_text();
  std::optional<PdfValue> hex_text();
  PdfValue number_or_reference();
  std::string name();
  std::optional<std::int64_t> integer();
  void keep(std::string& text, char c) const {
    if (text.size() < text_bytes_max_) text.push_back(c);
  }
  bool more() const { return at_ < bytes_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < bytes_.size() ? std::to_integer<char>(bytes_[at_ + ahead]) : '\0';
  }

  static constexpr std::size_t kTextBytesMax = 256;

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool keeps_all_keys_ = false;
  std::size_t text_bytes_max_ = kTextBytesMax;
  Watch watch_;
  std::vector<std::string> keys_;
};

/// Of longer arrays and dictionaries, what comes later is left out.
inline constexpr std::size_t kPdfItemsMax = 256;

/// White space as PDF has it (ISO 32000-1, 7.2.2): also NUL and form feed.
bool is_pdf_space(char c);
/// White space and the characters that end a name or number.
bool is_pdf_delimiter(char c);

}  // namespace cordon
