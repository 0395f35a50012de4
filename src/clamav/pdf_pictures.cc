#include "clamav/pdf_pictures.h"

#include <algorithm>

#include "clamav/pdf_objects.h"

namespace cordon {

void PdfReferences::note(std::int64_t number, std::span<const std::string> keys) {
  const bool in_resources = keys.size() >= 2 && keys[keys.size() - 2] == "XObject";
  const bool of_picture =
      !keys.empty() && (keys.back() == "SMask" || keys.back() == "Mask" || keys.back() == "Thumb");
  (in_resources || of_picture ? drawn_ : used_).insert(number);
  unreadable_ = unreadable_ || drawn_.size() + used_.size() > kPdfObjectsMax;
}

bool describes_picture(const PdfValue& dictionary) {
  bool is_picture = false;
  for (const auto& [key, value] : dictionary.entries) {
    if (key == "Subtype" && !value.is_name("Image")) return false;
    if (key == "Type" && !value.is_name("XObject")) return false;
    is_picture = is_picture || key == "Subtype";
  }
  return is_picture && dictionary.find("Width") != nullptr && dictionary.find("Height") != nullptr;
}

}  // namespace cordon
