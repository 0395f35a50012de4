#include "clamav/header_checks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

// Sources: the formats' specifications where there is one (FAT: Microsoft's of 2000; UDF: ECMA-167;
// MBR and GPT: UEFI; HFS: Inside Macintosh, Files), else the headers of the Linux kernel and the
// documentation of the programs that read them.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kSectorBytes = 512;

unsigned byte_at(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0U;
}

std::uint64_t little(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = (value << 8U) | byte_at(bytes, at + i - 1);
  return value;
}

std::uint64_t big(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | byte_at(bytes, at + i);
  return value;
}

bool has_at(Bytes bytes, std::size_t at, std::string_view mark) {
  return at <= bytes.size() && bytes.size() - at >= mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), std::as_bytes(std::span(mark)));
}

bool is_control(std::byte b) {
  const auto c = std::to_integer<unsigned>(b);
  // Tab to carriage return are white space, 0x1A ends texts of DOS, 0x1B colours terminals.
  return c < 0x09 || (c > 0x0D && c < 0x1A) || (c > 0x1B && c < 0x20) || c == 0x7F;
}

bool is_printable(unsigned c) { return c >= 0x20 && c < 0x7F; }

bool is_power_of_two(std::uint64_t value) { return std::has_single_bit(value); }

}  // namespace

std::uint16_t le16_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
std::uint32_t le32_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}
std::uint64_t le64_at(Bytes bytes, std::size_t at) { return little(bytes, at, 8); }
std::uint16_t be16_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(big(bytes, at, 2));
}
std::uint32_t be32_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(big(bytes, at, 4));
}
std::uint64_t be64_at(Bytes bytes, std::size_t at) { return big(bytes, at, 8); }

std::size_t find_control(Bytes bytes, std::size_t from) {
  while (from < bytes.size() && !is_control(bytes[from])) ++from;
  return std::min(from, bytes.size());
}

std::size_t find_low_control(Bytes bytes, std::size_t from) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTab = 0x09;
  constexpr std::uint64_t kHighBits = kOnes * 0x80;
  // A byte below the tab borrows from its highest bit, which it does not have itself.
  for (std::uint64_t word = 0; from < bytes.size() && bytes.size() - from >= sizeof word;
       from += sizeof word) {
    std::memcpy(&word, bytes.data() + from, sizeof word);
    if (((word - kOnes * kTab) & ~word & kHighBits) != 0) break;
  }
  while (from < bytes.size() && std::to_integer<unsigned>(bytes[from]) >= kTab) ++from;
  return std::min(from, bytes.size());
}

bool looks_like_text(Bytes bytes) {
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 256));
  return find_control(head, 0) == head.size();
}

bool is_fat(Bytes content) {
  const unsigned sector_bytes = le16_at(content, 11);
  const unsigned media = byte_at(content, 21);
  const bool sizes = content.size() >= kSectorBytes && is_power_of_two(sector_bytes) &&
                     sector_bytes >= 512 && sector_bytes <= 4096 &&
                     is_power_of_two(byte_at(content, 13)) && le16_at(content, 14) > 0;
  const unsigned tables = byte_at(content, 16);
  const bool layout = (tables == 1 || tables == 2) && (media == 0xF0 || media >= 0xF8) &&
                      (le16_at(content, 19) > 0 || le32_at(content, 32) > 0) &&
                      (le16_at(content, 22) > 0 || le32_at(content, 36) > 0);
  return sizes && layout;
}

bool is_ext(Bytes content) {
  constexpr std::size_t kSuper = 1024;
  return has_at(content, kSuper + 56, "\x53\xEF"sv) && le32_at(content, kSuper) > 0 &&
         le32_at(content, kSuper + 4) > 0 && le32_at(content, kSuper + 24) <= 6 &&
         le16_at(content, kSuper + 58) <= 7 && le16_at(content, kSuper + 60) <= 3 &&
         le32_at(content, kSuper + 72) <= 4 && le32_at(content, kSuper + 76) <= 1;
}

