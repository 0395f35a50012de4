#include "clamav/embedded_containers.h"

#include <algorithm>
#include <string_view>

#include "clamav/mark_search.h"
#include "core/checksum.h"

// Programs that read an archive carry its mark as a constant, so what follows the mark must make
// sense: sums where the format has them, else fields that agree with each other.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

unsigned byte_at(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

std::uint64_t little(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | byte_at(bytes, at + i);
  return value;
}

/// RAR 4 technote: the first header has type 0x73 and 13 bytes. RAR 5: a short header of type 1 or
/// 4.
bool starts_rar(Bytes b) {
  if (b.size() < 14) return false;
  if (b[6] == std::byte{0}) {
    return b[9] == std::byte{0x73} && b[12] == std::byte{13} && b[13] == std::byte{0};
  }
  const unsigned size = byte_at(b, 12);
  return b[6] == std::byte{1} && b[7] == std::byte{0} && size > 0 && size < 0x80 &&
         (b[13] == std::byte{1} || b[13] == std::byte{4});
}

/// 7zFormat.txt: the sum of where the list of members is.
bool starts_7z(Bytes b) { return b.size() >= 32 && little(b, 8, 4) == crc32(0, b.subspan(12, 20)); }

/// [MS-CAB] 2.1: reserved fields, version 1.3, and sizes within each other.
bool starts_cabinet(Bytes b) {
  if (b.size() < 36 || little(b, 4, 4) != 0 || little(b, 12, 4) != 0 || little(b, 20, 4) != 0) {
    return false;
  }
  const std::uint64_t size = little(b, 8, 4);
  const std::uint64_t files_at = little(b, 16, 4);
  return byte_at(b, 24) == 3 && byte_at(b, 25) == 1 && files_at >= 36 && files_at < size &&
         little(b, 26, 2) > 0 && little(b, 28, 2) > 0;
}

/// The .xz file format 2.1.1: the sum of the stream's flags.
bool starts_xz(Bytes b) {
  return b.size() >= 12 && b[6] == std::byte{0} && little(b, 8, 4) == crc32(0, b.subspan(6, 2));
}

/// The mark that is searched for is that of the first block, four bytes behind the beginning.
bool starts_bzip2(Bytes b) {
  return b.size() >= 10 && byte_at(b, 0) == 'B' && byte_at(b, 1) == 'Z' && byte_at(b, 2) == 'h' &&
         byte_at(b, 3) >= '1' && byte_at(b, 3) <= '9';
}

/// The text form of cpio: 13 fields of eight hexadecimal digits, and a name with its end, which no
/// text of such digits has.
bool starts_cpio(Bytes b) {
  constexpr std::size_t kNameBytesAt = 94;
  constexpr std::size_t kHeaderBytes = 110;
  constexpr std::uint64_t kNameBytesMax = 4096;
  if (container_at_front(b) != ContainerKind::cpio || b.size() <= kHeaderBytes) return false;
  std::uint64_t name_bytes = 0;
  for (std::size_t i = kNameBytesAt; i < kNameBytesAt + 8; ++i) {
    const auto c = std::to_integer<char>(b[i]);
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    name_bytes = name_bytes * 16 + static_cast<std::uint64_t>(digit);
  }
  return name_bytes > 0 && name_bytes <= kNameBytesMax && b.size() >= kHeaderBytes + name_bytes &&
         b[kHeaderBytes + static_cast<std::size_t>(name_bytes) - 1] == std::byte{0};
}

struct Kind {
  ContainerKind kind;
  Mark mark;
  std::size_t mark_at;  ///< In the container.
  bool (*starts)(Bytes);
};

constexpr Kind kKinds[] = {
    {ContainerKind::rar, {.bytes = "Rar!\x1A\x07"sv, .rare = 4}, 0, starts_rar},
    {ContainerKind::seven_zip, {.bytes = "7z\xBC\xAF\x27\x1C"sv, .rare = 3}, 0, starts_7z},
    {ContainerKind::cabinet, {.bytes = "MSCF\0\0\0\0"sv, .rare = 2}, 0, starts_cabinet},
    {ContainerKind::xz,
     {.bytes = "\xFD"
               "7zXZ\0"sv,
      .rare = 3},
     0,
     starts_xz},
    {ContainerKind::bzip2, {.bytes = "1AY&SY"sv, .rare = 3}, 4, starts_bzip2},
    {ContainerKind::cpio, {.bytes = "07070"sv, .rare = 1}, 0, starts_cpio},
};

void find_kind(const Kind& kind, Bytes layer, EmbeddedContainers& found) {
  for (auto mark = find_mark(layer, kind.mark, 1); mark;
       mark = find_mark(layer, kind.mark, *mark + 1)) {
    if (*mark <= kind.mark_at) continue;
    const std::size_t at = *mark - kind.mark_at;
    const Bytes rest = layer.subspan(at);
    if (!kind.starts(rest)) continue;
    if (found.containers.size() == kEmbeddedContainersMax) {
      found.too_many = true;
      return;
    }
    found.containers.push_back(
        {.kind = kind.kind, .offset = at, .bytes = rest.size(), .embedded = true});
    // Each member has such a header: the first one reads them all.
    if (kind.kind == ContainerKind::cpio) return;
  }
}

}  // namespace

EmbeddedContainers find_embedded_containers(Bytes layer) {
  EmbeddedContainers found;
  for (const Kind& kind : kKinds) find_kind(kind, layer, found);
  std::ranges::sort(found.containers, {}, &Container::offset);
  // What lies between two of them belongs to neither.
  for (std::size_t i = 0; i < found.containers.size(); ++i) {
    Container& one = found.containers[i];
    const bool last = i + 1 == found.containers.size();
    const std::size_t end = last ? layer.size() : found.containers[i + 1].offset;
    one.behind_bytes = end - one.offset;
  }
  return found;
}

}  // namespace cordon
