#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>

#include "clamav/pdf_syntax.h"

namespace cordon {

/// Where the objects of a PDF file are referred to: which are drawn, and nothing else?
///
/// A stream may call itself a picture and be used as an attachment or a script all the same. Only
/// when every reference to it stands where a picture is drawn (/XObject in resources, the mask of
/// another picture, a thumbnail) does it mean nothing but pixels, like the rows in a PNG.
class PdfReferences {
 public:
  /// `keys` lead to the reference: of the outermost dictionary first.
  void note(std::int64_t number, std::span<const std::string> keys);
  /// Some object could not be read: it may refer to anything.
  void note_unreadable() { unreadable_ = true; }

  bool only_drawn(std::int64_t number) const {
    return !unreadable_ && drawn_.contains(number) && !used_.contains(number);
  }

 private:
  std::unordered_set<std::int64_t> drawn_;
  std::unordered_set<std::int64_t> used_;
  bool unreadable_ = false;
};

/// True when the dictionary of a stream says that it is a picture, and nothing to the contrary.
bool describes_picture(const PdfValue& dictionary);

}  // namespace cordon
