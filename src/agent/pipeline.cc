#include "agent/pipeline.h"

#include "agent/object_handler.h"
#include "core/dead_letter_reason.h"

namespace cordon {
namespace {

// An unversioned object that is overwritten again and again while it is being tagged. Each time
// must hit the moment between two requests, and every new object has an event of its own as well.
// But the one at which we stop could have lost the tags that another agent gave it.
constexpr int kRacesMax = 20;
// Deliveries that wait for a file which its gateway has announced: over a minute in all.
constexpr int kLooksForAnUpload = 2;
// For finding out whether a bucket is protected.
constexpr std::chrono::seconds kLookMax{30};

using Kind = ObjectOutcome::Kind;

std::string text_of(const Error& error) {
  return std::string(name_of(error.code)) + ": " + error.what;
}

/// Why an upload's place is not known. Only what will be so the next time as well is final.
ObjectOutcome not_located(const Error& error) {
  Kind kind = Kind::retry_later;
  if (error.code == Errc::cancelled) kind = Kind::cancelled;
  if (error.code == Errc::invalid) kind = Kind::dead_letter;
  return {.kind = kind, .why = text_of(error)};
}

// Some stores call themselves by another's name and write keys in another way. A second look loses
// nothing: it is pinned by the same version or ETag.
ObjectEvent spelled_otherwise(const ObjectEvent& event) {
  ObjectEvent other = event;
  other.object.key = *event.key_spelled_otherwise;
  other.key_spelled_otherwise.reset();
  return other;
}

bool is_about_an_object(const ObjectOutcome& outcome) {
  return outcome.kind != Kind::superseded && outcome.kind != Kind::excluded &&
         outcome.kind != Kind::dead_letter;
}

}  // namespace

bool is_final(Kind kind) {
  switch (kind) {
    case Kind::done:
    case Kind::excluded:
    case Kind::duplicate:
    case Kind::superseded:
      return true;
    case Kind::postponed:
    case Kind::retry_later:
    case Kind::dead_letter:
    case Kind::cancelled:
    case Kind::abandoned:
      return false;
  }
  return false;
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::done:
      return "done";
    case Kind::excluded:
      return "excluded";
    case Kind::duplicate:
      return "duplicate";
    case Kind::superseded:
      return "superseded";
    case Kind::postponed:
      return "postponed";
    case Kind::retry_later:
      return "retry-later";
    case Kind::dead_letter:
      return "dead-letter";
    case Kind::cancelled:
      return "cancelled";
    case Kind::abandoned:
      return "abandoned";
  }
  return "unknown";
}

ObjectOutcome Pipeline::carry(const ObjectEvent& event, const Delivery& delivery, Deadline deadline,
                              std::stop_token stop) {
  ObjectOutcome outcome{.kind = Kind::duplicate};
  std::optional<ObjectEvent> carried;  // Where it is not the event as it came.
  if (event.upload) {
    outcome = carry_upload(event, delivery, deadline, std::move(stop));
  } else if (event.source == EventSource::retro || !finished_.contains(event)) {
    // Whoever asks for a scan knows that there was one, and that nothing is left of it.
    outcome = carry_permitted(event, delivery, deadline, stop);
    if (outcome.kind == Kind::superseded && event.key_spelled_otherwise) {
      ObjectEvent other = spelled_otherwise(event);
      ObjectOutcome found = carry_permitted(other, delivery, deadline, std::move(stop));
      if (is_about_an_object(found)) {
        tell_spelled_otherwise(other);
        carried = std::move(other);
        outcome = std::move(found);
      }
    }
    // Not what was superseded: perhaps another delivery of the same event moved the object away and
    // died, and when that one comes again it has to be reported.
    if (outcome.kind == Kind::done) finished_.add(event);
  }
  account_for(carried ? *carried : event, outcome, delivery.attempt);
  return outcome;
}

void Pipeline::tell_spelled_otherwise(const ObjectEvent& event) {
  ports_.metrics.count("cordon_keys_spelled_otherwise_total");
  ports_.log.write_limited(
      LogLevel::warn, "object.key_spelled_otherwise",
      {{"object", to_string(event.object)},
       {"advice",
        "the sender of these events does not write keys as its kind does: say with "
        "--event-keys how it does"}});
}

