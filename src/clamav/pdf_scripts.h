#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "clamav/pdf_filters.h"

namespace cordon {

/// JavaScript stands in a PDF as a stream, or as a text (ISO 32000-1, 12.6.4.16): under /JS in a
/// dictionary of whatever kind, or in an object that one of them refers to.

/// Calls `use` with each place of `text` behind a name /JS, however it is written and whatever is
/// around it. False when `use` says so.
bool each_script_value(std::span<const std::byte> text,
                       const std::function<bool(std::size_t at)>& use);

/// A text of a PDF, decrypted: the bytes themselves, and when they are UTF-16 (ISO
/// 32000-1, 7.9.2.2) also as UTF-8, in which signatures of scripts are written. The second is empty
/// otherwise.
struct PdfText {
  std::string bytes;
  std::string utf8;
};
PdfText read_pdf_text(std::string_view text, const PdfCipher& cipher);

}  // namespace cordon
