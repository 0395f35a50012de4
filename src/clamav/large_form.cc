#include "clamav/large_form.h"

#include <algorithm>
#include <array>
#include <optional>

// Why a list of our own beside the engine's types: the engine knows many containers, and all those
// are closed because `is_opaque_type` names what is open. But some it sees only through a structure
// that is not at the front (disk images), or not at all (compressors of its time after), and such
// content has the type "data". A wrong guess here costs a verdict "too large", never a "clean".

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

struct Mark {
  std::size_t at;
  std::string_view bytes;
  LargeForm form;
  const char* what;
};

constexpr const char* kCompressed = "a compressed file";
constexpr const char* kDiskImage = "a disk image";

using namespace std::string_view_literals;

constexpr Mark kMarks[] = {
    {0, "PK\x03\x04"sv, LargeForm::zip, "a zip archive"},
    {0, "PK\x05\x06"sv, LargeForm::zip, "a zip archive"},
    {0, "PK\x07\x08"sv, LargeForm::closed, "a part of a zip archive"},
    {0, "7z\xBC\xAF\x27\x1C"sv, LargeForm::seven_zip, "a 7z archive"},
    {257, "ustar"sv, LargeForm::tar, "a tar archive"},
    {0, "\x1F\x8B"sv, LargeForm::compressed, kCompressed},
    {0, "BZh"sv, LargeForm::compressed, kCompressed},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     LargeForm::compressed, kCompressed},
    {0, "\x28\xB5\x2F\xFD"sv, LargeForm::compressed, kCompressed},
    {0, "\x04\x22\x4D\x18"sv, LargeForm::compressed, kCompressed},
    {0, "LZIP\x01"sv, LargeForm::compressed, kCompressed},
    {0, "\x1F\x9D"sv, LargeForm::compressed, kCompressed},
    {0, "Rar!\x1A\x07"sv, LargeForm::closed, "a rar archive"},
    {0, "!<arch>\n"sv, LargeForm::closed, "an ar archive"},
    {0, "07070"sv, LargeForm::closed, "a cpio archive"},
    {0, "xar!"sv, LargeForm::closed, "a xar archive"},
    {0, "MSCF"sv, LargeForm::closed, "a cabinet"},
    {0, "MSWIM\0\0\0"sv, LargeForm::closed, kDiskImage},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, LargeForm::closed, "a compound document"},
    {0, "%PDF-"sv, LargeForm::closed, "a PDF document"},
    {510, "\x55\xAA"sv, LargeForm::closed, kDiskImage},
    {512, "EFI PART"sv, LargeForm::closed, kDiskImage},
    {4096, "EFI PART"sv, LargeForm::closed, kDiskImage},
    {512, "PM\0\0"sv, LargeForm::closed, kDiskImage},
    {1024, "H+\0\x04"sv, LargeForm::closed, kDiskImage},
    {1024, "HX\0\x05"sv, LargeForm::closed, kDiskImage},
    {32769, "CD001"sv, LargeForm::closed, kDiskImage},
    {32769, "BEA01"sv, LargeForm::closed, kDiskImage},
};

bool has_at(Bytes bytes, std::size_t at, std::string_view mark) {
  return bytes.size() >= mark.size() && at <= bytes.size() - mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), std::as_bytes(std::span(mark)));
}

std::optional<std::uint32_t> octal(Bytes digits) {
  std::uint32_t value = 0;
  bool any = false;
  for (const std::byte digit : digits) {
    const auto c = std::to_integer<char>(digit);
    if (c == ' ' && !any) continue;
    if (c < '0' || c > '7') break;
    value = value * 8 + static_cast<std::uint32_t>(c - '0');
    any = true;
  }
  if (!any) return std::nullopt;
  return value;
}

/// Tar before "ustar" has no mark, but a checksum over its first header with the field itself
/// blank.
bool is_old_tar(Bytes head) {
  constexpr std::size_t kHeaderBytes = 512;
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumBytes = 8;
  if (head.size() < kHeaderBytes) return false;
  const auto stated = octal(head.subspan(kSumAt, kSumBytes));
  if (!stated || *stated == 0) return false;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    const bool blank = i >= kSumAt && i < kSumAt + kSumBytes;
    sum += blank ? ' ' : std::to_integer<std::uint32_t>(head[i]);
  }
  return sum == *stated;
}

/// LZMA alone has no mark: properties 0x5D, a dictionary of whole 64 KiB, an unknown or sensible
/// size.
bool is_lzma_alone(Bytes head) {
  if (head.size() < 14 || !has_at(head, 0, "\x5D\0\0"sv)) return false;
  return has_at(head, 5, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv) || has_at(head, 10, "\0\0\0"sv);
}

/// A frame of data that decoders skip may come first: 0x184D2A50 to 5F.
bool is_skippable_frame(Bytes head) {
  return has_at(head, 1, "\x2A\x4D\x18"sv) && (head[0] & std::byte{0xF0}) == std::byte{0x50};
}

}  // namespace

LargeContent content_of_head(Bytes head) {
  for (const Mark& mark : kMarks) {
    if (has_at(head, mark.at, mark.bytes)) return {mark.form, mark.what};
  }
  if (is_old_tar(head)) return {LargeForm::tar, "a tar archive"};
  if (is_lzma_alone(head) || is_skippable_frame(head)) return {LargeForm::compressed, kCompressed};
  return {};
}

LargeContent content_of_tail(Bytes tail) {
  constexpr std::string_view kZipEnd = "PK\x05\x06";
  constexpr std::size_t kZipEndBytes = 22;
  constexpr std::size_t kTrailerBytes = 512;
  if (tail.size() >= kTrailerBytes && has_at(tail, tail.size() - kTrailerBytes, "koly"sv)) {
    return {LargeForm::closed, kDiskImage};
  }
  const auto mark = std::as_bytes(std::span(kZipEnd));
  const auto at = std::search(tail.begin(), tail.end(), mark.begin(), mark.end());
  if (at != tail.end() && tail.end() - at >= static_cast<std::ptrdiff_t>(kZipEndBytes)) {
    return {LargeForm::zip, "a zip archive behind other data"};
  }
  return {};
}

bool is_opaque_type(std::string_view engine_type) {
  constexpr std::array kOpaque = {
      // IGNORED: sound, video and databases, whose bytes the scan of a window searches all the
      // same.
      "CL_TYPE_BINARY_DATA"sv, "CL_TYPE_IGNORED"sv,      "CL_TYPE_TEXT_ASCII"sv,
      "CL_TYPE_TEXT_UTF8"sv,   "CL_TYPE_TEXT_UTF16LE"sv, "CL_TYPE_TEXT_UTF16BE"sv,
      "CL_TYPE_GRAPHICS"sv,    "CL_TYPE_GIF"sv,          "CL_TYPE_PNG"sv,
      "CL_TYPE_JPEG"sv,        "CL_TYPE_TIFF"sv,         "CL_TYPE_RIFF"sv,
  };
  return std::find(kOpaque.begin(), kOpaque.end(), engine_type) != kOpaque.end();
}

}  // namespace cordon
