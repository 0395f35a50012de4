#include "clamav/volume_locks.h"

#include <array>
#include <cstdint>

#include "clamav/layer_bytes.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kLargeSectorBytes = 4096;
constexpr std::size_t kPartitionsMax = 1024;

/// LUKS2 On-Disk Format 1.1, section 2.1: the second header stands at one of these places, and is
/// what is left when the first was damaged.
bool has_second_luks_header(Bytes volume) {
  constexpr std::size_t kFirst = 0x4000;
  constexpr std::size_t kLast = 0x400000;
  for (std::size_t at = kFirst; at <= kLast; at *= 2) {
    if (has_at(volume, at, "SKUL\xBA\xBE\0\2"sv)) return true;
  }
  return false;
}

/// BitLocker To Go looks like FAT; the identifier of BitLocker stands behind its fields.
bool is_bitlocker(Bytes volume) {
  constexpr auto kIdentifier = "\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01"sv;
  if (has_at(volume, 3, "-FVE-FS-"sv)) return true;
  return has_at(volume, 3, "MSWIN4.1"sv) && has_at(volume, 0x1A8, kIdentifier);
}

std::optional<std::string_view> locked_at(Bytes layer, std::uint64_t offset) {
  if (offset >= layer.size()) return std::nullopt;
  const Bytes volume = layer.subspan(static_cast<std::size_t>(offset));
  if (begins_with(volume, "LUKS\xBA\xBE"sv) || has_second_luks_header(volume)) return "LUKS volume";
  if (is_bitlocker(volume)) return "BitLocker volume";
  return std::nullopt;
}

/// The four entries at the end of the first sector; a table in a partition (types 5 and 15) is
/// followed as far as its first link goes.
std::optional<std::string_view> locked_in_mbr(Bytes layer) {
  constexpr std::size_t kTableAt = 446;
  std::uint64_t table_at = 0;
  std::uint64_t extended_at = 0;
  for (std::size_t tables = 0; tables < kPartitionsMax; ++tables) {
    if (table_at >= layer.size() || layer.size() - table_at < kSectorBytes) return std::nullopt;
    const Bytes sector = layer.subspan(static_cast<std::size_t>(table_at), kSectorBytes);
    if (!has_at(sector, 510, "\x55\xAA"sv)) return std::nullopt;
    std::uint64_t next = 0;
    for (std::size_t entry = kTableAt; entry < 510; entry += 16) {
      const auto type = std::to_integer<unsigned>(sector[entry + 4]);
      const std::uint64_t start = little_endian<std::uint32_t>(sector, entry + 8) * kSectorBytes;
      if (type == 0 || start == 0) continue;
      if (type == 5 || type == 15 || type == 0x85) {
        next = extended_at + start;
      } else if (auto name = locked_at(layer, table_at + start)) {
        return name;
      }
    }
    if (next <= table_at) return std::nullopt;
    if (extended_at == 0) extended_at = next;
    table_at = next;
  }
  return std::nullopt;
}

/// UEFI 5.3: the header in the second sector says where the entries are and how long each is.
std::optional<std::string_view> locked_in_gpt(Bytes layer, std::uint64_t sector_bytes) {
  const auto header_at = static_cast<std::size_t>(sector_bytes);
  if (!has_at(layer, header_at, "EFI PART"sv) || layer.size() - header_at < 92) return std::nullopt;
  const Bytes header = layer.subspan(header_at);
  const auto entries_at = little_endian<std::uint64_t>(header, 72);
  const auto count = little_endian<std::uint32_t>(header, 80);
  const auto entry_bytes = little_endian<std::uint32_t>(header, 84);
  if (entries_at > layer.size() / sector_bytes || entry_bytes < 128) return std::nullopt;
  std::uint64_t at = entries_at * sector_bytes;
  for (std::size_t i = 0; i < kPartitionsMax && i < count; ++i, at += entry_bytes) {
    if (at >= layer.size() || layer.size() - at < 128) return std::nullopt;
    const Bytes entry = layer.subspan(static_cast<std::size_t>(at), 128);
    const auto first = little_endian<std::uint64_t>(entry, 32);
    if (first == 0 || first > layer.size() / sector_bytes) continue;
    if (auto name = locked_at(layer, first * sector_bytes)) return name;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> locked_volume(Bytes layer) {
  if (auto name = locked_at(layer, 0)) return name;
  if (auto name = locked_in_gpt(layer, kSectorBytes)) return name;
  if (auto name = locked_in_gpt(layer, kLargeSectorBytes)) return name;
  return locked_in_mbr(layer);
}

}  // namespace cordon
