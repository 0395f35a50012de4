#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"

namespace cordon {

/// How one kind of call is repeated. The defaults are the "standard" mode that AWS SDKs have used
/// by default since November 2026: 3 attempts, full jitter, 50 ms base (1 s when throttled), 20 s
/// cap.
struct RetryPolicy {
  int attempts_max = 3;
  std::chrono::milliseconds base{50};
  std::chrono::milliseconds base_throttled{1000};
  std::chrono::milliseconds cap{20'000};
};

/// Bounds retries across all calls of one client, so that an outage is not answered with a storm.
/// Every retry takes tokens (14; 5 when throttled) and every success at the first attempt gives one
/// back. Threads: any.
class RetryBudget {
 public:
  explicit RetryBudget(int capacity = 500) : capacity_(capacity), tokens_(capacity) {}
  bool take(Errc cause);
  void refund(int tokens);
  static int cost(Errc cause) { return cause == Errc::throttled ? 5 : 14; }

 private:
  const int capacity_;
  Guarded<int> tokens_;
};

/// What the one retry loop needs. All references outlive the call.
struct RetryContext {
  const RetryPolicy& policy;
  RetryBudget& budget;
  const Clock& clock;
  Random& random;
  Deadline deadline;
  std::stop_token stop;
  /// The least wait that the other side asked for in its last answer (Retry-After), as the attempt
  /// left it there; never more than the policy's cap is heeded. Null: it never asks.
  const std::chrono::milliseconds* asked_delay = nullptr;
};

/// True for timeout, unavailable and throttled.
bool is_transient(Errc code);

/// How long to wait before attempt `attempt + 1` (attempt counts from 1): full jitter.
std::chrono::milliseconds retry_delay(const RetryPolicy& policy, Errc cause, int attempt,
                                      Random& random);

/// After a failed attempt: waits and returns true when another one should follow; false when the
/// error is final, attempts, budget or deadline are used up, or a stop was requested.
bool should_retry(const RetryContext& context, const Error& error, int attempt);

/// The only retry loop. `attempt(int n)` is called with n = 1, 2, ... and tries once.
template <typename Attempt>
auto retry(const RetryContext& context, Attempt&& attempt) -> decltype(attempt(1)) {
  for (int n = 1;; ++n) {
    auto result = attempt(n);
    if (result) {
      context.budget.refund(1);
      return result;
    }
    if (!should_retry(context, result.error(), n)) return result;
  }
}

}  // namespace cordon