Pipeline::Permission Pipeline::permission(const ObjectEvent& event, const BucketName& bucket,
                                          const Delivery& delivery, Deadline deadline,
                                          std::stop_token stop) {
  const StandingQuestion question{.bucket = bucket,
                                  .told_at = delivery.sent_at,
                                  .by_gateway = event.upload.has_value(),
                                  .is_last = delivery.attempt >= options_.poison_receives};
  const Result<Standing> standing =
      ports_.buckets.standing(question, deadline.at_most(ports_.clock, kLookMax), std::move(stop));
  if (!standing) {
    const Error& error = standing.error();
    const std::string why = std::string(name_of(error.code)) + ": whether bucket " + bucket.str() +
                            " is protected: " + error.what;
    if (error.code == Errc::cancelled) return ObjectOutcome{.kind = Kind::cancelled, .why = why};
    if (error.code == Errc::not_found) return ObjectOutcome{.kind = Kind::superseded, .why = why};
    return ObjectOutcome{.kind = Kind::retry_later, .why = why};
  }
  const std::string named = not_protected_reason("bucket " + bucket.str());
  switch (*standing) {
    case Standing::is_protected:
      return Reach::routes;
    case Standing::unprotected:
      if (event.source == EventSource::retro) {
        return event.acts_anywhere ? Reach::routes : Reach::tags;
      }
      return ObjectOutcome{.kind = Kind::dead_letter, .why = named + " is not protected"};
    case Standing::own:
      return ObjectOutcome{.kind = Kind::dead_letter, .why = named + " is one of Cordon's own"};
    case Standing::ask_again:
      return ObjectOutcome{.kind = Kind::postponed,
                           .why = "bucket " + bucket.str() + " was not protected a moment ago"};
  }
  return ObjectOutcome{};
}

ObjectOutcome Pipeline::carry_permitted(const ObjectEvent& event, const Delivery& delivery,
                                        Deadline deadline, std::stop_token stop) {
  Permission allowed = permission(event, event.object.bucket, delivery, deadline, stop);
  if (auto* outcome = std::get_if<ObjectOutcome>(&allowed)) return std::move(*outcome);
  return carry_object(event, std::get<Reach>(allowed), delivery, deadline, std::move(stop));
}

ObjectOutcome Pipeline::carry_object(const ObjectEvent& event, Reach reach,
                                     const Delivery& delivery, Deadline deadline,
                                     std::stop_token stop) {
  const std::optional<UnderWay::Entry> entry = under_way_.enter(event);
  if (!entry) {
    return {.kind = Kind::postponed, .why = "another slot is at the same state of the object"};
  }
  // One object keeps the rules that it began with.
  PipelineOptions options = options_now();
  options.reach = reach;
  ObjectEvent current = event;
  ObjectOutcome outcome{.why = "the object was overwritten again and again while it was tagged"};
  std::optional<ObjectOutcome> unsettled;
  for (int race = 0; race < kRacesMax; ++race) {
    ObjectHandler object(options, ports_, current, delivery, deadline, stop,
                         current.upload ? &uploads_ : nullptr);
    ObjectOutcome ended = object.run();
    if (!object.overtaken()) {
      outcome = std::move(ended);
      break;
    }
    // A copy of the old one may have been left, and not be looked at just now.
    if (ended.kind == Kind::retry_later) unsettled = std::move(ended);
    // Our tags may have lain on the new object for a moment, and over those of whoever scanned it
    // in that moment. So the new object is scanned here as well, whatever its own event does.
    current = *object.overtaken();
  }
  return unsettled ? *std::move(unsettled) : outcome;
}

