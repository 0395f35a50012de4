#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cordon {

/// A few fixed bytes by which a format is known, and which of them is the rarest: every layer is
/// searched for these, so the search goes from one such byte to the next, which the C library does
/// some 30 times faster than a comparison at each place.
struct Mark {
  std::string_view bytes;
  std::size_t rare = 0;  ///< Index into `bytes`.
};

/// The first place at or behind `from`.
std::optional<std::size_t> find_mark(std::span<const std::byte> in, const Mark& mark,
                                     std::size_t from = 0);
/// The last place in front of `before`.
std::optional<std::size_t> find_last_mark(std::span<const std::byte> in, const Mark& mark,
                                          std::size_t before);

}  // namespace cordon
