#include "clamav/container_kind.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "clamav/lzma_probe.h"
#include "clamav/zlib_check.h"

// Sources: APPNOTE.TXT (zip), 7zFormat.txt, RAR technotes 4 and 5, the LHA header description,
// [MS-CAB], ECMA-119 (ISO 9660), the xar wiki, POSIX (tar, cpio), RFC 1952 (gzip), the .xz and
// .lzma file formats, RFC 8878 (Zstandard), the LZ4 frame format, the lzip manual, the sources of
// compress(1) and the RPM file format.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

bool has_at(Bytes bytes, std::size_t at, std::string_view mark) {
  return bytes.size() >= mark.size() && at <= bytes.size() - mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), std::as_bytes(std::span(mark)));
}

unsigned byte_at(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

/// Little-endian; the caller has looked at the size.
std::uint64_t little(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | byte_at(bytes, at + i);
  return value;
}

bool all_of(Bytes bytes, std::size_t at, std::size_t count, auto is_right) {
  if (bytes.size() < at + count) return false;
  return std::ranges::all_of(bytes.subspan(at, count),
                             [&](std::byte b) { return is_right(std::to_integer<char>(b)); });
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// "070701" and "070702": 13 fields of eight hexadecimal digits; "070707": 70 octal digits.
bool is_cpio_text(Bytes b) {
  if (has_at(b, 0, "070701") || has_at(b, 0, "070702")) return all_of(b, 6, 104, is_hex);
  return has_at(b, 0, "070707") && all_of(b, 6, 70, is_octal);
}

/// The binary form: magic 070707, mode, length of the name, and the name with its end.
bool is_cpio_binary(Bytes b) {
  constexpr std::size_t kHeaderBytes = 26;
  const bool is_little = has_at(b, 0, "\xC7\x71"sv);
  if (b.size() < kHeaderBytes + 2 || !(is_little || has_at(b, 0, "\x71\xC7"sv))) return false;
  const auto field = [&](std::size_t at) {
    return is_little ? little(b, at, 2) : byte_at(b, at) << 8 | byte_at(b, at + 1);
  };
  const std::uint64_t type = field(6) >> 12;
  const std::uint64_t name_bytes = field(20);
  if (name_bytes < 2 || b.size() < kHeaderBytes + name_bytes) return false;
  const auto name = b.subspan(kHeaderBytes, static_cast<std::size_t>(name_bytes));
  const bool ends = name.back() == std::byte{0};
  const bool known = type == 0 || type == 1 || type == 2 || type == 4 || type == 6 || type == 8 ||
                     type == 10 || type == 12;
  return known && ends && std::ranges::count(name, std::byte{0}) == 1;
}

std::optional<std::uint64_t> octal_field(Bytes digits) {
  std::uint64_t value = 0;
  bool any = false;
  for (const std::byte digit : digits) {
    const auto c = std::to_integer<char>(digit);
    if (c == ' ' && !any) continue;
    if (!is_octal(c)) break;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
    any = true;
  }
  if (!any) return std::nullopt;
  return value;
}

/// Tar has no mark in all of its forms, but a checksum over its header with the field itself blank,
/// as signed or as unsigned bytes.
bool is_tar(Bytes b) {
  constexpr std::size_t kHeaderBytes = 512;
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumBytes = 8;
  if (b.size() < kHeaderBytes || b[0] == std::byte{0}) return false;
  const auto stated = octal_field(b.subspan(kSumAt, kSumBytes));
  if (!stated || *stated == 0) return false;
  std::uint64_t sum = 0;
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    const bool blank = i >= kSumAt && i < kSumAt + kSumBytes;
    const unsigned value = blank ? ' ' : byte_at(b, i);
    sum += value;
    high += value >> 7;
  }
  return sum == *stated || sum == *stated + 256 * high;
}

/// A damaged header still has its mark, and unpackers look for the next one.
bool is_damaged_tar(Bytes b) {
  return has_at(b, 257, "ustar\0"sv) || has_at(b, 257, "ustar  \0"sv);
}

/// LHA has its method where others have a mark ("-lh5-"), and a checksum (levels 0 and 1) or the
/// sizes of its header (2 and 3).
bool is_lha(Bytes b) {
  if (b.size() < 24 || !has_at(b, 2, "-"sv) || b[6] != std::byte{'-'}) return false;
  const auto c3 = std::to_integer<char>(b[3]);
  const auto c4 = std::to_integer<char>(b[4]);
  const bool named = (c3 == 'l' && (c4 == 'h' || c4 == 'z')) || (c3 == 'p' && c4 == 'm');
  const unsigned level = byte_at(b, 20);
  if (!named || level > 3) return false;
  if (level == 2) return little(b, 0, 2) >= 24 && little(b, 0, 2) <= b.size();
  if (level == 3) return little(b, 0, 2) == 4;
  const std::size_t header = byte_at(b, 0);
  if (header < 20 || header + 2 > b.size()) return false;
  unsigned sum = 0;
  for (std::size_t i = 2; i < header + 2; ++i) sum += byte_at(b, i);
  return (sum & 0xFFU) == byte_at(b, 1);
}

/// Flags at offset 4: version 01, and the reserved bit is zero.
bool is_lz4(Bytes b) {
  return has_at(b, 0, "\x04\x22\x4D\x18"sv) && b.size() >= 7 && (byte_at(b, 4) & 0xC2U) == 0x40;
}

/// A frame of data that decoders skip: 0x184D2A50 to 5F.
bool is_skippable_frame(Bytes b) {
  return b.size() >= 8 && has_at(b, 1, "\x2A\x4D\x18"sv) && (byte_at(b, 0) & 0xF0U) == 0x50;
}

/// Zstandard or LZ4 frames, behind any number of frames that are skipped.
std::optional<ContainerKind> frames_at_front(Bytes b) {
  const Bytes all = b;
  constexpr int kSkippedMax = 64;
  for (int i = 0; i < kSkippedMax && is_skippable_frame(b); ++i) {
    const std::uint64_t bytes = 8 + little(b, 4, 4);
    if (bytes > b.size()) return ContainerKind::zstd;  // Cut off.
    b = b.subspan(static_cast<std::size_t>(bytes));
    if (b.empty()) return ContainerKind::zstd;
  }
  if (has_at(b, 0, "\x28\xB5\x2F\xFD"sv) && b.size() >= 6) return ContainerKind::zstd;
  if (is_lz4(b)) return ContainerKind::lz4;
  if (has_at(all, 0, "\x28\xB5\x2F\xFD"sv)) return ContainerKind::zstd;
  return std::nullopt;
}

bool is_lzip(Bytes b) {
  return has_at(b, 0, "LZIP\x01"sv) && b.size() > 5 && (byte_at(b, 5) & 0x1FU) >= 12 &&
         (byte_at(b, 5) & 0x1FU) <= 29;
}

/// LZMA alone has no mark: properties below 225, a dictionary of 2^n or 2^n + 2^(n-1), an unknown
/// size or one below 256 GiB, and a first byte of zero for the decoder. The same test as xz's own.
bool is_lzma(Bytes b) {
  if (b.size() < 14 || byte_at(b, 0) >= 225 || b[13] != std::byte{0}) return false;
  const auto dictionary = static_cast<std::uint32_t>(little(b, 1, 4));
  const std::uint32_t rest = dictionary & (dictionary - 1);
  const bool round = dictionary != 0 &&
                     (rest == 0 || (std::has_single_bit(rest) && rest * 2 == dictionary - rest));
  const std::uint64_t size = little(b, 5, 8);
  return dictionary >= 4096 && (round || dictionary == 0xFFFFFFFFU) &&
         (size == ~std::uint64_t{0} || size < (std::uint64_t{1} << 38));
}

/// compress(1): block mode and 9 to 16 bits; two bits are reserved.
bool is_compress(Bytes b) {
  return has_at(b, 0, "\x1F\x9D"sv) && b.size() >= 3 && (byte_at(b, 2) & 0x60U) == 0 &&
         (byte_at(b, 2) & 0x1FU) >= 9 && (byte_at(b, 2) & 0x1FU) <= 16;
}

bool is_bzip2(Bytes b) {
  constexpr std::string_view kBlock = "\x31\x41\x59\x26\x53\x59";
  constexpr std::string_view kEnd = "\x17\x72\x45\x38\x50\x90";
  return has_at(b, 0, "BZh") && b.size() >= 10 && byte_at(b, 3) >= '1' && byte_at(b, 3) <= '9' &&
         (has_at(b, 4, kBlock) || has_at(b, 4, kEnd));
}

/// Deflate is the only method; three flags are reserved.
bool is_gzip(Bytes b) {
  return has_at(b, 0, "\x1F\x8B\x08"sv) && b.size() >= 10 && (byte_at(b, 3) & 0xE0U) == 0;
}

bool is_ar(Bytes b) {
  return has_at(b, 0, "!<arch>\n"sv) && (b.size() == 8 || has_at(b, 8 + 58, "`\n"sv));
}

std::optional<ContainerKind> compressed_at_front(Bytes b) {
  if (is_gzip(b)) return ContainerKind::gzip;
  if (has_at(b, 0,
             "\xFD"
             "7zXZ\0"sv))
    return ContainerKind::xz;
  if (is_bzip2(b)) return ContainerKind::bzip2;
  if (const auto frames = frames_at_front(b)) return frames;
  if (is_lzip(b)) return ContainerKind::lzip;
  if (is_compress(b)) return ContainerKind::compress;
  if (has_at(b, 0, "\xED\xAB\xEE\xDB"sv)) return ContainerKind::rpm;
  return std::nullopt;
}

std::optional<ContainerKind> archive_at_front(Bytes b) {
  if (has_at(b, 0, "PK\x03\x04"sv) || has_at(b, 0, "PK\x07\x08PK\x03\x04"sv)) {
    return ContainerKind::zip;
  }
  if (has_at(b, 0, "7z\xBC\xAF\x27\x1C\0"sv)) return ContainerKind::seven_zip;
  if (has_at(b, 0, "Rar!\x1A\x07\0"sv) || has_at(b, 0, "Rar!\x1A\x07\x01\0"sv)) {
    return ContainerKind::rar;
  }
  if (is_ar(b)) return ContainerKind::ar;
  if (has_at(b, 0, "MSCF\0\0\0\0"sv) && b.size() >= 36) return ContainerKind::cabinet;
  if (has_at(b, 0, "xar!\0"sv) && has_at(b, 6, "\0\x01"sv)) return ContainerKind::xar;
  // ISO 28500: the version, and the first field behind a line's end.
  if (has_at(b, 0, "WARC/1.") && has_at(b, 8, "\r\nWARC-")) return ContainerKind::warc;
  if (is_cpio_text(b) || is_cpio_binary(b)) return ContainerKind::cpio;
  if (is_lha(b)) return ContainerKind::lha;
  return std::nullopt;
}

/// A Zstandard frame (RFC 8878 3.1.1) whose only block is the last one and empty.
bool is_empty_zstd(Bytes b) {
  if (!has_at(b, 0, "\x28\xB5\x2F\xFD"sv) || b.size() < 9) return false;
  constexpr std::array<std::size_t, 4> kDictionaryBytes = {0, 1, 2, 4};
  constexpr std::array<std::size_t, 4> kSizeBytes = {0, 2, 4, 8};
  const unsigned descriptor = byte_at(b, 4);
  const bool single = (descriptor & 0x20U) != 0;
  std::size_t at = 5 + (single ? 0 : 1) + kDictionaryBytes[descriptor & 3U];
  at += kSizeBytes[descriptor >> 6] + (single && descriptor >> 6 == 0 ? 1 : 0);
  const std::size_t check = (descriptor & 4U) != 0 ? 4 : 0;
  // Last block, raw, of no bytes.
  return b.size() == at + 3 + check && little(b, at, 3) == 1;
}

/// An LZ4 frame in which the mark of the end follows the header at once.
bool is_empty_lz4(Bytes b) {
  if (!is_lz4(b)) return false;
  const unsigned flags = byte_at(b, 4);
  const std::size_t header = 7 + ((flags & 8U) != 0 ? 8U : 0U) + ((flags & 1U) != 0 ? 4U : 0U);
  const std::size_t check = (flags & 4U) != 0 ? 4 : 0;
  return b.size() == header + 4 + check && has_at(b, header, "\0\0\0\0"sv);
}

bool ends_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() && has_at(bytes, bytes.size() - mark.size(), mark);
}

}  // namespace

