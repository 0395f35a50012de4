#pragma once

#include <cstdint>

namespace cordon {

/// A source of randomness, injected so that tests pin exact values.
///
/// Threads: any.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 uniformly distributed bits.
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// The kernel's random numbers (getrandom).
class KernelRandom final : public Random {
 public:
  std::uint64_t next() override;
};

}  // namespace cordon
