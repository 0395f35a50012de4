#include "agent/courier.h"

#include <algorithm>

namespace cordon {
namespace {

using Kind = ObjectOutcome::Kind;

constexpr std::chrono::seconds kCallMax{30};
constexpr std::chrono::seconds kRetryMax{900};
constexpr std::chrono::seconds kPostponement{15};

// The outcome of a message is that of the record which needs the message most.
int urgency(Kind kind) {
  switch (kind) {
    case Kind::done:
    case Kind::excluded:
    case Kind::duplicate:
    case Kind::superseded:
      return 0;
    case Kind::dead_letter:
      return 1;
    case Kind::postponed:
      return 2;
    case Kind::retry_later:
      return 3;
    case Kind::cancelled:
      return 4;
    case Kind::abandoned:
      return 5;
  }
  return 5;
}

}  // namespace

std::chrono::seconds retry_visibility(int receive_count, Random& random) {
  const int doublings = std::clamp(receive_count, 0, 10);
  const auto jitter = static_cast<std::int64_t>(random.unit() * 10.0);
  return std::min(kRetryMax, std::chrono::seconds((std::int64_t{10} << doublings) + jitter));
}

Deadline Courier::call_limit() const { return Deadline::after(ports_.clock, kCallMax); }

Settled Courier::deliver(const Claim& claim, SteadyTime received, std::stop_token stop) {
  Claims::Hold hold = ports_.claims.keep(claim, received, std::move(stop));
  const ObjectOutcome outcome = carry_all(claim, hold.stop());
  const bool lost = hold.lost();
  hold.release();  // From here on nobody extends the claim behind our back.
  if (outcome.kind == Kind::abandoned) return Settled::abandoned;
  if (lost && !is_final(outcome.kind)) return Settled::lost;
  return settle(claim, outcome);
}

ObjectOutcome Courier::carry_all(const Claim& claim, std::stop_token stop) {
  if (ports_.observer.before(Step::decode, nullptr) == Proceed::abandon) {
    return {.kind = Kind::abandoned};
  }
  const Result<DecodedMessage> decoded = decode_message(claim.body, options_.decode);
  if (!decoded) {
    return {.kind = Kind::dead_letter, .why = "not understood: " + decoded.error().what};
  }
  if (const auto* ignored = std::get_if<IgnoredMessage>(&*decoded)) {
    ports_.metrics.count("cordon_messages_ignored_total");
    ports_.log.debug("message.ignored", {{"message", claim.message_id}, {"why", ignored->why}});
    return {.kind = Kind::done};
  }
  const Delivery delivery{.attempt = claim.receive_count, .sent_at = claim.sent_at};
  ObjectOutcome worst{.kind = Kind::done};
  // Bounded by kRecordsMax.
  for (const ObjectEvent& event : std::get<std::vector<ObjectEvent>>(*decoded)) {
    const Deadline limit = Deadline::after(ports_.clock, options_.object_time_max);
    ObjectOutcome outcome = ports_.pipeline.carry(event, delivery, limit, stop);
    if (urgency(outcome.kind) > urgency(worst.kind)) worst = std::move(outcome);
    if (worst.kind == Kind::abandoned || worst.kind == Kind::cancelled) break;
  }
  return worst;
}

Settled Courier::settle(const Claim& claim, const ObjectOutcome& outcome) {
  switch (outcome.kind) {
    case Kind::done:
    case Kind::excluded:
    case Kind::duplicate:
    case Kind::superseded:
      return acknowledge(claim);
    case Kind::postponed:
      return postpone(claim);
    case Kind::retry_later:
      return retry_later(claim, outcome.why);
    case Kind::dead_letter:
      return dead_letter(claim, outcome.why);
    case Kind::cancelled:
      give_back(claim);
      return Settled::given_back;
    case Kind::abandoned:
      return Settled::abandoned;
  }
  return Settled::abandoned;
}

Settled Courier::acknowledge(const Claim& claim) {
  if (ports_.observer.before(Step::acknowledge, nullptr) == Proceed::abandon) {
    return Settled::abandoned;
  }
  const Result<void> done = ports_.queue.acknowledge(claim, call_limit(), std::stop_token());
  if (done) {
    ports_.metrics.count("cordon_messages_acknowledged_total");
  } else {
    // It comes again, and everything is found done.
    ports_.log.warn("message.not_acknowledged",
                    {{"message", claim.message_id}, {"error", done.error()}});
  }
  return Settled::acknowledged;
}

Settled Courier::retry_later(const Claim& claim, const std::string& why) {
  if (claim.receive_count >= options_.receives_max) {
    return dead_letter(
        claim, "given up after " + std::to_string(claim.receive_count) + " deliveries: " + why);
  }
  const std::chrono::seconds wait = retry_visibility(claim.receive_count, ports_.random);
  const Result<void> set = ports_.queue.extend(claim, wait, call_limit(), std::stop_token());
  ports_.metrics.count("cordon_messages_retried_total");
  if (!set) {
    ports_.log.debug("message.not_postponed",
                     {{"message", claim.message_id}, {"error", set.error()}});
  }
  return Settled::retried;
}

// Longer than the pause between two looks at a bucket, so that the next delivery gets an answer.
Settled Courier::postpone(const Claim& claim) {
  // While nothing can be found out, as long as after failures: the deliveries are numbered.
  const std::chrono::seconds wait = claim.receive_count <= 1
                                        ? kPostponement
                                        : retry_visibility(claim.receive_count, ports_.random);
  const Result<void> set = ports_.queue.extend(claim, wait, call_limit(), std::stop_token());
  ports_.metrics.count("cordon_messages_postponed_total");
  if (!set) {
    ports_.log.debug("message.not_postponed",
                     {{"message", claim.message_id}, {"error", set.error()}});
  }
  return Settled::postponed;
}

Settled Courier::dead_letter(const Claim& claim, const std::string& why) {
  const Result<void> moved = ports_.queue.dead_letter(claim, why, call_limit(), std::stop_token());
  if (!moved) {
    // It stays in the queue, which moves it itself after too many receives.
    ports_.log.warn("message.not_dead_lettered",
                    {{"message", claim.message_id}, {"why", why}, {"error", moved.error()}});
    return Settled::retried;
  }
  ports_.metrics.count("cordon_messages_dead_lettered_total");
  ports_.log.warn("message.dead_lettered", {{"message", claim.message_id}, {"why", why}});
  return Settled::dead_lettered;
}

void Courier::give_back(const Claim& claim) {
  const Result<void> given =
      ports_.queue.extend(claim, std::chrono::seconds(0), call_limit(), std::stop_token());
  ports_.metrics.count("cordon_messages_returned_total");
  if (!given) {
    ports_.log.debug("message.not_returned",
                     {{"message", claim.message_id}, {"error", given.error()}});
  }
}

}  // namespace cordon
