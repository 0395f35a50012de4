#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cordon {

enum class PdfLock : std::uint8_t {
  none,              ///< Not a PDF, or one without encryption.
  opens_for_all,     ///< Encrypted with an empty user password: every reader opens it.
  opens_for_others,  ///< The same, but in a form in which the engine does not decrypt it.
  needs_password,    ///< A password, a certificate or a handler of its own is needed.
};

/// How a PDF is locked (ISO 32000-2 section 7.6): finds every encryption dictionary that an
/// /Encrypt entry refers to, in any spelling of that name, and tries the empty user password as
/// readers do. What locks most of them counts; a file with kPdfLocksMax such entries counts as
/// locked.
///
/// Pure; some searches through the layer if it is a PDF.
PdfLock pdf_lock(std::span<const std::byte> layer);

inline constexpr std::size_t kPdfLocksMax = 1024;

}  // namespace cordon
