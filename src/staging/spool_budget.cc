#include "staging/spool_budget.h"

#include <utility>

namespace cordon {

SpoolBudget::Reservation::Reservation(Reservation&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

SpoolBudget::Reservation& SpoolBudget::Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void SpoolBudget::Reservation::release() noexcept {
  if (budget_ == nullptr) return;
  {
    std::lock_guard lock(budget_->mutex_);
    budget_->held_ -= bytes_;
  }
  budget_->changed_.notify_all();
  budget_ = nullptr;
  bytes_ = 0;
}

std::uint64_t SpoolBudget::bytes_held() const {
  std::lock_guard lock(mutex_);
  return held_;
}

std::size_t SpoolBudget::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::optional<SpoolBudget::Reservation> SpoolBudget::try_acquire(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (!waiting_.empty() || bytes > bytes_max_ - held_) return std::nullopt;
  held_ += bytes;
  return Reservation(*this, bytes);
}

Result<SpoolBudget::Reservation> SpoolBudget::acquire(std::uint64_t bytes, Deadline deadline,
                                                      std::stop_token stop) {
  if (bytes > bytes_max_) return Error{Errc::invalid, "more than the whole spool budget"};
  std::unique_lock lock(mutex_);
  const auto me = waiting_.insert(waiting_.end(), 0);
  const auto served = [&] { return waiting_.begin() == me && bytes_max_ - held_ >= bytes; };
  bool is_served = false;
  if (deadline.is_never()) {
    is_served = changed_.wait(lock, stop, served);
  } else {
    is_served = changed_.wait_until(lock, stop, deadline.time(), served);
  }
  waiting_.erase(me);
  if (is_served) held_ += bytes;
  lock.unlock();
  changed_.notify_all();  // Somebody else is first now.
  if (is_served) return Reservation(*this, bytes);
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for spool space"};
  return Error{Errc::timeout, "no spool space became free in time"};
}

}  // namespace cordon
