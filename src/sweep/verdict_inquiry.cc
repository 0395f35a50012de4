#include "sweep/verdict_inquiry.h"

#include <algorithm>

#include "base/text.h"
#include "core/object_state.h"
#include "core/provenance.h"
#include "staging/content_hash.h"

namespace cordon {
namespace {

using State = VerdictAnswer::State;
using Seal = VerdictAnswer::Seal;
using MaybeVerdictAnswer = std::optional<VerdictAnswer>;

constexpr std::chrono::seconds kRequestLimit{30};
constexpr std::chrono::hours kReadLimit{6};
constexpr std::chrono::milliseconds kPauseFirst{200};
constexpr std::chrono::milliseconds kPauseMax{5000};
constexpr int kRacesMax = 5;

std::string text_at(const TagSet& tags, const std::string& key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string() : found->second;
}

Seal seal_of(SealState state) {
  switch (state) {
    case SealState::absent:
      return Seal::absent;
    case SealState::unsealed:
      return Seal::unsealed;
    case SealState::unknown_key:
      return Seal::unknown_key;
    case SealState::broken:
      return Seal::broken;
    case SealState::valid:
      return Seal::sealed;
  }
  return Seal::broken;
}

// Without a key the seal can only be seen.
Seal seal_without_key(const TagSet& tags, const TagKeys& keys) {
  if (tags.contains(keys.seal)) return Seal::unchecked;
  return tags.contains(keys.result) ? Seal::unsealed : Seal::absent;
}

bool is_good_news(Disposition disposition) {
  return disposition == Disposition::clean || disposition == Disposition::infected_allowed;
}

// What a seal that holds says of itself, in our eyes. Its age is another question.
Seal seal_in_terms(const SealText& seal, Disposition disposition, const SealTerms& terms) {
  const std::optional<SealObjection> objection = objection_to(seal, disposition, terms);
  if (!objection) return Seal::sealed;
  switch (*objection) {
    case SealObjection::other_deployment:
      return Seal::other_deployment;
    case SealObjection::laxer_policy:
      return Seal::laxer_policy;
    case SealObjection::future:
      return Seal::future;
    case SealObjection::undeclared:       // From before seals said more: it holds over the bytes.
    case SealObjection::stricter_policy:  // Bad news all the same.
    case SealObjection::too_old:
      return Seal::sealed;
  }
  return Seal::broken;
}

// Bad news needs no proof, and no date.
State state_of(const VerdictAnswer& answer, bool has_keys,
               const std::optional<SealObjection>& to_time) {
  if (answer.seal == Seal::broken || answer.seal == Seal::unknown_key) return State::unproven;
  if (!answer.result) return State::pending;
  if (!is_good_news(*answer.result)) return State::verdict;
  if (has_keys && answer.seal != Seal::sealed) return State::unproven;
  if (to_time == SealObjection::future) return State::unproven;
  return to_time == SealObjection::too_old ? State::stale : State::verdict;
}

std::string explanation_of(const VerdictAnswer& answer) {
  if (answer.state == State::missing) return "there is no such object";
  if (answer.state == State::stale) {
    return answer.time ? "its scan was on " + rfc3339_s(*answer.time) +
                             ", which is longer ago than asked for; have it scanned again: cordon "
                             "scan bucket"
                       : "it does not say when it was scanned, so it may be older than asked for";
  }
  switch (answer.seal) {
    case Seal::absent:
      return "it has not been scanned yet";
    case Seal::unchecked:
      return "it carries a seal, which cannot be checked without the key (--seal-key-file)";
    case Seal::unsealed:
      if (answer.state == State::pending) return "its scan-result is none of ours";
      return answer.state == State::unproven
                 ? "the tags carry no seal, so whoever uploaded it may have written them: it may "
                   "not "
                   "have been scanned yet, or the seal found no room among the owner's tags"
                 : "the tags carry no seal";
    case Seal::broken:
      return "the seal is broken: these are not the tags or not the bytes that were sealed; "
             "scan the object again";
    case Seal::unknown_key:
      return "the seal was made with the key " + answer.seal_text->key_id +
             ", which the key file does not have";
    case Seal::other_deployment:
      return "sealed over these bytes by the deployment " + answer.seal_text->deployment +
             ", whose settings, signatures and machines are not ours; scan the object here";
    case Seal::laxer_policy:
      return "sealed over these bytes under the policy " + answer.seal_text->policy +
             ", which lets more be Clean than the settings do now (docs/formats/seal.md); scan the "
             "object again";
    case Seal::future:
      return "sealed over these bytes at a time that is still to come (" + answer.seal_text->time +
             "): a clock was or is wrong";
    case Seal::sealed:
      return "sealed over these bytes, with signatures " + answer.seal_text->signatures +
             (answer.seal_text->form == SealForm::v1
                  ? "; an old seal, which does not say by which deployment and policy"
                  : "");
  }
  return "";
}

// As the tag says it: the first name, and how many more there are.
std::string first_and_count(const std::vector<std::string>& names) {
  if (names.size() <= 1) return names.empty() ? "" : names.front();
  return names.front() + "+" + std::to_string(names.size() - 1);
}

// Whether what was read at one look need not be read again at the next. A version tells, and a
// checksum; an ETag and a time alone are those of a twin as well.
bool has_same_bytes(const ObjectHead& read, const ObjectHead& now) {
  const bool is_told =
      pins_bytes(now.version) || have_comparable_checksums(read.checksum, now.checksum);
  return is_told && is_same_state(read, now);
}

bool may_get_verdict(const VerdictAnswer& answer, AwaitedThing awaited) {
  switch (answer.state) {
    case State::missing:
      return awaited == AwaitedThing::object_and_verdict;
    case State::pending:
      return true;
    case State::unproven:
    case State::stale:
      return !answer.quarantined;
    case State::verdict:
      return false;
  }
  return false;
}

}  // namespace

std::string_view name_of(VerdictAnswer::State state) {
  switch (state) {
    case State::missing:
      return "missing";
    case State::pending:
      return "pending";
    case State::unproven:
      return "unproven";
    case State::stale:
      return "stale";
    case State::verdict:
      return "verdict";
  }
  return "unproven";
}

std::string_view name_of(VerdictAnswer::Seal seal) {
  switch (seal) {
    case Seal::absent:
      return "absent";
    case Seal::unchecked:
      return "unchecked";
    case Seal::unsealed:
      return "unsealed";
    case Seal::broken:
      return "broken";
    case Seal::unknown_key:
      return "unknown-key";
    case Seal::other_deployment:
      return "other-deployment";
    case Seal::laxer_policy:
      return "laxer-policy";
    case Seal::future:
      return "future";
    case Seal::sealed:
      return "sealed";
  }
  return "broken";
}

Result<std::string> VerdictInquiry::hash(const ObjectRef& object, const ObjectHead& head,
                                         std::stop_token stop) {
  const bool is_known = hashed_ && hashed_->object == object && has_same_bytes(hashed_->head, head);
  if (is_known) return hashed_->sha256;
  const RetryContext context{
      options_.retry, retries_, clock_, random_, Deadline::after(clock_, kReadLimit),
      std::move(stop)};
  CORDON_TRY(std::string sha256, content_hash(store_, object, head, context));
  hashed_ = Hashed{object, head, sha256};
  return sha256;
}

Result<TagSeal> VerdictInquiry::check(const VerdictAnswer& answer, const TagSet& tags,
                                      std::stop_token stop) {
  const SealKeyRing& ring = *options_.seal_keys;
  const std::optional<TagSeal> known = seal_without_content(tags, options_.tag_keys, ring);
  if (known) return *known;
  CORDON_TRY(const std::string sha256, hash(answer.object, *answer.head, std::move(stop)));
  return check_seal(tags, options_.tag_keys, {sha256, answer.head->bytes}, ring);
}

void VerdictInquiry::judge(VerdictAnswer& answer) const {
  const SystemTime now = clock_.system_now();
  const std::optional<SealOrigin> origin =
      answer.seal_text ? origin_of(*answer.seal_text) : std::nullopt;
  if (origin) answer.time = origin->time;
  if (answer.seal == Seal::sealed && answer.result) {
    answer.seal = seal_in_terms(*answer.seal_text, *answer.result,
                                {options_.deployment, options_.verdict_policy, now});
  }
  const bool has_keys = options_.seal_keys.has_value();
  answer.state = state_of(answer, has_keys, objection_to_time(answer.time, now, options_.age_max));
  answer.explanation = explanation_of(answer);
  const bool by_date_alone =
      answer.state == State::unproven && state_of(answer, has_keys, std::nullopt) == State::verdict;
  if (by_date_alone) {
    answer.explanation =
        "its date (" + rfc3339_s(*answer.time) + ") is still to come: a clock was or is wrong";
  }
}

Result<VerdictInquiry::MaybeAnswer> VerdictInquiry::look_once(const ObjectRef& object,
                                                              std::stop_token stop) {
  const Deadline deadline = Deadline::after(clock_, kRequestLimit);
  VerdictAnswer answer{.object = object};
  Result<ObjectHead> head = store_.head(object, deadline, stop);
  if (!head && head.error().code == Errc::not_found) {
    answer.explanation = explanation_of(answer);
    CORDON_TRY(answer, look_in_quarantine(std::move(answer), deadline, std::move(stop)));
    return MaybeAnswer(std::move(answer));
  }
  CORDON_TRY(head);
  if (head->version) answer.object.version = head->version;
  answer.head = *head;
  const Result<TagSet> tags = store_.tags(answer.object, deadline, stop);
  if (!tags && tags.error().code == Errc::not_found) return MaybeAnswer();
  CORDON_TRY(tags);

  const TagKeys& keys = options_.tag_keys;
  answer.result = parse_disposition(text_at(*tags, keys.result));
  answer.date = text_at(*tags, keys.date);
  answer.virus = text_at(*tags, keys.virus);
  // An owner's own `message` says nothing about a verdict.
  if (!without_ours(*tags, keys).contains(keys.message)) {
    answer.message = text_at(*tags, keys.message);
  }
  answer.seal = seal_without_key(*tags, keys);
  if (options_.seal_keys) {
    Result<TagSeal> seal = check(answer, *tags, stop);
    if (!seal && is_gone_or_changed(seal.error())) return MaybeAnswer();
    CORDON_TRY(seal);
    answer.seal = seal_of(seal->state);
    answer.seal_text = seal->text;
    if (hashed_ && answer.seal_text && hashed_->object == answer.object) {
      answer.sha256 = hashed_->sha256;
    }
  } else if (const auto text = parse_seal(text_at(*tags, keys.seal))) {
    answer.seal_text = *text;
  }
  answer.time = stated_time(*tags, keys);
  judge(answer);
  if (pins_bytes(answer.object.version)) return MaybeAnswer(std::move(answer));
  // The tags may be those of an object that came after the head.
  const Result<ObjectHead> now = store_.head(answer.object, deadline, stop);
  if (!now && now.error().code == Errc::not_found) return MaybeAnswer();
  CORDON_TRY(now);
  return is_same_state(*answer.head, *now) ? MaybeAnswer(std::move(answer)) : MaybeAnswer();
}

Result<VerdictAnswer> VerdictInquiry::look_in_quarantine(VerdictAnswer missing, Deadline deadline,
                                                         std::stop_token stop) {
  if (!options_.quarantine) return missing;
  const auto found = options_.quarantine(missing.object, deadline, stop);
  if (!found && found.error().code == Errc::denied) {
    missing.explanation +=
        "; whether it is in quarantine may not be looked at: " + found.error().what;
    return missing;
  }
  CORDON_TRY(found);
  if (!*found) return missing;
  VerdictAnswer answer = std::move(missing);
  CORDON_TRY(describe_quarantined(**found, answer, deadline, std::move(stop)));
  return answer;
}

// The metadata say what was found; where they found no room or were lost, the copy's tags may.
Result<void> VerdictInquiry::describe_quarantined(const Quarantined& found, VerdictAnswer& answer,
                                                  Deadline deadline, std::stop_token stop) {
  const QuarantineRecord& record = found.record;
  answer.quarantined = record.stored;
  answer.result = record.result;
  answer.virus = first_and_count(record.signatures);
  if (record.reason) answer.message = name_of(*record.reason);
  if (record.time) answer.date = rfc3339_s(*record.time);
  answer.sha256 = record.sha256;
  if (record.original_version) answer.object.version = record.original_version;
  answer.head = ObjectHead{.bytes = found.bytes,
                           .etag = record.original_etag.value_or(ETag()),
                           .version = record.original_version,
                           .modified = found.moved_at};
  if (!answer.result) {
    const Result<TagSet> tags = store_.tags(record.stored, deadline, std::move(stop));
    if (!tags && is_transient(tags.error().code)) return tags.error();
    const TagKeys& keys = options_.tag_keys;
    const TagSet known = tags ? *tags : TagSet();
    answer.result = parse_disposition(text_at(known, keys.result));
    if (answer.virus.empty()) answer.virus = text_at(known, keys.virus);
    if (answer.date.empty()) answer.date = text_at(known, keys.date);
  }
  answer.explanation = "it is in quarantine since " + rfc3339_s(found.moved_at) + ", as " +
                       quarantine_id(record.stored);
  const bool is_bad_news = answer.result && !is_good_news(*answer.result);
  answer.state = is_bad_news ? State::verdict : State::unproven;
  if (!is_bad_news) answer.explanation += "; what was found is not known any more";
  return {};
}

Result<VerdictAnswer> VerdictInquiry::look(const ObjectRef& object, std::stop_token stop) {
  for (int race = 0; race < kRacesMax; ++race) {
    CORDON_TRY(MaybeVerdictAnswer answer, look_once(object, stop));
    if (answer) return *std::move(answer);
  }
  return Error{Errc::changed,
               to_string(object) + " was replaced again and again while it was looked at"};
}

Result<VerdictAnswer> VerdictInquiry::await_verdict(const ObjectRef& object,
                                                    std::chrono::milliseconds wait,
                                                    std::stop_token stop, AwaitedThing awaited) {
  ObjectRef asked = object;
  const Deadline end = Deadline::after(clock_, wait);
  std::chrono::milliseconds pause = kPauseFirst;
  // Ends: every round waits, and never beyond `end`.
  for (;;) {
    Result<VerdictAnswer> answer = look(asked, stop);
    const bool may_change =
        answer ? may_get_verdict(*answer, awaited)
               : is_transient(answer.error().code) || answer.error().code == Errc::changed;
    if (!may_change || end.passed(clock_)) return answer;
    if (answer && pins_bytes(answer->object.version)) asked = answer->object;
    const SteadyTime next = std::min(clock_.steady_now() + pause, end.time());
    if (!clock_.wait_until(next, stop)) return Error{Errc::cancelled, "stopped while waiting"};
    pause = std::min(pause * 3 / 2, kPauseMax);
  }
}

}  // namespace cordon
