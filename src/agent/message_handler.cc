#include "agent/message_handler.h"

#include <algorithm>

#include "core/dead_letter_reason.h"

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

// The claim with only these records of its message; none named: with all.
Claim left_of(Claim claim, const std::vector<std::size_t>& places) {
  if (places.empty()) return claim;
  Result<std::string> rest = only_records(claim.body, places);
  if (rest) claim.body = *std::move(rest);  // Else all of it: nothing is lost that way.
  return claim;
}

}  // namespace

std::chrono::seconds retry_visibility(int receive_count, Random& random) {
  const int doublings = std::clamp(receive_count, 0, 10);
  const auto jitter = static_cast<std::int64_t>(random.unit() * 10.0);
  return std::min(kRetryMax, std::chrono::seconds((std::int64_t{10} << doublings) + jitter));
}

Deadline MessageHandler::call_limit() const { return Deadline::after(ports_.clock, kCallMax); }

Settled MessageHandler::deliver(const Claim& claim, SteadyTime received, std::stop_token stop) {
  Claims::Hold hold = ports_.claims.keep(claim, received, std::move(stop));
  const Carried carried = carry_all(claim, hold.stop());
  const Kind kind = carried.outcome.kind;
  const bool lost = hold.lost();
  hold.release();  // From here on nobody extends the claim behind our back.
  if (kind == Kind::abandoned) return Settled::abandoned;
  if (lost && !is_final(kind)) return Settled::lost;
  return settle(claim, carried);
}

MessageHandler::Carried MessageHandler::carry_all(const Claim& claim, std::stop_token stop) {
  if (ports_.observer.before(Step::decode, nullptr) == Proceed::abandon) {
    return {.outcome = {.kind = Kind::abandoned}};
  }
  const Result<DecodedMessage> decoded = decode_message(claim.body, options_.decode);
  if (!decoded) {
    return {
        .outcome = {.kind = Kind::dead_letter, .why = not_understood_reason(decoded.error().what)}};
  }
  if (const auto* ignored = std::get_if<IgnoredMessage>(&*decoded)) {
    ports_.metrics.count("cordon_messages_ignored_total");
    ports_.log.debug("message.ignored", {{"message", claim.message_id}, {"why", ignored->why}});
    return {.outcome = {.kind = Kind::done}};
  }
  return carry_records(claim, std::get<EventRecords>(*decoded), std::move(stop));
}

MessageHandler::Carried MessageHandler::carry_records(const Claim& claim,
                                                      const EventRecords& records,
                                                      std::stop_token stop) {
  const Delivery delivery{.attempt = claim.receive_count, .sent_at = claim.sent_at};
  Carried carried{.outcome = {.kind = Kind::done}};
  ObjectOutcome& worst = carried.outcome;
  for (const BadRecord& bad : records.bad) {
    ports_.metrics.count("cordon_records_refused_total");
    if (worst.kind == Kind::done) {
      worst = {.kind = Kind::dead_letter, .why = not_understood_reason(bad.why)};
    }
    carried.dead.push_back(bad.place);
  }
  // Bounded by kRecordsMax.
  for (std::size_t i = 0; i < records.events.size(); ++i) {
    const Deadline limit = Deadline::after(ports_.clock, options_.object_time_max);
    ObjectOutcome outcome = ports_.pipeline.carry(records.events[i], delivery, limit, stop);
    if (outcome.kind == Kind::dead_letter) carried.dead.push_back(records.places[i]);
    if (urgency(outcome.kind) > urgency(worst.kind)) worst = std::move(outcome);
    if (worst.kind == Kind::abandoned || worst.kind == Kind::cancelled) break;
  }
  // All of them: the message as it came says more.
  if (carried.dead.size() == records.events.size() + records.bad.size()) carried.dead.clear();
  std::sort(carried.dead.begin(), carried.dead.end());
  if (carried.dead.size() > 1 && worst.kind == Kind::dead_letter) {
    worst.why += " (and " + std::to_string(carried.dead.size() - 1) + " more of its records)";
  }
  return carried;
}

Settled MessageHandler::settle(const Claim& claim, const Carried& carried) {
  const ObjectOutcome& outcome = carried.outcome;
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
      return dead_letter(left_of(claim, carried.dead), outcome.why);
    case Kind::cancelled:
      give_back(claim);
      return Settled::given_back;
    case Kind::abandoned:
      return Settled::abandoned;
  }
  return Settled::abandoned;
}

Settled MessageHandler::acknowledge(const Claim& claim) {
  if (ports_.observer.before(Step::acknowledge, nullptr) == Proceed::abandon) {
    return Settled::abandoned;
  }
  const Result<void> done = ports_.queue.acknowledge(claim, call_limit(), std::stop_token());
  if (done) {
    ports_.metrics.count("cordon_messages_acknowledged_total");
  } else {
    // It comes again, and everything is found done.
    ports_.log.write_limited(LogLevel::warn, "message.not_acknowledged",
                             {{"message", claim.message_id}, {"error", done.error()}});
  }
  return Settled::acknowledged;
}

Settled MessageHandler::retry_later(const Claim& claim, const std::string& why) {
  if (claim.receive_count >= options_.receives_max) {
    return dead_letter(claim, given_up_reason(claim.receive_count, why));
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
Settled MessageHandler::postpone(const Claim& claim) {
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

Settled MessageHandler::dead_letter(const Claim& claim, const std::string& why) {
  const Result<void> moved = ports_.queue.dead_letter(claim, why, call_limit(), std::stop_token());
  if (!moved) {
    // It stays in the queue, which moves it itself after too many receives.
    ports_.log.write_limited(
        LogLevel::warn, "message.not_dead_lettered",
        {{"message", claim.message_id}, {"why", why}, {"error", moved.error()}});
    return Settled::retried;
  }
  ports_.metrics.count("cordon_messages_dead_lettered_total");
  // Whoever may send can send as many as he likes; the counter has them all.
  ports_.log.write_limited(LogLevel::warn, "message.dead_lettered",
                           {{"message", claim.message_id}, {"why", why}});
  return Settled::dead_lettered;
}

void MessageHandler::give_back(const Claim& claim) {
  const Result<void> given =
      ports_.queue.extend(claim, std::chrono::seconds(0), call_limit(), std::stop_token());
  ports_.metrics.count("cordon_messages_returned_total");
  if (!given) {
    ports_.log.debug("message.not_returned",
                     {{"message", claim.message_id}, {"error", given.error()}});
  }
}

}  // namespace cordon