bool is_minix(Bytes content) {
  constexpr std::size_t kSuper = 1024;
  constexpr std::uint32_t kFileBytesMax1 = 268'966'912;
  constexpr std::uint32_t kFileBytesMax2 = 0x7FFF'FFFF;
  const unsigned magic = le16_at(content, kSuper + 16);
  const std::uint32_t file_bytes_max = le32_at(content, kSuper + 12);
  const bool known = magic == 0x137F || magic == 0x138F || magic == 0x2468 || magic == 0x2478;
  if (known && le16_at(content, kSuper + 10) == 0 &&
      (file_bytes_max == kFileBytesMax1 || file_bytes_max == kFileBytesMax2)) {
    return true;
  }
  return le16_at(content, kSuper + 24) == 0x4D5A && le16_at(content, kSuper + 12) == 0 &&
         le32_at(content, kSuper + 16) == kFileBytesMax2;
}

bool is_classic_hfs(Bytes content) {
  constexpr std::size_t kBlock = 1024;
  const std::uint32_t unit = be32_at(content, kBlock + 20);
  const unsigned name_bytes = byte_at(content, kBlock + 36);
  return has_at(content, kBlock, "BD"sv) && unit > 0 && unit % kSectorBytes == 0 &&
         be16_at(content, kBlock + 18) > 0 && be16_at(content, kBlock + 14) > 2 && name_bytes > 0 &&
         name_bytes < 28;
}

bool is_nilfs(Bytes content) {
  constexpr std::size_t kSuper = 1024;
  const unsigned bytes = le16_at(content, kSuper + 8);
  return le32_at(content, kSuper) == 2 && le16_at(content, kSuper + 4) <= 1 &&
         le16_at(content, kSuper + 6) == 0x3434 && bytes >= 200 && bytes <= 1024;
}

bool is_zfs(Bytes content) {
  constexpr std::size_t kRing = 128U << 10U;
  for (std::size_t at = kRing; at < 2 * kRing; at += 1024) {
    if (has_at(content, at, "\x0C\xB1\xBA\0\0\0\0\0"sv) ||
        has_at(content, at, "\0\0\0\0\0\xBA\xB1\x0C"sv)) {
      return true;
    }
  }
  return false;
}

bool is_udf(Bytes content) {
  constexpr std::size_t kFirst = 32768;
  constexpr std::size_t kSectorsMax = 64;
  constexpr std::size_t kStep = 2048;
  constexpr std::array kOthers = {"CD001"sv, "BEA01"sv, "BOOT2"sv, "CDW02"sv, "TEA01"sv};
  // Sectors of 4,096 bytes have every second place empty.
  int empty = 0;
  for (std::size_t i = 0; i < kSectorsMax && empty < 2; ++i) {
    const std::size_t at = kFirst + i * kStep + 1;
    if (has_at(content, at, "NSR02"sv) || has_at(content, at, "NSR03"sv)) return true;
    const bool known = std::ranges::any_of(
        kOthers, [&](std::string_view mark) { return has_at(content, at, mark); });
    empty = known ? 0 : empty + 1;
  }
  return false;
}

bool is_partitioned_disk(Bytes content) {
  if (!has_at(content, 510, "\x55\xAA"sv)) return false;
  // Linux has its own fields where the table would be.
  if (has_at(content, 514, "HdrS"sv)) return false;
  // A partition at 0 is the whole content again, as images for optical discs have it; they may also
  // name what is behind their first 16 sectors.
  const std::uint64_t own = has_at(content, 32769, "CD001"sv) ? 64 : 0;
  bool any = false;
  for (std::size_t at = 446; at < 510; at += 16) {
    const unsigned status = byte_at(content, at);
    if (status != 0 && status != 0x80) return false;
    const std::uint64_t first = le32_at(content, at + 8);
    const bool used = byte_at(content, at + 4) != 0 && le32_at(content, at + 12) > 0;
    any = any || (used && first > own && first * kSectorBytes < content.size());
  }
  return any;
}

