#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// The disk space that all slots together may use for staged objects. It is handed out in the order
/// of asking, so that many small objects cannot keep a large one waiting for ever.
///
/// Threads: any.
class SpoolBudget {
 public:
  /// A part of the budget; comes back when it goes.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept;
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { release(); }
    std::uint64_t bytes() const { return bytes_; }

   private:
    friend class SpoolBudget;
    Reservation(SpoolBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    void release() noexcept;

    SpoolBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  explicit SpoolBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  std::uint64_t bytes_max() const { return bytes_max_; }
  std::uint64_t bytes_held() const;
  /// How many `acquire` calls are blocked now.
  std::size_t waiting() const;

  /// At once or not at all; not past those who wait.
  std::optional<Reservation> try_acquire(std::uint64_t bytes);

  /// Blocks: until `bytes` are free and everybody who asked before was served, the deadline, or a
  /// stop request. Errors: invalid (more than the whole budget), timeout, cancelled.
  Result<Reservation> acquire(std::uint64_t bytes, Deadline deadline, std::stop_token stop);

 private:
  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t held_ = 0;
  std::list<int> waiting_;  ///< Whoever is first is served first.
};

}  // namespace cordon
