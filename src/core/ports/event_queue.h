#pragma once

#include <chrono>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/strong_id.h"

namespace cordon {

/// Names one receipt of one message; the newest receipt is the valid one.
using ReceiptHandle = StrongId<struct ReceiptHandleTag>;

/// The hold on one message: until it is acknowledged or its visibility runs out, no other agent
/// receives it (at-least-once: now and then one does).
struct Claim {
  std::string message_id;
  ReceiptHandle receipt;
  std::string body;       ///< Foreign bytes, at most 1 MiB.
  int receive_count = 1;  ///< 1 at the first delivery.
  SystemTime sent_at;     ///< When the queue took the message.
};

/// The queue that hands out work. Deliveries may repeat and come in any order.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (what
/// the caller may not do, and the permission that it lacks), not_found (no such queue).
class EventQueue {
 public:
  virtual ~EventQueue() = default;

  /// Receives 1 to `count_max` messages (at most 10), or none when nothing came within `wait`.
  /// Blocks: up to `wait` (long poll, at most 20 s); a stop request ends the wait at once.
  virtual Result<std::vector<Claim>> receive(int count_max, std::chrono::seconds wait,
                                             Deadline deadline, std::stop_token stop) = 0;

  /// Makes the claim last `visibility` from now; zero gives the message back to everyone.
  /// Errors: also `changed`: the claim is no longer ours.
  virtual Result<void> extend(const Claim& claim, std::chrono::seconds visibility,
                              Deadline deadline, std::stop_token stop) = 0;

  /// The same for at most 10 claims at once: what became of each, in their order.
  virtual std::vector<Result<void>> extend_all(std::span<const Claim> claims,
                                               std::chrono::seconds visibility, Deadline deadline,
                                               std::stop_token stop) = 0;

  /// The message is done for good. Succeeds also when it was done before.
  virtual Result<void> acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) = 0;

  /// Puts the message, with `reason` as its attribute `cordon-reason`, into the dead letters and
  /// then acknowledges it here. Never acknowledges what the dead letters did not take.
  virtual Result<void> dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                                   std::stop_token stop) = 0;
};

}  // namespace cordon
