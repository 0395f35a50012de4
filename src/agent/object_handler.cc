#include "agent/object_handler.h"

#include <algorithm>

#include "agent/acting.h"
#include "agent/allowance.h"
#include "agent/tagging.h"
#include "base/text.h"
#include "core/dead_letter_reason.h"
#include "core/deployment.h"
#include "core/failure_verdicts.h"
#include "core/object_state.h"
#include "core/provenance.h"
#include "core/route.h"
#include "staging/content_hash.h"
#include "staging/windowed_scan.h"

namespace cordon {
namespace {

using Kind = ObjectOutcome::Kind;

constexpr const char* kHeldWhy =
    "only signatures that are new find something in it, and since the update they find too much: "
    "it stays until somebody decides (cordon signatures brake)";
const Route kKeep = {{RouteStep::Kind::keep}};
// Between an event and its message. What was sent later may be a dead letter that was replayed.
constexpr std::chrono::minutes kSentAtOnce{1};

Policy policy_for(const PolicySource& source, const ObjectEvent& event) {
  Policy policy = source(event.object.bucket, event.object.key);
  if (event.is_forced) policy.skip_scanned = SkipScanned::never;
  return policy;
}

}  // namespace

ObjectHandler::ObjectHandler(const PipelineOptions& options, const PipelinePorts& ports,
                             const ObjectEvent& event, const Delivery& delivery, Deadline deadline,
                             std::stop_token stop, const GatewayUploads* uploads)
    : options_(options),
      ports_(ports),
      event_(event),
      delivery_(delivery),
      deadline_(deadline),
      stop_(std::move(stop)),
      uploads_(uploads),
      policy_(policy_for(ports.policy, event)),
      quarantine_(policy_.quarantine.value_or(options.quarantine)),
      object_(event.object) {
  const SystemTime now = ports_.clock.system_now();
  const SystemTime since = event_.time.value_or(delivery_.sent_at);
  result_.id = ulid(now, ports_.random);
  result_.deployment = options_.deployment;
  // Anybody who may send a message writes what stands in it.
  result_.account = event_.account ? event_.account : options_.account;
  if (ports_.owner) result_.account = ports_.owner(event_.object.bucket);
  result_.region = options_.region ? options_.region : event_.region;
  result_.agent = options_.agent;
  result_.source = event_.source;
  result_.bucket = event_.object.bucket;
  result_.key = event_.object.key;
  result_.version = event_.object.version;
  result_.etag = event_.etag;
  result_.size = event_.size;
  result_.sequencer = event_.sequencer;
  result_.event_time = event_.time;
  result_.scanned_at = now;
  result_.uploaded_by = event_.principal;
  result_.attempt = delivery_.attempt;
  result_.millis.queued = std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count());
}

Result<void> ObjectHandler::before(Step step) {
  if (ports_.observer.before(step, &object_) == Proceed::abandon) {
    return Error{Errc::cancelled, "abandoned at " + std::string(name_of(step)),
                 ErrorCause::abandoned};
  }
  if (stop_.stop_requested()) return Error{Errc::cancelled, "stopped"};
  return {};
}

std::int64_t ObjectHandler::millis_since(SteadyTime start) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(ports_.clock.steady_now() - start)
      .count();
}

std::optional<ETag> ObjectHandler::etag() const {
  return head_ ? std::optional<ETag>(head_->etag) : event_.etag;
}

bool ObjectHandler::is_repeat() const {
  const bool is_late = event_.time && delivery_.sent_at - *event_.time > kSentAtOnce;
  return delivery_.attempt > 1 || is_late;
}

ObjectOutcome ObjectHandler::run() {
  Result<void> carried = carry();
  if (!carried && is_gone_or_changed(carried.error())) carried = settle_absence(carried.error());
  if (carried) return {.kind = Kind::done, .result = std::move(result_)};
  return outcome_of(carried.error());
}