// A gateway's event says where to look; what is carried is what lies there now. When that is
// replaced on the way, what replaced it is carried: its own event may have come before.
ObjectOutcome Pipeline::carry_upload(const ObjectEvent& event, const Delivery& delivery,
                                     Deadline deadline, std::stop_token stop) {
  // Before anything is asked of the object: the message names the place.
  const Result<ObjectRef> told = uploads_.place_of(event, deadline, stop);
  if (!told) return not_located(told.error());
  Permission allowed = permission(event, told->bucket, delivery, deadline, stop);
  if (auto* refused = std::get_if<ObjectOutcome>(&allowed)) return std::move(*refused);
  const Reach reach = std::get<Reach>(allowed);
  ObjectOutcome outcome{.why = "the file was written again and again while it was scanned"};
  for (int race = 0; race < kRacesMax; ++race) {
    const Result<ObjectEvent> located = uploads_.locate(event, deadline, stop);
    if (!located) {
      if (located.error().code != Errc::not_found) return not_located(located.error());
      // A redelivery may find that the one before moved the object and died without a report.
      ObjectEvent here = event;
      const Result<ObjectRef> place = uploads_.place_of(event, deadline, stop);
      if (!place) return not_located(place.error());
      if (race == 0 && delivery.attempt > 1) {
        here.object = *place;
        outcome = carry_object(here, reach, delivery, deadline, stop);
        if (outcome.kind != Kind::superseded) return outcome;
      }
      // Not there yet, or not any more; after a few looks it is the latter.
      const bool gone = race > 0 || delivery.attempt > kLooksForAnUpload;
      return {.kind = gone ? Kind::superseded : Kind::retry_later, .why = text_of(located.error())};
    }
    auto taken = uploads_.take_turn(*located);
    if (const auto* none = std::get_if<GatewayUploads::NoTurn>(&taken)) {
      if (*none == GatewayUploads::NoTurn::finished) return {.kind = Kind::duplicate};
      return {.kind = Kind::postponed, .why = "another slot is at the same state of the file"};
    }
    GatewayUploads::Turn& turn = std::get<GatewayUploads::Turn>(taken);
    outcome = carry_object(*located, reach, delivery, deadline, stop);
    if (outcome.kind == Kind::superseded) continue;
    if (outcome.kind == Kind::done) {
      uploads_.remember(*outcome.result);  // Before the next one may begin.
      turn.finish();
      uploads_.refresh_share(event, *outcome.result, deadline, stop);
    }
    return outcome;
  }
  return outcome;
}

PipelineOptions Pipeline::options_now() const {
  PipelineOptions options = options_;
  if (!ports_.tag_rules) return options;
  TagRules rules = ports_.tag_rules();
  options.tagging = rules.enabled;
  options.tag_keys = std::move(rules.keys);
  return options;
}

void Pipeline::account_for(const ObjectEvent& event, const ObjectOutcome& outcome, int attempt) {
  Metrics& metrics = ports_.metrics;
  metrics.count("cordon_objects_total", {{"outcome", std::string(name_of(outcome.kind))}});
  if (outcome.kind != Kind::done) {
    // Whoever sends messages causes as many of them as he likes.
    const LogLevel level = outcome.kind == Kind::dead_letter ? LogLevel::warn : LogLevel::info;
    ports_.log.write_limited(level, "object.passed",
                             {{"object", to_string(event.object)},
                              {"outcome", name_of(outcome.kind)},
                              {"why", outcome.why},
                              {"attempt", attempt}});
    return;
  }
  const ScanResult& result = *outcome.result;
  for (const ActionRecord& action : result.actions) {
    if (action.status != ActionStatus::failed) continue;
    metrics.count("cordon_actions_failed_total", {{"kind", std::string(name_of(action.kind))}});
    ports_.log.write_limited(LogLevel::warn, "object.action_failed",
                             {{"object", to_string(event.object)},
                              {"action", name_of(action.kind)},
                              {"why", action.detail.value_or("")},
                              {"id", result.id}});
  }
  const Metrics::Labels verdict{{"verdict", std::string(name_of(result.verdict.disposition))}};
  metrics.count("cordon_objects_scanned_total", verdict);
  if (result.skipped) {
    metrics.count("cordon_objects_skipped_total");
  } else {
    metrics.observe_seconds("cordon_scan_duration_seconds", {},
                            static_cast<double>(result.millis.scan) / 1000.0);
  }
  if (result.size) {
    metrics.count("cordon_bytes_scanned_total", verdict, static_cast<double>(*result.size));
  }
  const auto age = ports_.clock.system_now() - result.event_time.value_or(result.scanned_at);
  metrics.observe_seconds("cordon_event_to_verdict_seconds", {},
                          std::max(0.0, std::chrono::duration<double>(age).count()));
  ports_.log.info("object.done",
                  {{"object", to_string(event.object)},
                   {"verdict", name_of(result.verdict.disposition)},
                   {"reason", result.verdict.reason ? name_of(*result.verdict.reason) : ""},
                   {"signature", result.verdict.virus_names.empty()
                                     ? std::string_view()
                                     : std::string_view(result.verdict.virus_names.front())},
                   {"bytes", result.size.value_or(0)},
                   {"tagging", name_of(result.tagging)},
                   {"fetch_ms", result.millis.fetch},
                   {"scan_ms", result.millis.scan},
                   {"act_ms", result.millis.act},
                   {"attempt", result.attempt},
                   {"id", result.id}});
}

}  // namespace cordon
