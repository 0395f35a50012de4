#include "clamav/compound_directory.h"

#include <algorithm>

#include "clamav/layer_bytes.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 512;
constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kMiniSectorBytes = 64;
/// [MS-CFB] 2.1: what is larger is no sector but a mark (free, end of chain, table).
constexpr std::uint32_t kSectorMax = 0xFFFFFFFA;
/// Tables of what is looked for here are small; a file of the engine's size has one of 17 MB.
constexpr std::size_t kTableBytesMax = 64U << 20;
constexpr std::uint8_t kStream = 2;
constexpr std::uint8_t kRoot = 5;

std::uint64_t size_of(std::span<const Extent> places) {
  std::uint64_t bytes = 0;
  for (const Extent& place : places) bytes += place.bytes;
  return bytes;
}

}  // namespace

std::optional<CompoundDirectory> CompoundDirectory::open(Bytes bytes) {
  if (!begins_with(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv) || bytes.size() < kHeaderBytes) {
    return std::nullopt;
  }
  const auto shift = little_endian<std::uint16_t>(bytes, 30);
  if ((shift != 9 && shift != 12) || little_endian<std::uint16_t>(bytes, 32) != 6) {
    return std::nullopt;
  }
  CompoundDirectory file;
  file.bytes_ = bytes;
  file.sector_bytes_ = std::size_t{1} << shift;
  file.mini_cutoff_ = little_endian<std::uint32_t>(bytes, 56);
  if (!file.read_tables()) return std::nullopt;
  return file;
}

std::optional<Bytes> CompoundDirectory::sector(std::uint32_t number) const {
  const std::uint64_t at = (std::uint64_t{number} + 1) * sector_bytes_;
  if (number >= kSectorMax || at > bytes_.size() || bytes_.size() - at < sector_bytes_) {
    return std::nullopt;
  }
  return bytes_.subspan(static_cast<std::size_t>(at), sector_bytes_);
}

/// [MS-CFB] 2.3 to 2.6: the header and its chain list the sectors of the table, which says for each
/// sector which one follows it.
bool CompoundDirectory::read_tables() {
  std::vector<std::uint32_t> listed;
  for (std::size_t at = 76; at < kHeaderBytes; at += 4) {
    listed.push_back(little_endian<std::uint32_t>(bytes_, at));
  }
  const std::size_t sectors = bytes_.size() / sector_bytes_;
  auto next = little_endian<std::uint32_t>(bytes_, 68);
  for (std::size_t i = 0; next < kSectorMax; ++i) {
    const auto more = sector(next);
    if (!more || i > sectors) return false;
    for (std::size_t at = 0; at + 4 < sector_bytes_; at += 4) {
      listed.push_back(little_endian<std::uint32_t>(*more, at));
    }
    next = little_endian<std::uint32_t>(*more, sector_bytes_ - 4);
  }
  for (const std::uint32_t number : listed) {
    if (number >= kSectorMax) continue;
    const auto part = sector(number);
    if (!part || fat_.size() > sectors + sector_bytes_) return false;
    for (std::size_t at = 0; at < sector_bytes_; at += 4) {
      fat_.push_back(little_endian<std::uint32_t>(*part, at));
    }
  }
  Content directory = joined_chain(little_endian<std::uint32_t>(bytes_, 48), kTableBytesMax);
  Content mini_fat = joined_chain(little_endian<std::uint32_t>(bytes_, 60), kTableBytesMax);
  if (!directory || !mini_fat) return false;
  directory_ = *std::move(directory);
  mini_fat_ = *std::move(mini_fat);
  const std::vector<Entry> all = entries();
  const auto root = std::ranges::find(all, kRoot, &Entry::type);
  if (root == all.end()) return false;
  Places mini = chain(root->first, std::min<std::uint64_t>(root->bytes, kTableBytesMax));
  if (!mini) return false;
  mini_stream_ = *std::move(mini);
  mini_stream_bytes_ = size_of(mini_stream_);
  return true;
}

CompoundDirectory::Places CompoundDirectory::chain(std::uint32_t first, std::uint64_t bytes) const {
  std::vector<Extent> places;
  std::uint64_t taken = 0;
  std::uint32_t number = first;
  for (std::size_t i = 0; number < kSectorMax && taken < bytes; ++i) {
    const auto part = sector(number);
    if (!part || number >= fat_.size() || i > fat_.size()) return std::nullopt;
    const auto length = std::min<std::uint64_t>(part->size(), bytes - taken);
    places.push_back({.offset = (std::uint64_t{number} + 1) * sector_bytes_, .bytes = length});
    taken += length;
    number = fat_[number];
  }
  return places;
}

