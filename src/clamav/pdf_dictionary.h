#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cordon {

/// One value of a PDF dictionary as far as the locks need it: what a name, a string or a number
/// says, decoded; nested dictionaries and arrays as they are written.
struct PdfValue {
  enum class Kind : unsigned char { name, string, other };
  Kind kind = Kind::other;
  std::string text = {};

  bool operator==(const PdfValue&) const = default;
};

/// Reads the dictionary (ISO 32000-2 section 7.3.7) at the beginning of `text`, "<<" first: names
/// in any spelling, strings in both forms. The first of two entries with one name counts.
///
/// Nothing when there is no dictionary, or no end of one within kPdfDictionaryBytesMax. Pure.
std::optional<std::map<std::string, PdfValue>> read_pdf_dictionary(std::string_view text);

inline constexpr std::size_t kPdfDictionaryBytesMax = 1U << 20;

/// `text` without white space and comments at its beginning.
std::string_view skip_pdf_space(std::string_view text);

/// The name at the beginning of `text` ("/Filter", "/#46ilter"), without its slash and decoded;
/// `text` is then what follows it. Nothing when there is none.
std::optional<std::string> take_pdf_name(std::string_view& text);

}  // namespace cordon
