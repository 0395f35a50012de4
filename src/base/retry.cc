#include "base/retry.h"

#include <algorithm>

namespace cordon {

bool RetryBudget::take(Errc cause) {
  return tokens_.with([&](int& tokens) {
    if (tokens < cost(cause)) return false;
    tokens -= cost(cause);
    return true;
  });
}

void RetryBudget::refund(int tokens) {
  tokens_.with([&](int& have) { have = std::min(capacity_, have + tokens); });
}

bool is_transient(Errc code) {
  switch (code) {
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::throttled:
      return true;
    case Errc::cancelled:
    case Errc::not_found:
    case Errc::denied:
    case Errc::changed:
    case Errc::invalid:
    case Errc::worker_died:
      return false;
  }
  return false;
}

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, Errc cause, int attempt,
                                      Random& random) {
  const auto base = cause == Errc::throttled ? policy.base_throttled : policy.base;
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const auto ceiling = std::min(policy.cap, base * (std::int64_t{1} << doublings));
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * random.unit()));
}

bool should_retry(const RetryContext& context, const Error& error, int attempt) {
  if (!is_transient(error.code) || attempt >= context.policy.attempts_max) return false;
  if (context.stop.stop_requested() || !context.budget.take(error.code)) return false;
  auto delay = retry_delay(context.policy, error.code, attempt, context.random);
  if (context.asked_delay != nullptr) {
    delay = std::max(delay, std::min(*context.asked_delay, context.policy.cap));
  }
  if (context.deadline.left(context.clock) <= delay) return false;
  return context.clock.wait_for(delay, context.stop);
}

}  // namespace cordon