CompoundDirectory::Places CompoundDirectory::mini_chain(std::uint32_t first,
                                                        std::uint64_t bytes) const {
  std::vector<Extent> places;
  std::uint64_t taken = 0;
  std::uint32_t number = first;
  while (number < kSectorMax && taken < bytes) {
    const std::uint64_t at = std::uint64_t{number} * kMiniSectorBytes;
    if (at + kMiniSectorBytes > mini_stream_bytes_ ||
        (std::uint64_t{number} + 1) * 4 > mini_fat_.size() || taken > mini_stream_bytes_) {
      return std::nullopt;
    }
    // Sectors have a multiple of its size, so a small one lies in one of them.
    const Extent& around = mini_stream_[static_cast<std::size_t>(at / sector_bytes_)];
    const auto length = std::min<std::uint64_t>(kMiniSectorBytes, bytes - taken);
    places.push_back({.offset = around.offset + at % sector_bytes_, .bytes = length});
    taken += length;
    number = little_endian<std::uint32_t>(mini_fat_, std::size_t{number} * 4);
  }
  return places;
}

CompoundDirectory::Content CompoundDirectory::joined_chain(std::uint32_t first,
                                                           std::uint64_t bytes) const {
  const Places places = chain(first, bytes);
  if (!places) return std::nullopt;
  return joined(bytes_, *places);
}

std::vector<CompoundDirectory::Entry> CompoundDirectory::entries() const {
  std::vector<Entry> found;
  for (std::size_t at = 0; at + kEntryBytes <= directory_.size(); at += kEntryBytes) {
    const Bytes entry = Bytes(directory_).subspan(at, kEntryBytes);
    const auto name_bytes = little_endian<std::uint16_t>(entry, 64);
    if (name_bytes < 2 || name_bytes > 64) continue;
    const auto low = little_endian<std::uint32_t>(entry, 120);
    // 2.6.1: files with small sectors have no upper half, and may hold anything there.
    const auto size = sector_bytes_ == 512 ? low : little_endian<std::uint64_t>(entry, 120);
    found.push_back({.name = entry.first(name_bytes - 2U),
                     .type = std::to_integer<std::uint8_t>(entry[66]),
                     .first = little_endian<std::uint32_t>(entry, 116),
                     .bytes = size});
  }
  return found;
}

CompoundDirectory::Places CompoundDirectory::all_places(std::string_view name,
                                                        std::size_t bytes_max) const {
  const auto is_wanted = [&](const Entry& entry) {
    if (entry.type != kStream || entry.name.size() != 2 * name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (little_endian<std::uint16_t>(entry.name, 2 * i) != static_cast<unsigned char>(name[i])) {
        return false;
      }
    }
    return true;
  };
  const std::vector<Entry> all = entries();
  if (std::ranges::count_if(all, is_wanted) != 1) return std::nullopt;
  const Entry& entry = *std::ranges::find_if(all, is_wanted);
  if (entry.bytes > bytes_max) return std::nullopt;
  Places found = entry.bytes < mini_cutoff_ ? mini_chain(entry.first, entry.bytes)
                                            : chain(entry.first, entry.bytes);
  if (!found || size_of(*found) != entry.bytes) return std::nullopt;
  return found;
}

CompoundDirectory::Content CompoundDirectory::stream(std::string_view name,
                                                     std::size_t bytes_max) const {
  const Places found = all_places(name, bytes_max);
  if (!found) return std::nullopt;
  return joined(bytes_, *found);
}

CompoundDirectory::Places CompoundDirectory::places(std::string_view name,
                                                    std::size_t bytes_max) const {
  Places found = all_places(name, bytes_max);
  if (!found) return std::nullopt;
  std::vector<Extent> sorted = *found;
  std::ranges::sort(sorted, {}, &Extent::offset);
  const auto overlap = [](const Extent& one, const Extent& next) {
    return one.offset + one.bytes > next.offset;
  };
  if (std::ranges::adjacent_find(sorted, overlap) != sorted.end()) return std::nullopt;
  return found;
}

std::vector<std::byte> joined(Bytes bytes, std::span<const Extent> places) {
  std::vector<std::byte> out;
  for (const Extent& place : places) {
    const Bytes piece = bytes.subspan(static_cast<std::size_t>(place.offset),
                                      static_cast<std::size_t>(place.bytes));
    out.insert(out.end(), piece.begin(), piece.end());
  }
  return out;
}

}  // namespace cordon