bool is_apple_partitioned_disk(Bytes content) {
  for (const std::size_t at : {kSectorBytes, 4 * kSectorBytes}) {
    const std::uint32_t entries = be32_at(content, at + 4);
    if (has_at(content, at, "PM\0\0"sv) && entries > 0 && entries < 1024) return true;
  }
  return false;
}

bool is_sun_label(Bytes content) {
  if (!has_at(content, 508, "\xDA\xBE"sv)) return false;
  unsigned sum = 0;
  for (std::size_t at = 0; at < kSectorBytes; at += 2) sum ^= be16_at(content, at);
  return sum == 0 && be16_at(content, 436) > 0 && be16_at(content, 438) > 0;
}

bool is_vmdk_descriptor(Bytes content) {
  constexpr std::string_view kType = "createType=";
  if (!has_at(content, 0, "# Disk DescriptorFile"sv)) return false;
  const Bytes head = content.first(std::min<std::size_t>(content.size(), 4096));
  const auto type = std::as_bytes(std::span(kType));
  return std::search(head.begin(), head.end(), type.begin(), type.end()) != head.end();
}

bool is_disk_copy(Bytes content) {
  constexpr std::uint64_t kHeaderBytes = 84;
  const std::uint64_t data = be32_at(content, 64);
  const std::uint64_t tags = be32_at(content, 68);
  const unsigned name_bytes = byte_at(content, 0);
  return be16_at(content, 82) == 0x0100 && name_bytes > 0 && name_bytes < 64 && data > 0 &&
         data % kSectorBytes == 0 && byte_at(content, 80) <= 3 &&
         kHeaderBytes + data + tags <= content.size() &&
         content.size() < kHeaderBytes + data + tags + 4096;
}

bool is_nero_image(Bytes content) {
  if (content.size() < 16) return false;
  std::uint64_t list = 0;
  if (has_at(content, content.size() - 12, "NER5"sv)) {
    list = be64_at(content, content.size() - 8);
  } else if (has_at(content, content.size() - 8, "NERO"sv)) {
    list = be32_at(content, content.size() - 4);
  } else {
    return false;
  }
  if (list > content.size() - 8) return false;
  constexpr std::array kChunks = {"CUES"sv, "CUEX"sv, "DAOI"sv, "DAOX"sv,
                                  "ETNF"sv, "ETN2"sv, "SINF"sv, "MTYP"sv};
  return std::ranges::any_of(kChunks, [&](std::string_view chunk) {
    return has_at(content, static_cast<std::size_t>(list), chunk);
  });
}

bool is_discjuggler_image(Bytes content) {
  if (content.size() < 2048) return false;
  const std::uint32_t version = le32_at(content, content.size() - 8);
  const std::uint32_t descriptor = le32_at(content, content.size() - 4);
  return version >= 0x8000'0004 && version <= 0x8000'0006 && descriptor > 0 &&
         descriptor < content.size();
}

bool is_ghost_image(Bytes content) {
  const unsigned type = byte_at(content, 2);
  return content.size() >= kSectorBytes && has_at(content, 0, "\xFE\xEF"sv) && type > 0 &&
         type < 10 && byte_at(content, 3) <= 10;
}

bool is_jffs2(Bytes content) {
  constexpr std::array<unsigned, 8> kNodes = {0xE001, 0xE002, 0x2003, 0x2004,
                                              0x2006, 0xE008, 0xE009, 0x2005};
  const auto is_node = [&](unsigned magic, unsigned type, std::uint32_t bytes) {
    return magic == 0x1985 && bytes >= 12 && std::ranges::find(kNodes, type) != kNodes.end();
  };
  return content.size() >= 12 &&
         (is_node(le16_at(content, 0), le16_at(content, 2), le32_at(content, 4)) ||
          is_node(be16_at(content, 0), be16_at(content, 2), be32_at(content, 4)));
}