ObjectOutcome ObjectHandler::outcome_of(const Error& error) const {
  const std::string why = std::string(name_of(error.code)) + ": " + error.what;
  switch (error.code) {
    case Errc::cancelled:
      return {.kind = error.cause == ErrorCause::abandoned ? Kind::abandoned : Kind::cancelled,
              .why = why};
    case Errc::not_found:
    case Errc::changed:
      return {.kind = Kind::superseded, .why = why};
    case Errc::invalid:
      return {.kind = error.cause == ErrorCause::excluded ? Kind::excluded : Kind::dead_letter,
              .why = why};
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::throttled:
    case Errc::denied:  // Credentials or clock: what concerns the object became a verdict.
    case Errc::worker_died:
      return {.kind = Kind::retry_later, .why = why};
  }
  return {.kind = Kind::retry_later, .why = why};
}

Result<void> ObjectHandler::carry() {
  CORDON_TRY(before(Step::admit));
  if (!admits(policy_, event_.object.key)) {
    return Error{Errc::invalid, "the policy leaves this key out", ErrorCause::excluded};
  }
  CORDON_TRY(const bool trusted, trust_tags());
  if (!trusted) {
    CORDON_TRY(obtain_verdict());
    CORDON_TRY(consider_allowance());
  }
  CORDON_TRY(ask_brake());
  const SteadyTime start = ports_.clock.steady_now();
  const bool is_tagged = trusted || sealed_as_ == result_.verdict.disposition;
  if (!is_tagged) CORDON_TRY(tag());
  CORDON_TRY(act());
  result_.millis.act = millis_since(start);
  return report();
}

// --- open, stage, scan -----------------------------------------------------------------------

Result<void> ObjectHandler::announce_opened(const ObjectHead& head) {
  head_ = head;
  if (head.version) object_.version = head.version;
  result_.version = object_.version;
  result_.etag = head.etag;
  result_.size = head.bytes;
  return {};
}

Result<void> ObjectHandler::obtain_verdict() {
  const SteadyTime start = ports_.clock.steady_now();
  CORDON_TRY(before(Step::open));
  // A version names its bytes; anything else is pinned by the ETag that the event told.
  const std::optional<ETag> if_match = pins_bytes(object_.version) ? std::nullopt : event_.etag;
  const Stage::OnOpen on_open = [this](const ObjectHead& head) -> Result<void> {
    CORDON_TRY(announce_opened(head));
    return before(Step::stage);
  };
  Result<Staged> staged = ports_.stage.fetch(object_, if_match, on_open, deadline_, stop_);
  result_.millis.fetch = millis_since(start);
  if (!staged) return accept_read_failure(staged.error());
  if (std::holds_alternative<TooLargeToKeep>(staged->outcome)) return scan_in_windows();
  if (Verdict* verdict = std::get_if<Verdict>(&staged->outcome)) {
    result_.verdict = std::move(*verdict);
    return {};
  }
  const StagedContent& content = std::get<StagedContent>(staged->outcome);
  result_.sha256 = content.sha256;
  checksum_ = content.verified;
  CORDON_TRY(const bool sealed, trust_seal(content));
  if (sealed || was_scanned_lately(content)) return {};
  return scan(content);
}

Result<void> ObjectHandler::scan(const StagedContent& content) {
  const SteadyTime start = ports_.clock.steady_now();
  CORDON_TRY(before(Step::scan));
  result_.scanned_at = ports_.clock.system_now();
  if (content.bytes == 0) {
    // Nothing is in it, so nothing harmful: directory markers and empty files need no engine.
    result_.verdict = clean_verdict(0);
    return {};
  }
  const Deadline limit =
      deadline_.at_most(ports_.clock, scan_time_for(options_.scan_time_max, content.bytes));
  Result<ScanReport> report = ports_.scanner.scan(content.file, content.bytes, limit, stop_);
  result_.millis.scan = millis_since(start);
  return accept(std::move(report));
}

// An object that is larger than the whole spool: fetched, hashed and scanned piece by piece.
Result<void> ObjectHandler::scan_in_windows() {
  CORDON_TRY(const bool sealed, trust_seal_unkept());
  if (sealed) return {};
  const SteadyTime start = ports_.clock.steady_now();
  CORDON_TRY(before(Step::scan));
  result_.scanned_at = ports_.clock.system_now();
  WindowedScan scan(ports_.scanner,
                    {.windows = ports_.stage.windows(), .window_time_max = options_.scan_time_max},
                    ports_.clock);
  const Stage::UseWindow use = [&](const UniqueFd& content, const Window& window) {
    return scan.use(content, window, deadline_, stop_);
  };
  Result<Passed> passed = ports_.stage.pass_windows(object_, *head_, use, deadline_, stop_);
  result_.millis.scan = millis_since(start);
  if (scan.has_failed()) return accept(std::move(scan).finish());
  if (!passed) return accept_read_failure(passed.error());
  if (Verdict* verdict = std::get_if<Verdict>(&*passed)) {
    result_.verdict = std::move(*verdict);
    return {};
  }
  PassedContent& content = std::get<PassedContent>(*passed);
  result_.sha256 = std::move(content.sha256);
  checksum_ = std::move(content.verified);
  return accept(std::move(scan).finish());
}

