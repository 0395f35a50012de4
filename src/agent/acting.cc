#include "agent/acting.h"

#include "core/copied_metadata.h"
#include "core/failure_verdicts.h"
#include "core/object_state.h"

namespace cordon {
namespace {

using Kind = ActionKind;

constexpr int kTriesToRemove = 3;

void set(ActionRecord& record, ActionStatus status, std::string detail) {
  record.status = status;
  record.detail = std::move(detail);
}

}  // namespace

bool takes_away(const PlannedAction& action) {
  return !action.is_there && (action.kind == Kind::move || action.kind == Kind::remove);
}

std::optional<std::string> why_not_brought_on(const ObjectHead& head, const ObjectRef& object,
                                              Disposition disposition) {
  const Provenance from{.object = object,
                        .etag = head.etag,
                        .result = std::string(name_of(disposition)),
                        .hops = hops_until(head.metadata, object)};
  if (from.hops >= kHopsMax) {
    return "routes have brought it on " + std::to_string(kHopsMax) +
           " times; they lead in a circle";
  }
  // Marks are of one length, whatever the place.
  const auto added = copy_metadata(from, object.bucket, object.key);
  if (counts_hops(copied_metadata(head.metadata, added))) return std::nullopt;
  return "its owner's metadata leave no room to count how often routes bring it on";
}

bool Acting::fail(ActionRecord& record, std::string why) {
  set(record, ActionStatus::failed, std::move(why));
  return false;
}

Result<void> Acting::run(const std::vector<PlannedAction>& plan) {
  bool all_done = true;  // Nothing is taken away before everything else was done.
  for (const PlannedAction& action : plan) {
    result_.actions.push_back({action.kind, action.bucket, action.key, ActionStatus::done});
    const std::size_t mine = result_.actions.size() - 1;
    ActionRecord& record = result_.actions[mine];
    if (action.is_there) {
      set(record, ActionStatus::skipped, "it lies below the destination already");
    } else if (action.impossible) {
      set(record, ActionStatus::failed, *action.impossible);
    } else if (takes_away(action) && facts_.held) {
      set(record, ActionStatus::held, *facts_.held);
    } else if (takes_away(action) && !all_done) {
      set(record, ActionStatus::skipped, "an action before this one was not done");
    } else if (action.kind == Kind::remove) {
      // Nothing will be left that tells of it, so the report comes first.
      record.status = ActionStatus::pending;
      CORDON_TRY(ports_.report());
      record.status = ActionStatus::done;
      CORDON_TRY(remove(record));
    } else if (action.kind != Kind::keep) {
      CORDON_TRY(const bool may_go, transfer(action, record));
      if (may_go && action.kind == Kind::move) CORDON_TRY(remove(record));
      // Also when it was skipped: then no copy is where the route wants one.
      all_done = all_done && may_go;
    }
    all_done = all_done && record.status != ActionStatus::failed;
  }
  return {};
}

Provenance Acting::provenance() const {
  const Verdict& verdict = result_.verdict;
  return {.object = facts_.object,
          .etag = facts_.head->etag,
          .sha256 = result_.sha256.value_or(""),
          .signature = verdict.virus_names.empty() ? "" : verdict.virus_names.front(),
          .time = result_.scanned_at,
          .result_id = result_.id,
          .result = std::string(name_of(verdict.disposition)),
          .reason = verdict.reason ? std::string(name_of(*verdict.reason)) : "",
          .signatures = verdict.virus_names,
          .hops = hops_until(facts_.head->metadata, facts_.object)};
}

// --- copy ------------------------------------------------------------------------------------

Result<void> Acting::know_head() {
  if (facts_.head) return {};
  CORDON_TRY(ObjectHead head, ports_.store.head(facts_.object, ports_.deadline, ports_.stop));
  if (!pins_bytes(facts_.object.version) && facts_.told.etag && *facts_.told.etag != head.etag) {
    return Error{Errc::changed, "the object was replaced"};
  }
  facts_.head = std::move(head);
  return {};
}

// A copy of ours is not sent on by the route that brought it here: a staging bucket whose
// destination is itself protected would otherwise move it again and again. Only clean objects: the
// mark can be forged, and must not keep anything else out of quarantine.
bool Acting::was_put_here() const {
  const Disposition disposition = result_.verdict.disposition;
  if (disposition != Disposition::clean && disposition != Disposition::infected_allowed) {
    return false;
  }
  const auto mark = facts_.head->metadata.find(kMetaAt);
  return mark != facts_.head->metadata.end() &&
         mark->second == arrival_mark(facts_.object.bucket, facts_.object.key,
                                      std::string(name_of(disposition)));
}

Result<bool> Acting::know_tags(const PlannedAction& action, ActionRecord& record) {
  if (facts_.tags) return true;
  Result<TagSet> tags = ports_.store.tags(facts_.object, ports_.deadline, ports_.stop);
  if (tags) {
    facts_.tags = *std::move(tags);
    return true;
  }
  if (!is_refusal(tags.error())) return tags.error();
  if (action.to_quarantine) {  // Better there without its owner's tags than not there.
    facts_.tags = facts_.ours;
    return true;
  }
  set(record, ActionStatus::failed,
      "the owner's tags cannot be read and would be lost: " + tags.error().what);
  return false;
}

Result<bool> Acting::transfer(PlannedAction action, ActionRecord& record) {
  Result<void> known = know_head();
  if (known) known = source_unchanged();
  if (!known) {
    if (!is_refusal(known.error())) return known.error();
    return fail(record, known.error().what);
  }
  if (was_put_here()) {
    set(record, ActionStatus::skipped, "it was put here by an earlier move");
    return false;
  }
  // Quarantines are not scanned, so nothing goes round there; and anybody can write the metadata.
  if (!action.to_quarantine) {
    const auto why = why_not_brought_on(*facts_.head, facts_.object, result_.verdict.disposition);
    if (why) return fail(record, *why);
  }
  if (needs_proof() && result_.verdict.disposition == Disposition::clean && !action.to_quarantine) {
    const Result<std::optional<std::string>> why = ports_.why_clean_stays();
    if (!why && !is_refusal(why.error())) return why.error();
    if (!why) return fail(record, "the store cannot be tried: " + why.error().what);
    if (*why) return fail(record, **why);
  }
  CORDON_TRY(const bool has_tags, know_tags(action, record));
  if (!has_tags) return false;
  CORDON_TRY(const Place place, find_place(action, record));
  if (record.status == ActionStatus::failed) return false;
  if (!place.ours) return copy(action, place.is_taken, record);
  const auto id = place.ours->metadata.find(kMetaResultId);
  const bool has_id = id != place.ours->metadata.end() && id->second.size() == result_.id.size();
  // Under this name it may have been reported already. Elsewhere anybody could have written the
  // name of another result.
  if (action.to_quarantine && has_id) result_.id = id->second;
  metadata_of_copy_ = place.ours->metadata;
  return finish(action, {*action.bucket, *action.key, place.ours->version}, *place.ours, record);
}

// --- delete ----------------------------------------------------------------------------------

// The version "null" is overwritten in place while versioning is suspended, so its deletion must be
// conditional, and S3 knows conditions for the current version only. When another version is
// current, versioning is on again and "null" cannot change any more.
Result<ObjectRef> Acting::removable() {
  if (!facts_.object.version || pins_bytes(facts_.object.version)) return facts_.object;
  const ObjectRef unpinned{facts_.object.bucket, facts_.object.key};
  CORDON_TRY(const ObjectHead current, ports_.store.head(unpinned, ports_.deadline, ports_.stop));
  return pins_bytes(current.version) ? facts_.object : unpinned;
}

// The condition of the deletion is an ETag, which a twin has as well, so more is compared before.
// Whatever is answered, a look says what came of it: what counts is whether the object is there.
Result<void> Acting::remove_source() {
  std::string said;
  for (int attempt = 0; attempt < kTriesToRemove; ++attempt) {
    CORDON_TRY(source_unchanged());
    CORDON_TRY(const ObjectRef target, removable());
    const Result<void> removed =
        ports_.store.remove(target, facts_.head->etag, ports_.deadline, ports_.stop);
    const bool is_answer =
        removed || is_refusal(removed.error()) || is_gone_or_changed(removed.error());
    if (!is_answer) return removed;
    const Result<ObjectHead> left = ports_.store.head(target, ports_.deadline, ports_.stop);
    if (!left && left.error().code == Errc::not_found) return {};
    if (!left || !is_same_state(*facts_.head, *left)) return removed;
    if (!removed && is_refusal(removed.error())) return removed;
    said = removed ? "that it is deleted" : removed.error().what;
  }
  return Error{Errc::denied, "the store says " + said + ", and it is there as it was",
               ErrorCause::still_there};
}

// One answer said that there is nothing to delete, or something else, and a proxy may have given
// it.
Error Acting::confirmed(const Error& told) {
  const Result<ObjectHead> now = ports_.store.head(facts_.object, ports_.deadline, ports_.stop);
  if (now && facts_.head && is_same_state(*facts_.head, *now)) {
    return {Errc::unavailable, told.what + "; the next look shows it as it was"};
  }
  if (now || now.error().code == Errc::not_found || is_refusal(now.error())) return told;
  return now.error();
}

Result<void> Acting::remove(ActionRecord& record) {
  CORDON_TRY(ports_.before(Step::remove));
  Result<void> removed = know_head();
  if (removed) removed = remove_source();
  if (!removed && is_gone_or_changed(removed.error())) removed = confirmed(removed.error());
  if (removed || removed.error().code == Errc::not_found) return {};
  if (removed.error().code == Errc::changed) {
    record.detail = "the object was replaced before it was deleted; the new one stays";
    if (record.kind == Kind::remove) record.status = ActionStatus::skipped;
    return {};
  }
  if (!is_refusal(removed.error())) return removed;
  set(record, ActionStatus::failed, "it cannot be deleted: " + removed.error().what);
  return {};
}

}  // namespace cordon
