#include "agent/acting.h"

#include "agent/failure_verdicts.h"

namespace cordon {
namespace {

using Kind = PlannedAction::Kind;

constexpr const char* kDone = "done";
constexpr const char* kFailed = "failed";
constexpr const char* kSkipped = "skipped";
constexpr const char* kPending = "pending";
constexpr const char* kHeld = "held";

// Refused for good, because of this object or this place; everything else is worth another delivery
// or means that the object is gone.
bool is_refusal(const Error& error) {
  return is_denied_for_object(error) || error.code == Errc::invalid;
}

void set(ActionRecord& record, const char* status, std::string detail) {
  record.status = status;
  record.detail = std::move(detail);
}

}  // namespace

bool takes_away(const PlannedAction& action) {
  return action.kind == Kind::move || action.kind == Kind::remove;
}

Result<void> Acting::run(const std::vector<PlannedAction>& plan) {
  bool all_well = true;
  for (const PlannedAction& action : plan) {
    result_.actions.push_back(
        {std::string(name_of(action.kind)), action.bucket, action.key, kDone});
    const std::size_t mine = result_.actions.size() - 1;
    ActionRecord& record = result_.actions[mine];
    if (action.impossible) {
      set(record, kFailed, *action.impossible);
    } else if (takes_away(action) && facts_.held) {
      set(record, kHeld, *facts_.held);
    } else if (takes_away(action) && !all_well) {
      set(record, kSkipped, "an action before this one failed");
    } else if (action.kind == Kind::remove) {
      // Nothing will be left that tells of it, so the report comes first.
      record.status = kPending;
      CORDON_TRY(ports_.report());
      record.status = kDone;
      CORDON_TRY(remove(record));
    } else if (action.kind != Kind::keep) {
      CORDON_TRY(const bool may_go, transfer(action, record));
      if (may_go && action.kind == Kind::move) CORDON_TRY(remove(record));
    }
    all_well = all_well && record.status != kFailed;
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
          .signatures = verdict.virus_names};
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
         mark->second == place_mark(facts_.object.bucket, facts_.object.key);
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
  set(record, kFailed, "the owner's tags cannot be read and would be lost: " + tags.error().what);
  return false;
}

Result<bool> Acting::transfer(const PlannedAction& action, ActionRecord& record) {
  const Result<void> known = know_head();
  if (!known) {
    if (!is_refusal(known.error())) return known.error();
    set(record, kFailed, known.error().what);
    return false;
  }
  if (was_put_here()) {
    set(record, kSkipped, "it was put here by an earlier move");
    return false;
  }
  CORDON_TRY(const bool has_tags, know_tags(action, record));
  if (!has_tags) return false;
  CORDON_TRY(const std::optional<ObjectHead> there, existing(action, record));
  if (there) {
    const auto id = there->metadata.find(kMetaResultId);
    if (id != there->metadata.end() && id->second.size() == result_.id.size()) {
      result_.id = id->second;  // Under this name it may have been reported already.
    }
    return true;
  }
  if (record.status == kFailed) return false;
  return copy(action, record);
}

using MaybeHead = std::optional<ObjectHead>;

Result<MaybeHead> Acting::existing(const PlannedAction& action, ActionRecord& record) {
  const ObjectRef place{*action.bucket, *action.key};
  Result<ObjectHead> head = ports_.store.head(place, ports_.deadline, ports_.stop);
  if (!head) {
    if (head.error().code == Errc::not_found) return MaybeHead();
    if (!is_refusal(head.error())) return head.error();
    set(record, kFailed, "the destination cannot be looked at: " + head.error().what);
    return MaybeHead();
  }
  // The delivery that made it may have died before it looked at it.
  const bool is_marked = head->metadata.contains(kMetaFrom);
  if (is_marked && !mismatch(*head, mark_of_source())) return MaybeHead(*std::move(head));
  const bool keeps_versions = pins_bytes(head->version);
  if (facts_.collision == Collision::fail && !action.to_quarantine) {
    set(record, kFailed, "the destination exists");
  } else if (!keeps_versions) {
    set(record, kFailed, "the destination exists, and its bucket keeps no versions");
  }
  return MaybeHead();
}

std::string Acting::mark_of_source() const {
  return source_mark(facts_.told.object, facts_.told.etag.value_or(facts_.head->etag));
}

Result<bool> Acting::copy(const PlannedAction& action, ActionRecord& record) {
  CORDON_TRY(ports_.before(Step::copy));
  Provenance from = provenance();
  CopyRequest request{.from = facts_.object,
                      .from_etag = facts_.head->etag,
                      .bytes = facts_.head->bytes,
                      .to_bucket = *action.bucket,
                      .to_key = *action.key,
                      .tags = *facts_.tags};
  request.add_metadata =
      action.to_quarantine
          ? quarantine_metadata(from, request.to_bucket, request.to_key, facts_.head->metadata)
          : copy_metadata(from, request.to_bucket, request.to_key);
  request.add_metadata[kMetaFrom] = mark_of_source();
  const Result<CopyResult> made = ports_.store.copy(request, ports_.deadline, ports_.stop);
  if (!made) {
    if (!is_refusal(made.error())) return made.error();
    set(record, kFailed, made.error().what);
    return false;
  }
  const ObjectRef place{request.to_bucket, request.to_key, made->version};
  const Result<ObjectHead> seen = ports_.store.head(place, ports_.deadline, ports_.stop);
  if (!seen) {
    if (seen.error().code == Errc::not_found) {
      return Error{Errc::unavailable, "the copy cannot be found: " + seen.error().what};
    }
    if (!is_refusal(seen.error())) return seen.error();
    set(record, kFailed, "the copy cannot be verified: " + seen.error().what);
    return false;
  }
  std::optional<std::string> wrong = mismatch(*seen, mark_of_source());
  if (!wrong && seen->etag != made->etag) wrong = "it was replaced at once";
  if (!wrong) return true;
  set(record, kFailed, "the copy is not what was copied: " + *wrong);
  return false;
}

std::optional<std::string> Acting::mismatch(const ObjectHead& copy, const std::string& mark) const {
  if (copy.bytes != facts_.head->bytes) return "its size is " + std::to_string(copy.bytes);
  if (facts_.head->etag_is_md5 && copy.etag_is_md5 && copy.etag != facts_.head->etag) {
    return "its ETag is another";
  }
  const bool comparable =
      facts_.checksum && copy.checksum && facts_.checksum->algorithm == copy.checksum->algorithm;
  if (comparable && *facts_.checksum != *copy.checksum) return "its checksum is another";
  // Ours may have found no room beside the owner's, whose uploader could else keep what he uploads
  // from being moved. Then the version that the copy was answered with says whose it is.
  const auto from = copy.metadata.find(kMetaFrom);
  if (from == copy.metadata.end() && pins_bytes(copy.version)) return std::nullopt;
  if (from == copy.metadata.end() || from->second != mark) {
    return "its metadata are not ours";
  }
  return std::nullopt;
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

Result<void> Acting::remove(ActionRecord& record) {
  CORDON_TRY(ports_.before(Step::remove));
  Result<void> removed = know_head();
  if (removed) {
    Result<ObjectRef> target = removable();
    removed = target ? ports_.store.remove(*target, facts_.head->etag, ports_.deadline, ports_.stop)
                     : Result<void>(target.error());
  }
  if (removed || removed.error().code == Errc::not_found) return {};
  if (removed.error().code == Errc::changed) {
    record.detail = "the object was replaced before it was deleted; the new one stays";
    if (record.kind == name_of(Kind::remove)) record.status = kSkipped;
    return {};
  }
  if (!is_refusal(removed.error())) return removed;
  set(record, kFailed, "it cannot be deleted: " + removed.error().what);
  return {};
}

}  // namespace cordon