Result<void> ObjectHandler::accept_read_failure(const Error& error) {
  const bool last = delivery_.attempt >= options_.poison_receives;
  std::optional<Verdict> verdict = verdict_for_read_failure(error, last);
  if (!verdict) return error;
  result_.verdict = *std::move(verdict);
  return {};
}

Result<void> ObjectHandler::accept(Result<ScanReport> report) {
  if (report && !is_credible(report->verdict)) {
    report = Error{Errc::worker_died, "the engine gave a verdict that contradicts itself"};
  }
  if (!report) {
    const bool last = delivery_.attempt >= options_.poison_receives;
    std::optional<Verdict> verdict = verdict_for_scan_failure(report.error(), last);
    if (verdict) {
      result_.verdict = *std::move(verdict);
      return {};
    }
    // Whatever it was, it says nothing about the object.
    if (report.error().code == Errc::cancelled) return report.error();
    return Error{Errc::unavailable, no_verdict_text(report.error().what)};
  }
  result_.verdict = std::move(report->verdict);
  result_.engine = report->version.engine;
  result_.signatures = report->version.signatures;
  return {};
}

// Only what would be taken away, or tagged as infected, can be let pass.
Result<void> ObjectHandler::consider_allowance() {
  const Disposition disposition = result_.verdict.disposition;
  const bool stays = route_for(policy_, disposition) == kKeep;
  if (disposition == Disposition::clean || !head_ || !result_.sha256) return {};
  if (stays && disposition != Disposition::infected) return {};
  const ScannedState scanned{object_, head_->etag, head_->modified, *result_.sha256};
  CORDON_TRY(passes_, allowance_for(result_.verdict, scanned,
                                    {.store = ports_.store,
                                     .quarantine = quarantine_,
                                     .list = ports_.allow_list,
                                     .clock = ports_.clock,
                                     .log = ports_.log},
                                    deadline_, stop_));
  if (!passes_) return {};
  if (disposition == Disposition::infected) {
    result_.verdict.disposition = Disposition::infected_allowed;
  }
  ports_.metrics.count("cordon_objects_allowed_total");
  return {};
}

// --- brake -----------------------------------------------------------------------------------

HeldObject ObjectHandler::as_held() const {
  HeldObject held{.object = object_,
                  .etag = etag(),
                  .size = result_.size,
                  .names = result_.verdict.virus_names,
                  .set = result_.signatures.value_or(""),
                  .result_id = result_.id,
                  .held_at = ports_.clock.system_now()};
  if (!pins_bytes(held.object.version)) held.object.version.reset();
  return held;
}

// Before the tags are written: a verdict that was rejected is not to be sealed.
Result<void> ObjectHandler::ask_brake() {
  // What somebody let pass says nothing about signatures, and is not taken away.
  if (ports_.brake == nullptr || passes_) return {};
  const bool counts = !result_.skipped && result_.signatures.has_value();
  const BrakeRuling ruling = ports_.brake->rule(as_held(), counts, stop_);
  const bool last = delivery_.attempt >= options_.poison_receives;
  if (ruling == BrakeRuling::wait && !last) {
    return Error{Errc::unavailable,
                 "what was found was rejected, and the engine has not taken that up yet"};
  }
  is_held_ = ruling != BrakeRuling::go_on;
  return {};
}

// --- tag -------------------------------------------------------------------------------------