bool is_compressed_file(ContainerKind kind) { return kind >= ContainerKind::gzip; }

bool is_archive(ContainerKind kind) {
  return kind < ContainerKind::pdf || is_compressed_file(kind);
}

bool engine_opens(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::zip:
    case ContainerKind::zip_from_front:
    case ContainerKind::seven_zip:
    case ContainerKind::cabinet:
    case ContainerKind::iso9660:
    case ContainerKind::iso9660_plain:
    case ContainerKind::xar:
    case ContainerKind::tar:
    case ContainerKind::cpio:
    case ContainerKind::gzip:
    case ContainerKind::xz:
    case ContainerKind::pdf:
    case ContainerKind::compound_file:
    case ContainerKind::rtf:
    case ContainerKind::mail:
    case ContainerKind::tnef:
    case ContainerKind::onenote:
      return true;
    case ContainerKind::markup:
    case ContainerKind::cms:
    case ContainerKind::openpgp:
    case ContainerKind::encoded_text:
    case ContainerKind::ms_compressed:
    case ContainerKind::script:
    case ContainerKind::rar:
    case ContainerKind::ar:
    case ContainerKind::lha:
    case ContainerKind::warc:
    case ContainerKind::zlib:
    case ContainerKind::bzip2:
    case ContainerKind::zstd:
    case ContainerKind::lz4:
    case ContainerKind::lzip:
    case ContainerKind::lzma:
    case ContainerKind::compress:
    case ContainerKind::rpm:
      return false;
  }
  return false;
}

