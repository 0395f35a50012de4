// What becomes of an object that is said to be gone, or another one.
//
// That ends its way without a verdict, so a second look has to say it, too. And it may have been
// us: an agent that moved it and died before its report left a copy, which is all that tells of it.

#include <algorithm>

#include "agent/object_handler.h"
#include "base/text.h"
#include "core/failure_verdicts.h"
#include "core/object_state.h"
#include "core/provenance.h"
#include "core/route.h"

namespace cordon {
namespace {

// Of one key, newest first. Each means a request, and is only looked for after an agent has died.
constexpr std::size_t kVersionsLookedAt = 100;
constexpr const char* kMovedByItsMark =
    "the object was gone; what lies there is marked as made from it, and this verdict is about "
    "that";

// What we wrote on a copy in quarantine.
std::optional<Verdict> verdict_of_copy(const std::map<std::string, std::string>& metadata) {
  const TagKeys keys;
  const auto value = [&](const char* name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? std::string() : found->second;
  };
  TagSet stated{{keys.result, value(kMetaResult)}, {keys.message, value(kMetaReason) + ":"}};
  const std::string signature = utf8_clean(value(kMetaSignature), 256);
  if (!signature.empty()) stated[keys.virus] = signature;
  return stated_verdict(stated, keys);
}

/// Nothing can be found out there; what concerns every request (credentials, clock) is no answer.
bool is_no_answer(const Error& error) { return error.code == Errc::not_found || is_refusal(error); }

}  // namespace

// That the object is gone or another one ends its way without a verdict, and a proxy may have said
// it. What our own looks told apart was seen.
Result<void> ObjectHandler::settle_absence(const Error& told) {
  if (!overtaken_ && !is_seen_changed_) {
    CORDON_TRY(const bool is_there, is_there_as_before());
    if (is_there) return Error{Errc::unavailable, told.what + "; a look shows that it is there"};
  }
  // An earlier delivery may have moved it, or left a copy that it did not finish, and another one
  // have come to its place since, be it while this delivery was at it.
  if (!is_repeat()) return told;
  CORDON_TRY(take_up_what_came());
  CORDON_TRY(const bool moved, find_moved());
  return moved ? report() : told;
}

// Tags have no condition, and an earlier delivery may have ended between its tags and the look that
// takes them back. Then they lie on what came meanwhile, over those of whoever scanned that. What
// has no verdict waits for its own event.
Result<void> ObjectHandler::take_up_what_came() {
  const bool could_be_tagged = options_.tagging && !pins_bytes(object_.version) && event_.etag;
  if (overtaken_ || !could_be_tagged) return {};
  const Result<ObjectHead> now = look_twice(object_);
  if (!now && is_no_answer(now.error())) return {};
  CORDON_TRY(now);
  CORDON_TRY(const std::optional<bool> is_judged, has_verdict(object_));
  if (is_judged != true) return {};
  overtaken_ = event_of_what_came(*now);
  overtaken_->is_forced = true;  // Its tags are just what is in doubt.
  return {};
}

Result<bool> ObjectHandler::is_there_as_before() {
  const Result<ObjectHead> now = look_twice(object_);
  if (!now && is_no_answer(now.error())) return false;
  CORDON_TRY(now);
  if (head_) return is_same_state(*head_, *now);
  return pins_bytes(object_.version) || !event_.etag || now->etag == *event_.etag;
}

Result<std::optional<bool>> ObjectHandler::has_verdict(const ObjectRef& object) {
  const Result<TagSet> tags = ports_.store.tags(object, deadline_, stop_);
  if (!tags && is_no_answer(tags.error())) return std::optional<bool>();
  CORDON_TRY(tags);
  return std::optional<bool>(tags->contains(options_.tag_keys.result));
}

// Two answers in a row have to say that nothing is there.
Result<ObjectHead> ObjectHandler::look_twice(const ObjectRef& object) {
  Result<ObjectHead> head = ports_.store.head(object, deadline_, stop_);
  if (head || head.error().code != Errc::not_found) return head;
  return ports_.store.head(object, deadline_, stop_);
}

// --- moved before, and not told ---------------------------------------------------------------

// A mark is no secret, so whoever may write where a route leads can make up a copy, and with it a
// report about an object that is gone. In quarantine only agents write, and what a copy says there
// is their word. Of any other place nothing is believed but its bytes: they are scanned, and the
// report gets an id of its own, for a made-up one could be that of another result.
Result<bool> ObjectHandler::find_moved() {
  for (PlannedAction& place : places_of_copies()) {
    CORDON_TRY(const std::optional<ObjectHead> head, moved_to(place));
    if (!head) continue;
    const ObjectRef there{*place.bucket, *place.key, head->version};
    if (place.to_quarantine) {
      if (!take_word_of_copy(*head)) continue;
      CORDON_TRY(tag_by_its_word(there, *head));
    } else {
      CORDON_TRY(const bool is_known, judge_copy(there, *head));
      if (!is_known) continue;
    }
    result_.size = head->bytes;
    CORDON_TRY(result_.tagging, tagging_of(there));
    ActionRecord record{place.kind, place.bucket, place.key, ActionStatus::done};
    const bool is_same = head->etag_is_md5 && event_.etag == head->etag;
    if (!place.to_quarantine && !is_same) record.detail = kMovedByItsMark;
    result_.actions = {std::move(record)};  // Whatever this delivery had begun.
    return true;
  }
  return false;
}

// A copy that has its verdict tells nothing new of an object that was to stay.
Result<bool> ObjectHandler::tells_of_it(const PlannedAction& place, const ObjectHead& copy) {
  if (!says_it_was_moved(copy)) return false;
  if (place.kind == ActionKind::move) return true;
  CORDON_TRY(const std::optional<bool> is_finished,
             has_verdict({*place.bucket, *place.key, copy.version}));
  return is_finished == false;
}

Result<std::optional<ObjectHead>> ObjectHandler::moved_to(PlannedAction& place) {
  using MaybeHead = std::optional<ObjectHead>;
  for (bool is_beside : {false, true}) {
    Result<ObjectHead> head = look_twice({*place.bucket, *place.key});
    if (!head && is_denied_for_object(head.error())) return MaybeHead();
    const bool is_free = !head && head.error().code == Errc::not_found;
    if (!is_free) CORDON_TRY(head);
    if (head) {
      CORDON_TRY(const bool is_it, tells_of_it(place, *head));
      if (is_it) return MaybeHead(*std::move(head));
    }
    // A place that is free may be one whose newest version was deleted.
    if (is_free || pins_bytes(head->version)) {
      return find_below({*place.bucket, *place.key}, event_.size,
                        [&](const ObjectHead& one) { return tells_of_it(place, one); });
    }
    if (is_beside || !place.to_quarantine) break;
    place.key = quarantine_key_beside(event_.object,
                                      source_mark(event_.object, event_.etag.value_or(ETag())));
  }
  return MaybeHead();
}

// Another object from the same place may have been moved there since, or its owner have written
// over it, or deleted it. Whoever may not list versions has no answer, like one who may not look at
// the place.
Result<std::optional<ObjectHead>> ObjectHandler::find_below(
    const ObjectRef& place, std::optional<std::uint64_t> bytes,
    const std::function<Result<bool>(const ObjectHead&)>& fits) {
  using MaybeHead = std::optional<ObjectHead>;
  const auto page =
      ports_.catalogue.list({.bucket = place.bucket, .prefix = place.key.str()}, deadline_, stop_);
  if (!page && is_no_answer(page.error())) return MaybeHead();
  CORDON_TRY(page);
  std::size_t looks = 0;
  for (const ListedVersion& one : page->versions) {
    if (one.object.key != place.key) break;  // Longer ones follow.
    if (one.is_current || (bytes && *bytes != one.bytes)) continue;
    if (++looks > kVersionsLookedAt) break;
    Result<ObjectHead> head = ports_.store.head(one.object, deadline_, stop_);
    if (!head && is_no_answer(head.error())) continue;
    CORDON_TRY(head);
    CORDON_TRY(const bool is_it, fits(*head));
    if (is_it) return MaybeHead(*std::move(head));
  }
  return MaybeHead();
}

std::vector<PlannedAction> ObjectHandler::places_of_copies() const {
  std::vector<PlannedAction> places;
  // Always the quarantine: the route may have been another one when the object was moved.
  const Route quarantine = {{RouteStep::Kind::quarantine}};
  const auto add = [&](const Route& route, const BucketName& quarantine_bucket) {
    for (PlannedAction& action : plan_route(route, event_.object, quarantine_bucket)) {
      const bool known = std::find(places.begin(), places.end(), action) != places.end();
      const bool leads_away = !action.impossible && !action.is_there;
      const bool copies = action.kind == ActionKind::move || action.kind == ActionKind::copy;
      if (copies && leads_away && !known) {
        places.push_back(std::move(action));
      }
    }
  };
  add(quarantine, options_.quarantine);
  for (const Route* route : {&quarantine, &policy_.on_infected, &policy_.on_clean,
                             &policy_.on_suspicious, &policy_.on_unscannable, &policy_.on_error}) {
    add(*route, quarantine_);
  }
  return places;
}

bool ObjectHandler::says_it_was_moved(const ObjectHead& copy) const {
  const auto from = copy.metadata.find(kMetaFrom);
  if (from == copy.metadata.end()) return false;
  if (event_.size && *event_.size != copy.bytes) return false;
  const ETag told = event_.etag.value_or(ETag());
  if (pins_bytes(event_.object.version) || !told.empty()) {
    return from->second == source_mark(event_.object, told);
  }
  // A gateway names no state. What was moved away since its message came is what it told of.
  return event_.upload && copy.modified + std::chrono::seconds(1) >= delivery_.sent_at;
}

bool ObjectHandler::take_word_of_copy(const ObjectHead& copy) {
  const std::optional<Verdict> stated = verdict_of_copy(copy.metadata);
  if (!stated) return false;
  result_.verdict = *stated;
  const auto id = copy.metadata.find(kMetaResultId);
  if (id != copy.metadata.end() && id->second.size() == result_.id.size()) result_.id = id->second;
  const auto sha256 = copy.metadata.find(kMetaSha256);
  if (sha256 != copy.metadata.end()) result_.sha256 = utf8_clean(sha256->second, 64);
  return true;
}

ObjectEvent ObjectHandler::event_of(const ObjectRef& copy, const ObjectHead& head) const {
  ObjectEvent there = event_;
  there.object = copy;
  there.etag = head.etag;
  there.size = head.bytes;
  there.upload.reset();
  return there;
}

// Whether it gets them or not, its metadata say what was found.
Result<void> ObjectHandler::tag_by_its_word(const ObjectRef& copy, const ObjectHead& head) {
  const ObjectEvent event = event_of(copy, head);
  ObjectHandler there(options_, ports_, event, delivery_, deadline_, stop_, nullptr);
  there.head_ = head;
  there.result_.verdict = result_.verdict;
  there.result_.sha256 = result_.sha256;
  const Result<void> tagged = there.tag_unless_tagged();
  const bool is_gone = !tagged && is_gone_or_changed(tagged.error());
  return is_gone ? Result<void>() : tagged;
}

bool ObjectHandler::leads_to(Disposition disposition, const ObjectRef& place) const {
  const auto plan = plan_route(route_for(policy_, disposition), event_.object, quarantine_);
  return std::any_of(plan.begin(), plan.end(), [&](const PlannedAction& action) {
    return !action.is_there && action.bucket == place.bucket && action.key == place.key;
  });
}

Result<bool> ObjectHandler::judge_copy(const ObjectRef& copy, const ObjectHead& head) {
  const ObjectEvent there = event_of(copy, head);
  ObjectHandler judged(options_, ports_, there, delivery_, deadline_, stop_, nullptr);
  Result<void> done = judged.obtain_verdict();
  // What bears the mark of a copy may be its writer's own, so it has to be where its verdict leads.
  const bool is_led_there = done && leads_to(judged.result_.verdict.disposition, copy);
  if (is_led_there) done = judged.tag_unless_tagged();
  if (!done && is_gone_or_changed(done.error())) {
    CORDON_TRY(const bool is_there, judged.is_there_as_before());
    return is_there ? Result<bool>(Error{Errc::unavailable, done.error().what}) : false;
  }
  CORDON_TRY(done);
  result_.verdict = std::move(judged.result_.verdict);
  result_.sha256 = std::move(judged.result_.sha256);
  result_.engine = std::move(judged.result_.engine);
  result_.signatures = std::move(judged.result_.signatures);
  result_.scanned_at = judged.result_.scanned_at;
  result_.skipped = judged.result_.skipped;
  result_.millis.fetch = judged.result_.millis.fetch;
  result_.millis.scan = judged.result_.millis.scan;
  return true;
}

// The agent that made the copy may have died before it gave it a verdict, and with the source gone
// no other delivery finishes it.
Result<void> ObjectHandler::tag_unless_tagged() {
  if (!options_.tagging) return {};
  CORDON_TRY(const std::optional<bool> is_tagged, has_verdict(object_));
  return is_tagged == false ? tag() : Result<void>();
}

Result<TaggingState> ObjectHandler::tagging_of(const ObjectRef& copy) {
  if (!options_.tagging) return TaggingState::off;
  const Result<TagSet> tags = ports_.store.tags(copy, deadline_, stop_);
  if (!tags && is_transient(tags.error().code)) return tags.error();
  const auto says = [&](const TagSet& all) {
    const auto tag = all.find(options_.tag_keys.result);
    return tag != all.end() && tag->second == name_of(result_.verdict.disposition);
  };
  return tags && says(*tags) ? TaggingState::done : TaggingState::failed;
}

}  // namespace cordon
