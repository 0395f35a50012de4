#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace cordon {

/// The moment by which an operation must be over. Made once at the edge, passed by value, never
/// lengthened on the way down: a callee may only shorten it with `at_most`.
class Deadline {
 public:
  using Duration = std::chrono::steady_clock::duration;

  static Deadline never() { return Deadline(std::nullopt); }
  static Deadline at(SteadyTime time) { return Deadline(time); }
  static Deadline after(const Clock& clock, Duration duration) {
    return Deadline(clock.steady_now() + duration);
  }

  /// The sooner of this deadline and `duration` from now.
  Deadline at_most(const Clock& clock, Duration duration) const {
    const SteadyTime other = clock.steady_now() + duration;
    return Deadline(time_ ? std::min(*time_, other) : other);
  }

  bool is_never() const { return !time_; }
  bool passed(const Clock& clock) const { return time_ && clock.steady_now() >= *time_; }
  /// The moment; the end of time for never().
  SteadyTime time() const { return time_.value_or(SteadyTime::max()); }

  /// Time left, at least zero; `ceiling` for never() and for anything longer.
  Duration left(const Clock& clock, Duration ceiling = std::chrono::hours(24)) const {
    if (!time_) return ceiling;
    return std::clamp(*time_ - clock.steady_now(), Duration::zero(), ceiling);
  }
  /// The same in milliseconds, rounded up so that a poll never spins, for C interfaces.
  int left_ms(const Clock& clock, Duration ceiling = std::chrono::hours(24)) const {
    return static_cast<int>(
        std::chrono::ceil<std::chrono::milliseconds>(left(clock, ceiling)).count());
  }

 private:
  explicit Deadline(std::optional<SteadyTime> time) : time_(time) {}

  std::optional<SteadyTime> time_;
};

}  // namespace cordon
