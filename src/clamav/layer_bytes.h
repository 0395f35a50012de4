#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cordon {

/// Reading fixed fields of a format. The callers have checked that the bytes are there.

inline bool begins_with(std::span<const std::byte> bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.first(mark.size()), std::as_bytes(std::span(mark)));
}

/// True when `mark` stands at `offset`; false also when the bytes end before.
inline bool has_at(std::span<const std::byte> bytes, std::size_t offset, std::string_view mark) {
  return bytes.size() >= offset && begins_with(bytes.subspan(offset), mark);
}

template <typename T>
T little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>(static_cast<std::uint64_t>(value) << 8U |
                           std::to_integer<std::uint64_t>(bytes[offset + i]));
  }
  return value;
}

template <typename T>
T big_endian(std::span<const std::byte> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(static_cast<std::uint64_t>(value) << 8U |
                           std::to_integer<std::uint64_t>(bytes[offset + i]));
  }
  return value;
}

/// The bytes as characters, for searching in text.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  // SAFETY: char may alias any object.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace cordon