Result<void> ObjectHandler::still_the_same() {
  if (pins_bytes(object_.version) || !etag()) return {};
  const Result<ObjectHead> head = ports_.store.head(object_, deadline_, stop_);
  if (!head) {
    if (!is_denied_for_object(head.error())) return head.error();
    // What was never opened has a verdict that says so, and it is no better for what is there now.
    if (!head_) return {};
    // That it may not be looked at does not mean that it is unchanged.
    return Error{Errc::unavailable, "it cannot be seen whether it changed: " + head.error().what};
  }
  CORDON_TRY(const bool same, is_what_was_opened(*head));
  if (same) return {};
  event_of_now_ = event_of_what_came(*head);
  return Error{Errc::changed, "the object was replaced meanwhile"};
}

ObjectEvent ObjectHandler::event_of_what_came(const ObjectHead& now) const {
  ObjectEvent event = event_;
  event.object.version = now.version;
  event.etag = now.etag;
  event.size = now.bytes;
  event.sequencer.reset();
  event.time.reset();
  return event;
}

// Some stores give an object another time when it gets tags, and an uploader may have sent the same
// bytes again. Then the bytes decide.
Result<bool> ObjectHandler::is_what_was_opened(const ObjectHead& now) {
  if (!head_) return now.etag == *etag();
  if (is_same_state(*head_, now)) return true;
  if (now.etag != head_->etag || now.bytes != head_->bytes || now.version != head_->version) {
    return false;
  }
  if (!result_.sha256) {
    // Nobody read it, and what the verdict says of its size or its store holds for a twin as well.
    const bool is_as_good = result_.verdict.disposition != Disposition::clean && !result_.skipped;
    if (is_as_good) head_ = now;
    return is_as_good;
  }
  const Result<std::string> sha256 = hash_of(object_, now);
  if (!sha256) {
    if (sha256.error().code == Errc::changed) return false;
    return sha256.error();
  }
  if (*sha256 != *result_.sha256) return false;
  head_ = now;
  return true;
}

Result<std::string> ObjectHandler::hash_of(const ObjectRef& object, const ObjectHead& head) {
  // What was cut goes on at once; a store that is away means another delivery.
  constexpr std::chrono::milliseconds kAtOnce{0};
  const RetryPolicy policy{
      .attempts_max = 5, .base = kAtOnce, .base_throttled = kAtOnce, .cap = kAtOnce};
  RetryBudget retries;
  return content_hash(ports_.store, object, head,
                      {policy, retries, ports_.clock, ports_.random, deadline_, stop_});
}

Result<void> ObjectHandler::tag() {
  if (!options_.tagging) {
    result_.tagging = TaggingState::off;
    return before(Step::tag);
  }
  CORDON_TRY(before(Step::tag));
  ours_ = tags_for({.verdict = result_.verdict,
                    .scanned_at = sealed_by_ ? sealed_by_->time : result_.scanned_at,
                    .uploaded_by = result_.uploaded_by},
                   options_.tag_keys);
  // What was not read has no bytes that a seal could bind.
  const Tagging::Seal seal = [this](TagSet& tags) {
    if (!options_.seal_keys || !result_.sha256 || !result_.size || !head_) return;
    seal_tags(tags, options_.tag_keys, {*result_.sha256, *result_.size}, seal_origin(), place(),
              *options_.seal_keys);
  };
  seal(ours_);
  Tagging tagging(ports_.store, options_.tag_keys, object_, deadline_, stop_);
  CORDON_TRY(const TagOutcome outcome, tagging.write(
                                           ours_, [this] { return still_the_same(); }, seal));
  result_.tagging = outcome.state;
  tags_ = outcome.tags;
  tags_before_ = outcome.before;
  if (outcome.state == TaggingState::failed) {
    ports_.log.write_limited(LogLevel::warn, "object.tagging_failed",
                             {{"object", to_string(object_)}, {"why", outcome.why}});
  }
  if (outcome.state != TaggingState::done) return {};

  const Result<void> unchanged = still_the_same();
  if (unchanged || unchanged.error().code != Errc::changed) return unchanged;
  // Our tags lie on another object, for the bytes that they describe are gone.
  overtaken_ = event_of_now_;
  ports_.metrics.count("cordon_objects_overtaken_total");
  CORDON_TRY(tagging.take_back());
  return unchanged;
}

// --- act, report -----------------------------------------------------------------------------

