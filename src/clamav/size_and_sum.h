#pragma once

#include <compare>
#include <cstdint>

namespace cordon {

/// A size and a CRC-32: what some archives tell of a member's content.
struct SizeAndSum {
  std::uint64_t bytes = 0;
  std::uint32_t sum = 0;

  auto operator<=>(const SizeAndSum&) const = default;
};

/// The engine looks at no content of so few bytes; no signature is that short. So nobody waits for
/// one to be shown.
inline constexpr std::uint64_t kTinyBytes = 5;

}  // namespace cordon