std::optional<ContainerKind> container_at_front(Bytes content) {
  if (const auto archive = archive_at_front(content)) return archive;
  if (const auto compressed = compressed_at_front(content)) return compressed;
  if (is_tar(content) || is_damaged_tar(content)) return ContainerKind::tar;
  if (has_at(content, 32769, "CD001"sv)) return ContainerKind::iso9660;
  if (is_zlib(content)) return ContainerKind::zlib;
  // Last, for it has no mark but with the usual settings.
  if (is_lzma(content) && (has_at(content, 0, "\x5D\0\0"sv) || decodes_as_lzma(content))) {
    return ContainerKind::lzma;
  }
  return std::nullopt;
}

bool is_empty_compressed_file(ContainerKind kind, Bytes content) {
  switch (kind) {
    case ContainerKind::gzip:  // RFC 1952 2.3.1: an empty block; the sum and the size are zero.
      return ends_with(content, "\x03\0\0\0\0\0\0\0\0\0"sv) ||
             ends_with(content, "\x01\0\0\xFF\xFF\0\0\0\0\0\0\0\0"sv);
    case ContainerKind::xz:  // The .xz file format 2.1.2: the footer.
      return ends_with(content, "YZ"sv) && content.size() == 32;
    case ContainerKind::bzip2:  // The mark of the end right behind that of the beginning.
      return content.size() == 14 && ends_with(content, "\x17\x72\x45\x38\x50\x90\0\0\0\0"sv);
    case ContainerKind::zstd:
      return is_empty_zstd(content);
    case ContainerKind::lz4:
      return is_empty_lz4(content);
    case ContainerKind::lzip:  // The trailer: sum, size of the data, size of the member.
      return content.size() == 36 && little(content, 16, 4) == 0 && little(content, 20, 8) == 0 &&
             little(content, 28, 8) == 36;
    case ContainerKind::lzma:  // A size of zero, or the mark of the end at once.
      return content.size() >= 13 && content.size() <= 24 &&
             (little(content, 5, 8) == 0 || little(content, 5, 8) == ~std::uint64_t{0});
    case ContainerKind::compress:
      return content.size() == 3;
    case ContainerKind::zlib:  // That it is whole shows by its sum.
    case ContainerKind::rpm:
    case ContainerKind::zip:
    case ContainerKind::zip_from_front:
    case ContainerKind::seven_zip:
    case ContainerKind::rar:
    case ContainerKind::ar:
    case ContainerKind::lha:
    case ContainerKind::cabinet:
    case ContainerKind::iso9660:
    case ContainerKind::iso9660_plain:
    case ContainerKind::xar:
    case ContainerKind::warc:
    case ContainerKind::tar:
    case ContainerKind::cpio:
    case ContainerKind::pdf:
    case ContainerKind::compound_file:
    case ContainerKind::rtf:
    case ContainerKind::markup:
    case ContainerKind::mail:
    case ContainerKind::tnef:
    case ContainerKind::onenote:
    case ContainerKind::cms:
    case ContainerKind::openpgp:
    case ContainerKind::encoded_text:
    case ContainerKind::ms_compressed:
    case ContainerKind::script:
      return false;
  }
  return false;
}

std::optional<std::uint64_t> declared_end(ContainerKind kind, Bytes content) {
  std::uint64_t end = 0;
  if (kind == ContainerKind::cabinet && content.size() >= 36) {
    end = little(content, 8, 4);
  } else if (kind == ContainerKind::seven_zip && content.size() >= 32) {
    const std::uint64_t offset = little(content, 12, 8);
    const std::uint64_t size = little(content, 20, 8);
    if (offset > content.size() || size > content.size()) return std::nullopt;
    end = 32 + offset + size;
  } else {
    return std::nullopt;
  }
  if (end > content.size()) return std::nullopt;
  return end;
}

}  // namespace cordon