// What routes have brought on too often goes round, and what has no room for the count could.
// Anybody who uploads can write the count and fill the room, so that they may keep in its place
// what is Clean (Acting sees to that), and nothing else: that ends in quarantine, whatever its
// route says, and quarantines are not scanned.
Route ObjectHandler::route() const {
  if (passes_ || options_.reach == Reach::tags) return kKeep;
  const Disposition disposition = result_.verdict.disposition;
  const Route& wanted = route_for(policy_, disposition);
  const bool leads_on = std::any_of(wanted.begin(), wanted.end(), [](const RouteStep& step) {
    return step.kind == RouteStep::Kind::move || step.kind == RouteStep::Kind::copy;
  });
  if (disposition == Disposition::clean || !leads_on || !head_) return wanted;
  if (!why_not_brought_on(*head_, object_, disposition)) return wanted;
  ports_.log.warn("object.goes_round",
                  {{"object", to_string(object_)},
                   {"meaning",
                    "routes have brought it on as often as they may, or its uploader says so or "
                    "left no room in its metadata to count; it goes to quarantine"}});
  return {{RouteStep::Kind::quarantine}};
}

// Older ones may be its uploader's.
TagSet ObjectHandler::tags_of_earlier_delivery() const {
  const std::optional<TagSet>& before = tags_before_ ? tags_before_ : tags_;
  if (!before || !is_repeat()) return {};
  const std::optional<SystemTime> time = stated_time(*before, options_.tag_keys);
  const SystemTime told_at = event_.time.value_or(delivery_.sent_at);
  if (!time || *time + std::chrono::seconds(1) < told_at) return {};
  return without_written(*before, without_ours(*before, options_.tag_keys));
}

Result<void> ObjectHandler::act() {
  CORDON_TRY(before(Step::act));
  const auto plan = plan_route(route(), object_, quarantine_);
  const ActingPorts ports{
      .store = ports_.store,
      .before = [this](Step step) { return before(step); },
      .report = [this] { return report(); },
      .hash = [this](const ObjectRef& at, const ObjectHead& head) { return hash_of(at, head); },
      .below = [this](const ObjectRef& place, std::uint64_t bytes,
                      const auto& fits) { return find_below(place, bytes, fits); },
      .why_clean_stays = [this] { return why_clean_stays(); },
      .clock = ports_.clock,
      .deadline = deadline_,
      .stop = stop_};
  const bool is_held = is_held_ && std::any_of(plan.begin(), plan.end(), takes_away);
  if (is_held) CORDON_TRY(ports_.brake->record(as_held(), deadline_, stop_));
  Acting acting(ports,
                {.object = object_,
                 .told = event_,
                 .head = head_,
                 .checksum = checksum_,
                 .tags = tags_,
                 .ours = ours_,
                 .given = tags_of_earlier_delivery(),
                 .is_repeat = is_repeat(),
                 .tag_keys = options_.tag_keys,
                 .collision = policy_.collision,
                 .held = is_held ? std::optional<std::string>(kHeldWhy) : std::nullopt},
                result_);
  return acting.run(plan);
}

// A twin that comes between a look and the copy is found out, but what a store overwrites or
// deletes against its condition is lost to its owner.
Result<std::optional<std::string>> ObjectHandler::why_clean_stays() {
  using Why = std::optional<std::string>;
  if (policy_.promote_without_conditions || ports_.probe == nullptr) return Why();
  const Result<StoreTraits> traits = ports_.probe->traits(options_.quarantine, deadline_, stop_);
  if (!traits) {
    // It is not this object that is missing or changed.
    return is_gone_or_changed(traits.error()) ? Error{Errc::invalid, traits.error().what}
                                              : traits.error();
  }
  const Why shortcomings = shortcomings_of(*traits);
  if (!shortcomings) return Why();
  return Why("the bucket keeps no versions, and this store does not keep to conditions (" +
             *shortcomings + "): it stays unless the policy says promote_without_conditions");
}

Result<void> ObjectHandler::report() {
  CORDON_TRY(before(Step::report));
  const Result<void> published = publish_one(ports_.results, result_, deadline_, stop_);
  if (published || published.error().code == Errc::cancelled) return published;
  // Not the sink's own code: that its log group is not found says nothing about the object.
  return Error{Errc::unavailable, "the result was not taken: " + published.error().what};
}

}  // namespace cordon