bool is_yaffs(Bytes content) {
  // An object header: its type (file, link, directory, ...), the root as its parent, a sum that is
  // not used any more, and its name.
  const auto is_header = [&](std::uint32_t type, std::uint32_t parent) {
    return type >= 1 && type <= 5 && parent == 1;
  };
  return has_at(content, 8, "\xFF\xFF"sv) && is_printable(byte_at(content, 10)) &&
         (is_header(le32_at(content, 0), le32_at(content, 4)) ||
          is_header(be32_at(content, 0), be32_at(content, 4)));
}

bool is_arc(Bytes content) {
  constexpr std::size_t kNameBytesMax = 13;
  const unsigned method = byte_at(content, 1);
  if (content.size() < 29 || byte_at(content, 0) != 0x1A || method == 0 || method > 11)
    return false;
  std::size_t name = 0;
  while (name < kNameBytesMax && is_printable(byte_at(content, 2 + name))) ++name;
  return name > 0 && name < kNameBytesMax && byte_at(content, 2 + name) == 0 &&
         le32_at(content, 15) <= content.size();
}

bool is_compact_pro(Bytes content) {
  const std::uint64_t directory = be32_at(content, 4);
  if (!has_at(content, 0, "\x01\x01"sv) || directory < 8 || directory + 8 > content.size()) {
    return false;
  }
  // A sum, the number of entries, a comment, and the first name with its length (which has its
  // highest bit in folders).
  const auto at = static_cast<std::size_t>(directory);
  const std::size_t name = at + 7 + byte_at(content, at + 6);
  const unsigned name_bytes = byte_at(content, name) & 0x7FU;
  if (be16_at(content, at + 4) == 0 || name_bytes == 0 || name_bytes > 63) return false;
  return is_printable(byte_at(content, name + 1));
}

bool is_packed_huffman(Bytes content) {
  const std::uint32_t bytes = be32_at(content, 2);
  const unsigned levels = byte_at(content, 6);
  if (!has_at(content, 0, "\x1F\x1E"sv) || bytes == 0 || levels == 0 || levels > 24) return false;
  // As many leaves as a tree of that depth can have, level by level.
  std::uint64_t room = 1;
  for (unsigned level = 1; level <= levels; ++level) {
    room *= 2;
    const unsigned leaves = byte_at(content, 6 + level);
    if (leaves > room) return false;
    room -= leaves;
  }
  return room <= 2;
}

bool starts_dump(Bytes content) {
  const std::uint32_t type = le32_at(content, 0);
  return type >= 1 && type <= 6;
}

bool is_cpio(Bytes content) {
  if (has_at(content, 0, "\xC7\x71"sv) || has_at(content, 0, "\x71\xC7"sv)) return true;
  if (!has_at(content, 0, "07070"sv)) return false;
  // A header is digits and nothing else; then a name that ends with 0.
  constexpr std::size_t kHeaderBytes = 76;
  const auto is_digit = [](std::byte b) {
    const auto c = std::to_integer<unsigned>(b);
    const unsigned letter = c | 0x20U;
    return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'f');
  };
  return !looks_like_text(content) || (content.size() >= kHeaderBytes &&
                                       std::ranges::all_of(content.first(kHeaderBytes), is_digit));
}

bool is_bzip2(Bytes content) {
  return has_at(content, 0, "BZh"sv) &&
         (has_at(content, 4, "1AY&SY"sv) || !looks_like_text(content));
}

bool is_electron_archive(Bytes content) {
  return le32_at(content, 0) == 4 && le32_at(content, 4) == le32_at(content, 8) + 4 &&
         has_at(content, 16, "{\"files\":"sv);
}

}  // namespace cordon
