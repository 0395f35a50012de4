#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace cordon {

/// Time that a test moves by hand. Starts at 2026-11-22T15:50:33Z.
///
/// Mode::manual: a wait blocks until the test advances past its end, or a stop request.
/// Mode::jump: a wait ends at once and moves the time to its end, so that a backoff takes no time.
///
/// Threads: any.
class SimulatedClock final : public Clock {
 public:
  enum class Mode : unsigned char { manual, jump };

  explicit SimulatedClock(Mode mode = Mode::jump) : mode_(mode) {}

  SystemTime system_now() const override;
  SteadyTime steady_now() const override;
  bool wait_until(SteadyTime time, std::stop_token stop) const override;

  void advance(std::chrono::steady_clock::duration by);
  /// Blocks until `count` threads wait (manual mode): then nothing moves until `advance`.
  void until_waiting(std::size_t count) const;
  /// The lengths of all waits so far, in order.
  std::vector<std::chrono::steady_clock::duration> waits() const;

 private:
  const Mode mode_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  mutable std::chrono::steady_clock::duration elapsed_{0};
  mutable std::size_t waiting_ = 0;
  mutable std::vector<std::chrono::steady_clock::duration> waits_;
};

}  // namespace cordon
