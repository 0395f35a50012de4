#include "clamav/pdf_scripts.h"

#include <array>
#include <optional>

#include "base/text.h"
#include "clamav/layer_bytes.h"
#include "clamav/mark_search.h"
#include "clamav/pdf_syntax.h"
#include "clamav/utf8_bytes.h"

namespace cordon {
namespace {

/// Every way to write the name (7.3.5).
constexpr std::array kNames = {
    Mark{.bytes = "/JS", .rare = 1},     Mark{.bytes = "/J#53", .rare = 2},
    Mark{.bytes = "/#4AS", .rare = 1},   Mark{.bytes = "/#4aS", .rare = 1},
    Mark{.bytes = "/#4A#53", .rare = 1}, Mark{.bytes = "/#4a#53", .rare = 1},
};

/// Half a pair stays what it is: whoever reads this looks for bytes.
std::string utf8_of(std::string_view utf16) {
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    return big_endian<std::uint16_t>(as_bytes_of(utf16), at);
  };
  std::string out;
  for (std::size_t at = 0; at + 2 <= utf16.size(); at += 2) {
    std::uint32_t code = unit(at);
    const bool is_first = (code & 0xFC00U) == 0xD800 && at + 4 <= utf16.size();
    if (is_first && (unit(at + 2) & 0xFC00U) == 0xDC00) {
      code = 0x10000 + ((code & 0x3FFU) << 10) + (unit(at + 2) & 0x3FFU);
      at += 2;
    }
    put_utf8(code, [&](char byte) { out.push_back(byte); });
  }
  return out;
}

}  // namespace

bool each_script_value(std::span<const std::byte> text,
                       const std::function<bool(std::size_t at)>& use) {
  for (const Mark& name : kNames) {
    std::optional<std::size_t> found = find_mark(text, name);
    for (; found; found = find_mark(text, name, *found + 1)) {
      const std::size_t behind = *found + name.bytes.size();
      const bool ends =
          behind < text.size() && is_pdf_delimiter(std::to_integer<char>(text[behind]));
      if (ends && !use(behind)) return false;
    }
  }
  return true;
}

PdfText read_pdf_text(std::string_view text, const PdfCipher& cipher) {
  constexpr std::string_view kUtf16 = "\xFE\xFF";
  PdfText read{.bytes = std::string(text), .utf8 = {}};
  if (cipher.method != PdfCipher::Method::none) {
    read.bytes.clear();
    decode_pdf(as_bytes_of(text), cipher, {}, [&](std::span<const std::byte> piece) {
      read.bytes += as_text(piece);
      return true;
    });
  }
  if (read.bytes.starts_with(kUtf16)) {
    read.utf8 = utf8_of(std::string_view(read.bytes).substr(kUtf16.size()));
  }
  return read;
}

}  // namespace cordon
