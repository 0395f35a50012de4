#include "clamav/noise.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

/// How often each value is seen.
class Frequencies {
 public:
  void count(Bytes bytes) {
    for (const std::byte byte : bytes) ++seen_[std::to_integer<std::size_t>(byte)];
    total_ += bytes.size();
  }

  /// Pearson's chi-squared test with 255 degrees of freedom: for noise 255 with a standard
  /// deviation of 22.6. Seven of them away: one sample of noise in some 10^10 is not taken for it.
  bool are_even() const {
    constexpr double kMost = 255 + 7 * 22.6;
    const double expected = static_cast<double>(total_) / static_cast<double>(seen_.size());
    double sum = 0;
    for (const std::uint64_t count : seen_) {
      const double off = static_cast<double>(count) - expected;
      sum += off * off / expected;
    }
    return sum < kMost;
  }

 private:
  std::array<std::uint64_t, 256> seen_{};
  std::uint64_t total_ = 0;
};

/// Formats begin with a mark, and with sizes and versions that are mostly zeros. Noise is taken for
/// one once in some 2,000 times.
bool has_head(Bytes bytes) {
  constexpr std::size_t kHeadBytes = 64;
  const auto zeros = std::ranges::count(bytes.first(kHeadBytes), std::byte{0});
  const bool has_mark = std::ranges::all_of(bytes.first(4), [](std::byte byte) {
    return byte >= std::byte{' '} && byte < std::byte{0x7F};
  });
  return zeros >= 4 || (has_mark && zeros >= 2);
}

}  // namespace

bool is_noise(Bytes bytes) {
  constexpr std::size_t kHeadBytes = 4096;
  constexpr std::size_t kPieces = 16;
  constexpr std::size_t kPieceBytesMax = 64U << 10;
  if (bytes.size() < kNoiseBytesMin || has_head(bytes)) return false;
  Frequencies head;
  head.count(bytes.first(kHeadBytes));
  if (!head.are_even()) return false;
  Frequencies all;
  const std::size_t step = bytes.size() / kPieces;
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    all.count(bytes.subspan(piece * step, std::min(step, kPieceBytesMax)));
  }
  return all.are_even();
}

}  // namespace cordon
