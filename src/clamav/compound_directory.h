#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "clamav/zip_directory.h"

namespace cordon {

/// Reads the streams of a compound file ([MS-CFB]), as an Office program would, by its tables.
///
/// Every step is checked against the file; chains that lead out of it, or in circles, end the
/// reading. The bytes must outlive the object.
class CompoundDirectory {
 public:
  /// Nothing when the bytes are no compound file, or its tables are damaged.
  static std::optional<CompoundDirectory> open(std::span<const std::byte> bytes);

  /// The content of the one stream with this name (ASCII), in any storage. Nothing when there is
  /// none, or more than one, or it is damaged, or has more than `bytes_max`.
  std::optional<std::vector<std::byte>> stream(std::string_view name, std::size_t bytes_max) const;
  /// Where in the file that content lies, piece by piece. Nothing also when pieces overlap.
  std::optional<std::vector<Extent>> places(std::string_view name, std::size_t bytes_max) const;

 private:
  struct Entry {
    std::span<const std::byte> name;
    std::uint8_t type = 0;
    std::uint32_t first = 0;
    std::uint64_t bytes = 0;
  };
  using Content = std::optional<std::vector<std::byte>>;
  using Places = std::optional<std::vector<Extent>>;

  std::optional<std::span<const std::byte>> sector(std::uint32_t number) const;
  bool read_tables();
  /// The sectors from `first` on, up to `bytes`.
  Places chain(std::uint32_t first, std::uint64_t bytes) const;
  Places mini_chain(std::uint32_t first, std::uint64_t bytes) const;
  Content joined_chain(std::uint32_t first, std::uint64_t bytes) const;
  Places all_places(std::string_view name, std::size_t bytes_max) const;
  std::vector<Entry> entries() const;

  std::span<const std::byte> bytes_;
  std::size_t sector_bytes_ = 512;
  std::uint32_t mini_cutoff_ = 4096;
  std::vector<std::uint32_t> fat_ = {};
  std::vector<std::byte> directory_ = {};
  std::vector<std::byte> mini_fat_ = {};
  std::vector<Extent> mini_stream_ = {};  ///< Its sectors.
  std::uint64_t mini_stream_bytes_ = 0;
};

/// The pieces, which lie in `bytes`, one behind the other.
std::vector<std::byte> joined(std::span<const std::byte> bytes, std::span<const Extent> places);

}  // namespace cordon
