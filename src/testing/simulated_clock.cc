#include "testing/simulated_clock.h"

#include <algorithm>

namespace cordon {
namespace {

// Both clocks start at a moment that is far from zero, so that forgotten offsets show.
constexpr SteadyTime kSteadyStart{std::chrono::hours(1000)};
constexpr SystemTime kSystemStart{std::chrono::seconds(1795362633)};

}  // namespace

SystemTime SimulatedClock::system_now() const {
  std::lock_guard lock(mutex_);
  return kSystemStart + std::chrono::duration_cast<SystemTime::duration>(elapsed_);
}

SteadyTime SimulatedClock::steady_now() const {
  std::lock_guard lock(mutex_);
  return kSteadyStart + elapsed_;
}

bool SimulatedClock::wait_until(SteadyTime time, std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  waits_.push_back(time - (kSteadyStart + elapsed_));
  if (mode_ == Mode::jump) {
    if (stop.stop_requested()) return false;
    elapsed_ = std::max(elapsed_, time - kSteadyStart);
    return true;
  }
  ++waiting_;
  changed_.notify_all();
  const bool reached = changed_.wait(lock, stop, [&] { return kSteadyStart + elapsed_ >= time; });
  --waiting_;
  return reached && !stop.stop_requested();
}

void SimulatedClock::advance(std::chrono::steady_clock::duration by) {
  {
    std::lock_guard lock(mutex_);
    elapsed_ += by;
  }
  changed_.notify_all();
}

void SimulatedClock::until_waiting(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ >= count; });
}

std::vector<std::chrono::steady_clock::duration> SimulatedClock::waits() const {
  std::lock_guard lock(mutex_);
  return waits_;
}

}  // namespace cordon
