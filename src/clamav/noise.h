#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when the bytes look like noise from the first on, as what is encrypted without any mark
/// does: in the first 4,096 and in up to 1 MiB taken evenly from everything, all 256 values are
/// about equally frequent. What begins like the head of a format is not noise.
///
/// False below kNoiseBytesMin: few bytes prove nothing. Pure; looks at 1 MiB at most.
bool is_noise(std::span<const std::byte> bytes);

inline constexpr std::size_t kNoiseBytesMin = 64U << 10;

}  // namespace cordon
