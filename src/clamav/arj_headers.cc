#include "clamav/arj_headers.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "clamav/layer_bytes.h"
#include "core/checksum.h"

// ARJ TECHNICAL INFORMATION (technote.txt of the program): a header is a mark, the size of its
// basic part, that part, its CRC-32, and extended headers, a size each, until one of size zero. The
// packed member follows.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kBasicBytesMin = 30;
constexpr std::size_t kBasicBytesMax = 2600;
constexpr unsigned kGarbled = 1;
constexpr unsigned kMainHeader = 2;
constexpr unsigned kBinary = 0;
constexpr unsigned kText = 1;
constexpr int kHeadersMax = 1'000'000;

struct Header {
  unsigned flags = 0;
  unsigned file_type = 0;
  std::uint32_t packed_bytes = 0;
  std::uint32_t unpacked_bytes = 0;
  std::uint32_t sum = 0;
  std::size_t bytes = 0;
};

/// Nothing at the end of the archive, and where there is no header.
std::optional<Header> header_at(Bytes bytes) {
  if (!begins_with(bytes, "\x60\xEA"sv) || bytes.size() < 4) return std::nullopt;
  const std::size_t size = little_endian<std::uint16_t>(bytes, 2);
  if (size < kBasicBytesMin || size > kBasicBytesMax || bytes.size() < 4 + size + 4) {
    return std::nullopt;
  }
  const Bytes basic = bytes.subspan(4, size);
  if (crc32(0, basic) != little_endian<std::uint32_t>(bytes, 4 + size)) return std::nullopt;
  Header header{.flags = std::to_integer<unsigned>(basic[4]),
                .file_type = std::to_integer<unsigned>(basic[6]),
                .packed_bytes = little_endian<std::uint32_t>(basic, 12),
                .unpacked_bytes = little_endian<std::uint32_t>(basic, 16),
                .sum = little_endian<std::uint32_t>(basic, 20),
                .bytes = 4 + size + 4};
  for (std::size_t extension = 1; extension != 0;) {
    if (bytes.size() - header.bytes < 2) return std::nullopt;
    extension = little_endian<std::uint16_t>(bytes, header.bytes);
    header.bytes += 2 + (extension == 0 ? 0 : extension + 4);
    if (header.bytes > bytes.size()) return std::nullopt;
  }
  return header;
}

/// Calls `use` with each header; ends when that says so. Returns where it stopped: behind the last
/// member, or at what is no header.
template <typename Use>
std::size_t walk_headers(Bytes archive, const Use& use) {
  std::size_t at = 0;
  for (int count = 0; count < kHeadersMax; ++count) {
    const std::optional<Header> header = header_at(archive.subspan(at));
    if (!header || !use(*header)) return at;
    const std::size_t packed = header->file_type == kMainHeader ? 0 : header->packed_bytes;
    if (packed > archive.size() - at - header->bytes) return at;
    at += header->bytes + packed;
  }
  return at;
}

}  // namespace

bool is_locked_arj(Bytes archive) {
  bool locked = false;
  walk_headers(archive, [&](const Header& header) {
    locked = header.file_type != kMainHeader && (header.flags & kGarbled) != 0 &&
             header.packed_bytes > 0;
    return !locked;
  });
  return locked;
}

ArjMembers arj_members(Bytes archive) {
  constexpr std::uint32_t kPackedTinyBytes = 64;  // So few hold nothing that could be awaited.
  ArjMembers members;
  walk_headers(archive, [&](const Header& header) {
    const bool is_file = header.file_type == kBinary || header.file_type == kText;
    const bool is_odd = !is_file || header.unpacked_bytes <= kTinyBytes;
    if (header.file_type == kMainHeader || (header.flags & kGarbled) != 0) return true;
    if (is_odd && header.packed_bytes > kPackedTinyBytes) members.unreadable = true;
    if (!is_odd) members.unpacked.push_back({.bytes = header.unpacked_bytes, .sum = header.sum});
    return true;
  });
  return members;
}

std::optional<std::size_t> arj_end(Bytes archive) {
  constexpr auto kEnd = "\x60\xEA\0\0"sv;
  const std::size_t at = walk_headers(archive, [](const Header&) { return true; });
  if (at == 0 || !begins_with(archive.subspan(at), kEnd)) return std::nullopt;
  return at + kEnd.size();
}

}  // namespace cordon
