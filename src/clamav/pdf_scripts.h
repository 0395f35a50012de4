#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "clamav/pdf_filters.h"

namespace cordon {

/// Where JavaScript stands in a PDF as a text and not as a stream (ISO 32000-1, 12.6.4.16): under
/// /JS in a dictionary of whatever kind, or in an object that one of them refers to.
class PdfScriptPlaces {
 public:
  struct Place {
    std::size_t object = 0;  ///< Index of the object that it is in.
    std::size_t at = 0;      ///< Where the value under /JS begins.
  };

  /// False when there are more than kPdfScriptsMax.
  bool add(const Place& place);
  void refer_to(std::int64_t number);

  const std::vector<Place>& places() const { return places_; }
  bool refers_to(std::int64_t number) const { return numbers_.contains(number); }
  bool refers() const { return !numbers_.empty(); }

 private:
  std::vector<Place> places_;
  std::set<std::int64_t> numbers_;
};

inline constexpr std::size_t kPdfScriptsMax = 100'000;

/// A text of a PDF, decrypted: the bytes themselves, and when they are UTF-16 (ISO
/// 32000-1, 7.9.2.2) also as UTF-8, in which signatures of scripts are written. The second is empty
/// otherwise.
struct PdfText {
  std::string bytes;
  std::string utf8;
};
PdfText read_pdf_text(std::string_view text, const PdfCipher& cipher);

}  // namespace cordon
