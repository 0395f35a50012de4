#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Lets one thread through at a time, like a mutex, but the wait for it ends at a deadline and at a
/// stop request: for sections that themselves wait for another process.
///
/// Threads: any.
class Turnstile {
 public:
  class Turn {
   public:
    explicit Turn(Turnstile& turnstile) : turnstile_(&turnstile) {}
    Turn(Turn&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turnstile_ != nullptr) turnstile_->leave();
    }

   private:
    Turnstile* turnstile_;
  };

  /// Errors: timeout, cancelled.
  Result<Turn> enter(Deadline deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto free = [this] { return !taken_; };
    const bool entered = deadline.is_never() ? free_.wait(lock, stop, free)
                                             : free_.wait_until(lock, stop, deadline.time(), free);
    if (!entered) {
      if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for a turn"};
      return Error{Errc::timeout, "no turn in time"};
    }
    taken_ = true;
    return Turn(*this);
  }

  /// At once or not at all.
  std::optional<Turn> try_enter() {
    std::lock_guard lock(mutex_);
    if (std::exchange(taken_, true)) return std::nullopt;
    return std::optional<Turn>(std::in_place, *this);
  }

 private:
  void leave() {
    {
      std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any free_;
  bool taken_ = false;
};

}  // namespace cordon
