#pragma once

#include <chrono>
#include <stop_token>

namespace cordon {

/// Wall time: to show, to sign, to compare with other machines. UTC.
using SystemTime = std::chrono::system_clock::time_point;
/// Monotonic time: to measure and to wait.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The only source of time, and the only way to sleep. Tests use SimulatedClock (src/testing).
///
/// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SystemTime system_now() const = 0;
  virtual SteadyTime steady_now() const = 0;

  /// Blocks until `time` or a stop request. Returns true when `time` was reached, false when
  /// stopped.
  virtual bool wait_until(SteadyTime time, std::stop_token stop) const = 0;

  bool wait_for(std::chrono::steady_clock::duration duration, std::stop_token stop) const {
    return wait_until(steady_now() + duration, std::move(stop));
  }
};

/// The machine's clocks.
class RealClock final : public Clock {
 public:
  SystemTime system_now() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  bool wait_until(SteadyTime time, std::stop_token stop) const override;
};

}  // namespace cordon
