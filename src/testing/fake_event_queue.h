#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/event_queue.h"

namespace cordon {

/// A queue with visibility by the given clock, receive counts, stale receipts and dead letters, as
/// SQS has them. An empty queue makes `receive` wait until a message, a stop request, or the end of
/// the wait by that clock.
///
/// Threads: any.
class FakeEventQueue final : public EventQueue {
 public:
  enum class Call : unsigned char { receive, extend, acknowledge, dead_letter };
  struct Dead {
    std::string body;
    std::string reason;  ///< Empty: moved by the queue itself after too many receives.
  };

  explicit FakeEventQueue(const Clock& clock, int receives_max = 5)
      : clock_(clock), receives_max_(receives_max) {}

  std::string send(std::string body);
  /// Makes every message visible again at once, as when all claims had run out.
  void expire_claims();

  std::size_t size() const;     ///< Visible and claimed.
  std::size_t visible() const;  ///< Could be received now.
  std::vector<Dead> dead() const;
  int acknowledged() const;
  /// How long the claims of the message still last; nothing when it is visible or gone.
  std::optional<std::chrono::seconds> hidden_for(const std::string& message_id) const;
  /// Requests; several claims that are extended at once are one.
  int calls(Call call) const;

  void fail_next(Call call, Error error, int times = 1);
  /// Called before every call, outside the lock; an error becomes the result.
  void on_call(std::function<std::optional<Error>(Call)> hook);

  Result<std::vector<Claim>> receive(int count_max, std::chrono::seconds wait, Deadline deadline,
                                     std::stop_token stop) override;
  Result<void> extend(const Claim& claim, std::chrono::seconds visibility, Deadline deadline,
                      std::stop_token stop) override;
  std::vector<Result<void>> extend_all(std::span<const Claim> claims,
                                       std::chrono::seconds visibility, Deadline deadline,
                                       std::stop_token stop) override;
  Result<void> acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) override;
  Result<void> dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                           std::stop_token stop) override;

  static constexpr std::chrono::seconds kVisibility{120};

 private:
  struct Message {
    std::string body;
    SystemTime sent_at;
    int receives = 0;
    SteadyTime visible_at;
    std::string receipt = {};
  };

  std::optional<Error> enter(Call call, const std::stop_token& stop);
  std::vector<Claim> take(int count_max);
  bool any_visible() const;
  Message* held(const Claim& claim);
  Result<void> extend_held(const Claim& claim, std::chrono::seconds visibility);

  const Clock& clock_;
  const int receives_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::map<std::string, Message> messages_;
  std::vector<Dead> dead_;
  std::map<Call, std::deque<Error>> failures_;
  std::map<Call, int> calls_;
  std::function<std::optional<Error>(Call)> hook_;
  int acknowledged_ = 0;
  int counter_ = 0;
};

}  // namespace cordon
