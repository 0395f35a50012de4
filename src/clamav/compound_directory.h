#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

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

 private:
  struct Entry {
    std::span<const std::byte> name;
    std::uint8_t type = 0;
    std::uint32_t first = 0;
    std::uint64_t bytes = 0;
  };
  using Content = std::optional<std::vector<std::byte>>;

  std::optional<std::span<const std::byte>> sector(std::uint32_t number) const;
  bool read_tables();
  /// The sectors from `first` on, joined, up to `bytes`.
  Content chain(std::uint32_t first, std::uint64_t bytes) const;
  Content mini_chain(std::uint32_t first, std::uint64_t bytes) const;
  std::vector<Entry> entries() const;

  std::span<const std::byte> bytes_;
  std::size_t sector_bytes_ = 512;
  std::uint32_t mini_cutoff_ = 4096;
  std::vector<std::uint32_t> fat_ = {};
  std::vector<std::byte> directory_ = {};
  std::vector<std::byte> mini_fat_ = {};
  std::vector<std::byte> mini_stream_ = {};
};

}  // namespace cordon
