#pragma once

#include <atomic>

#include "base/random.h"

namespace cordon {

/// The same numbers in every run (splitmix64). Threads: any.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}

  std::uint64_t next() override {
    std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15U) + 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace cordon
