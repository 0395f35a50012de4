// The copying half of Acting: from a place that was looked at to a copy that was looked at.
//
// A version names its bytes, so a copy of it is made with its verdict at once and compared by what
// the store says about both. Where that compares nothing (an ETag that is no MD5, no checksum of
// one kind), and where it was found instead of made here, it is read back. Without a version
// nothing in a request pins bytes: an ETag is an MD5, of which two contents may have the same, and
// some stores ignore the condition. So such a copy is written without a verdict, read back,
// compared with the SHA-256 of what was scanned, and only then tagged. Whoever dies in between
// leaves an object without a verdict, which the next delivery finds by its mark and finishes; where
// the destination is protected, it is scanned like any upload as well.
//
// A copy that is wrong is taken back: its version says that it is ours. Without one, its ETag and
// the id of our result have to, as a look shows them; the id may be missing only where the owner's
// metadata left it no room, and then all metadata have to be those of the copy. What cannot be
// looked at is left.

#include <algorithm>

#include "agent/acting.h"
#include "base/retry.h"
#include "core/copied_metadata.h"
#include "core/failure_verdicts.h"
#include "core/object_state.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kCleanUpTime{30};
constexpr int kTriesToTakeBack = 3;

// What lies there now may be somebody else's, or ours under the ETag that its store has found for
// it since. The next delivery reads it and knows; until then its source stays.
Error was_replaced(const std::string& when) {
  return Error{Errc::unavailable, "the copy was replaced " + when};
}

}  // namespace

using MaybeCopy = std::optional<CopyResult>;

std::string Acting::mark_of_source() const {
  return source_mark(facts_.told.object, facts_.told.etag.value_or(facts_.head->etag));
}

// Where the id found no room, all that the copy was given has to be there: an owner's object of the
// same bytes has other metadata.
bool Acting::is_copy_at_hand(const ObjectHead& there, const ETag& made) const {
  if (there.etag != made) return false;
  const auto id = metadata_of_copy_.find(kMetaResultId);
  if (id == metadata_of_copy_.end()) return there.metadata == metadata_of_copy_;
  const auto found = there.metadata.find(kMetaResultId);
  return found != there.metadata.end() && found->second == id->second;
}

bool Acting::carries_our_id(const ObjectHead& there) const {
  const auto id = there.metadata.find(kMetaResultId);
  return id != there.metadata.end() && id->second == result_.id;
}

bool Acting::is_told_apart(const ObjectHead& there, const ETag& made) const {
  return there.etag != made || there.metadata.contains(kMetaResultId);
}

bool Acting::has_room_for_id() const { return metadata_of_copy_.contains(kMetaResultId); }

// --- before ----------------------------------------------------------------------------------

Result<void> Acting::source_unchanged() {
  if (!needs_proof()) return {};
  CORDON_TRY(const ObjectHead now, ports_.store.head(facts_.object, ports_.deadline, ports_.stop));
  if (is_same_state(*facts_.head, now)) return {};
  return Error{Errc::changed, "the object was replaced"};
}

// A quarantine keeps versions, but one that the settings name need not. There what finds its place
// taken gets one of its own: nothing is overwritten, and nothing harmful stays where it was
// uploaded. A repeat finds the first of them again. A twin has the same mark, and an uploader who
// knows it can have it taken by a key that ends so; the id of this result nobody knows before.
Result<Acting::Place> Acting::find_place(PlannedAction& action, ActionRecord& record) {
  CORDON_TRY(Place place, look_at_place(action, record));
  if (!action.to_quarantine) return place;
  for (const std::string& mark : {mark_of_source(), result_mark(result_.id)}) {
    if (!place.would_be_lost) break;
    record = {record.kind, record.bucket, quarantine_key_beside(facts_.object, mark),
              ActionStatus::done};
    action.key = record.key;
    CORDON_TRY(place, look_at_place(action, record));
  }
  return place;
}

Result<Acting::Place> Acting::look_at_place(const PlannedAction& action, ActionRecord& record) {
  metadata_of_copy_ =
      copied_metadata(facts_.head->metadata, request_for(action, false).add_metadata);
  const ObjectRef at{*action.bucket, *action.key};
  Result<ObjectHead> head = ports_.store.head(at, ports_.deadline, ports_.stop);
  const bool is_free = !head && head.error().code == Errc::not_found;
  if (!head && !is_free) {
    if (!is_refusal(head.error())) return head.error();
    fail(record, "the destination cannot be looked at: " + head.error().what);
    return Place{};
  }
  if (head) {
    CORDON_TRY(const bool is_ours, is_our_copy({at.bucket, at.key, head->version}, *head));
    if (is_ours) return Place{.is_taken = true, .ours = *std::move(head)};
  }
  if (facts_.is_repeat && head && !pins_bytes(head->version)) CORDON_TRY(take_verdict_off(at));
  if (facts_.is_repeat && (is_free || pins_bytes(head->version))) {
    const auto fits = [&](const ObjectHead& one) { return was_left_unfinished(at, one); };
    CORDON_TRY(std::optional<ObjectHead> left, ports_.below(at, facts_.head->bytes, fits));
    if (left) return Place{.is_taken = true, .ours = std::move(left)};
  }
  if (is_free) return Place{};
  const bool would_be_lost = !pins_bytes(head->version);
  if (facts_.collision == Collision::fail && !action.to_quarantine) {
    fail(record, "the destination exists");
  } else if (would_be_lost) {
    fail(record, "the destination exists, and its bucket keeps no versions");
  }
  return Place{.is_taken = true, .would_be_lost = would_be_lost};
}

// Tags have no condition: that delivery may have written them on what its owner had just put there,
// and died before it saw that. They are those that the object carries since. Nobody has scanned
// what they say is Clean.
Result<void> Acting::take_verdict_off(const ObjectRef& at) {
  const TagSet& given = facts_.given;
  if (!given.contains(facts_.tag_keys.result)) return {};
  const Result<TagSet> there = ports_.store.tags(at, ports_.deadline, ports_.stop);
  if (!there && (is_refusal(there.error()) || there.error().code == Errc::not_found)) return {};
  CORDON_TRY(there);
  const bool are_given = std::includes(there->begin(), there->end(), given.begin(), given.end());
  if (!are_given) return {};
  return ports_.store.set_tags(at, without_written(*there, given), ports_.deadline, ports_.stop);
}

// The delivery that made it may have died before it looked at it. But anybody who may write there
// can write the mark as well.
Result<bool> Acting::is_our_copy(const ObjectRef& at, const ObjectHead& head) {
  const auto id = head.metadata.find(kMetaResultId);
  const bool has_id = id != head.metadata.end() && id->second.size() == result_.id.size();
  const bool is_marked = head.metadata.contains(kMetaFrom) && (has_id || !has_room_for_id());
  if (!is_marked || mismatch(head, mark_of_source())) return false;
  CORDON_TRY(const MaybeWrong wrong, wrong_bytes(at, head));
  return !wrong;
}

// Copied once more, it would come above what its owner has written there since, and the one that
// was left would never get its verdict. A finished one is of an earlier upload of the same bytes,
// unless the mark names a version.
Result<bool> Acting::was_left_unfinished(const ObjectRef& at, const ObjectHead& head) {
  const ObjectRef version{at.bucket, at.key, head.version};
  if (needs_proof()) {
    const Result<TagSet> tags = ports_.store.tags(version, ports_.deadline, ports_.stop);
    if (!tags && !is_refusal(tags.error())) return tags.error();
    const bool is_unfinished =
        tags && !facts_.ours.empty() && !tags->contains(facts_.tag_keys.result);
    if (!is_unfinished) return false;
  }
  return is_our_copy(version, head);
}

// --- the copy --------------------------------------------------------------------------------

CopyRequest Acting::request_for(const PlannedAction& action, bool is_taken) const {
  const Provenance from = provenance();
  CopyRequest request{
      .from = facts_.object,
      .from_etag = facts_.head->etag,
      .bytes = facts_.head->bytes,
      .to_bucket = *action.bucket,
      .to_key = *action.key,
      .tags = needs_proof() ? without_ours(*facts_.tags, facts_.tag_keys) : *facts_.tags,
      .only_if_absent = !is_taken};
  request.add_metadata =
      action.to_quarantine
          ? quarantine_metadata(from, request.to_bucket, request.to_key, facts_.head->metadata)
          : copy_metadata(from, request.to_bucket, request.to_key);
  request.add_metadata[kMetaFrom] = mark_of_source();
  return request;
}

Result<MaybeCopy> Acting::made_all_the_same(const CopyRequest& request) {
  const Result<ObjectHead> there =
      ports_.store.head({request.to_bucket, request.to_key}, ports_.deadline, ports_.stop);
  if (!there) {
    if (there.error().code == Errc::not_found || is_refusal(there.error())) return MaybeCopy();
    return there.error();
  }
  if (!carries_our_id(*there)) return MaybeCopy();
  return MaybeCopy(CopyResult{there->etag, there->version});
}

Result<bool> Acting::copy(const PlannedAction& action, bool is_taken, ActionRecord& record) {
  CORDON_TRY(ports_.before(Step::copy));
  const CopyRequest request = request_for(action, is_taken);
  Result<CopyResult> made = ports_.store.copy(request, ports_.deadline, ports_.stop);
  const bool is_found = !made;
  if (!made) {
    const Error& error = made.error();
    if (error.code == Errc::changed && error.cause == ErrorCause::place_taken) {
      if (facts_.collision == Collision::fail && !action.to_quarantine) {
        return fail(record, "the destination exists");
      }
      return Error{Errc::unavailable, "something came to the destination meanwhile"};
    }
    if (!is_refusal(error)) return error;
    CORDON_TRY(const MaybeCopy there, made_all_the_same(request));
    if (!there) return fail(record, error.what);
    made = *there;
  }
  const ObjectRef place{request.to_bucket, request.to_key, made->version};
  const Result<ObjectHead> seen = ports_.store.head(place, ports_.deadline, ports_.stop);
  if (!seen && seen.error().code == Errc::not_found) {
    return Error{Errc::unavailable, "the copy cannot be found: " + seen.error().what};
  }
  if (!seen && !is_refusal(seen.error())) return seen.error();
  if (!seen) {
    const std::string why = "the copy cannot be verified: " + seen.error().what;
    return fail(record, why + take_back(place, made->etag));
  }
  std::optional<std::string> wrong = mismatch(*seen, mark_of_source());
  const bool is_renamed = seen->etag != made->etag;
  // Whatever the answer to the request said: the id of this result nobody else knows yet.
  const ETag& at_hand = carries_our_id(*seen) ? seen->etag : made->etag;
  if (!wrong && is_renamed && !pins_bytes(place.version)) return was_replaced("at once");
  if (!wrong) {
    const bool is_nameless = !pins_bytes(place.version) && !seen->metadata.contains(kMetaFrom);
    const bool is_unproven = is_found || is_renamed || is_nameless || !is_compared(*seen);
    CORDON_TRY(wrong, is_unproven ? wrong_bytes(place, *seen) : wrong_content(place, *seen));
  }
  if (!wrong) return finish(action, place, *seen, record);
  const std::string left = take_back(place, at_hand);
  if (needs_proof() && left.empty()) {
    const Result<void> unchanged = source_unchanged();
    // The event of what is there now sees to it.
    if (!unchanged && unchanged.error().code == Errc::changed) return unchanged.error();
  }
  return fail(record, "the copy is not what was copied: " + *wrong + left);
}

std::optional<std::string> Acting::mismatch(const ObjectHead& copy, const std::string& mark) const {
  if (copy.bytes != facts_.head->bytes) return "its size is " + std::to_string(copy.bytes);
  if (facts_.head->etag_is_md5 && copy.etag_is_md5 && copy.etag != facts_.head->etag) {
    return "its ETag is another";
  }
  if (have_comparable_checksums(facts_.checksum, copy.checksum) &&
      *facts_.checksum != *copy.checksum) {
    return "its checksum is another";
  }
  // Ours may have found no room beside the owner's, whose uploader could else keep what he uploads
  // from being moved. Then the version that the copy was answered with says whose it is; without
  // one, its bytes have to be read.
  const auto from = copy.metadata.find(kMetaFrom);
  const bool had_room = metadata_of_copy_.contains(kMetaFrom);
  if (from == copy.metadata.end() && (pins_bytes(copy.version) || !had_room)) return std::nullopt;
  if (from == copy.metadata.end() || from->second != mark) {
    return "its metadata are not ours";
  }
  return std::nullopt;
}

bool Acting::is_compared(const ObjectHead& copy) const {
  return have_comparable_checksums(facts_.checksum, copy.checksum) ||
         (facts_.head->etag_is_md5 && copy.etag_is_md5);
}

Result<Acting::MaybeWrong> Acting::wrong_content(const ObjectRef& place, const ObjectHead& seen) {
  if (!needs_proof()) return MaybeWrong();
  if (!result_.sha256) {
    // Nobody read it. That the source was the same before and after is what can be known.
    const Result<void> unchanged = source_unchanged();
    if (unchanged) return MaybeWrong();
    if (is_transient(unchanged.error().code)) return unchanged.error();
    return MaybeWrong(unchanged.error().what);
  }
  return wrong_bytes(place, seen);
}

Result<std::string> Acting::sha256_of_source() {
  if (result_.sha256) return *result_.sha256;
  CORDON_TRY(std::string sha256, ports_.hash(facts_.object, *facts_.head));
  CORDON_TRY(source_unchanged());
  return sha256;
}

Result<Acting::MaybeWrong> Acting::wrong_bytes(const ObjectRef& place, const ObjectHead& seen) {
  const Result<std::string> wanted = sha256_of_source();
  if (!wanted) {
    if (!is_refusal(wanted.error())) return wanted.error();
    return MaybeWrong("its source cannot be read: " + wanted.error().what);
  }
  const Result<std::string> sha256 = ports_.hash(place, seen);
  if (sha256) {
    return *sha256 == *wanted ? MaybeWrong() : MaybeWrong("its content is another");
  }
  const Error& error = sha256.error();
  if (is_gone_or_changed(error)) return was_replaced("while it was read");
  if (is_refusal(error)) return MaybeWrong("it cannot be read back: " + error.what);
  return error;
}

// --- its tags --------------------------------------------------------------------------------

Result<bool> Acting::finish(const PlannedAction& action, const ObjectRef& place,
                            const ObjectHead& seen, ActionRecord& record) {
  if (!needs_proof() && seen.tag_count == facts_.tags->size()) return true;
  const Result<MaybeWrong> tagged = tag_copy(place, seen);
  if (!tagged) {
    // That the copy is gone does not mean that its source is.
    const bool is_gone = tagged.error().code == Errc::not_found;
    return is_gone ? Error{Errc::unavailable, tagged.error().what} : tagged.error();
  }
  const MaybeWrong& wrong = *tagged;
  if (!wrong) return true;
  if (action.to_quarantine) {  // Better there without its tags than not there.
    record.detail = "the copy has not all of its tags: " + *wrong;
    return true;
  }
  return fail(record, "the copy cannot be tagged: " + *wrong + take_back(place, seen.etag));
}

Result<Acting::MaybeWrong> Acting::tag_copy(const ObjectRef& place, const ObjectHead& seen) {
  const TagSet& wanted = *facts_.tags;
  // Who scanned it where it lies has said what there is to say.
  const auto is_done = [&](const TagSet& tags) {
    return tags == wanted || tags.contains(facts_.tag_keys.result);
  };
  const auto is_there = [&]() -> Result<bool> {
    if (pins_bytes(place.version)) return true;
    const Result<ObjectHead> now = ports_.store.head(place, ports_.deadline, ports_.stop);
    if (now) return is_copy_at_hand(*now, seen.etag) && is_same_state(seen, *now);
    if (now.error().code == Errc::not_found) return false;
    return now.error();
  };
  const Result<TagSet> present = ports_.store.tags(place, ports_.deadline, ports_.stop);
  if (!present && !is_refusal(present.error())) return present.error();
  if (present && is_done(*present)) return MaybeWrong();
  if (!present && !needs_proof()) return MaybeWrong();  // It was written with them.
  CORDON_TRY(const bool there_before, is_there());
  if (!there_before) return was_replaced("before it was tagged");
  const Result<void> set = ports_.store.set_tags(place, wanted, ports_.deadline, ports_.stop);
  if (!set) {
    if (!is_refusal(set.error())) return set.error();
    return MaybeWrong(set.error().what);
  }
  const Result<TagSet> found = ports_.store.tags(place, ports_.deadline, ports_.stop);
  CORDON_TRY(const bool there_after, is_there());
  if (!there_after) {
    // They may lie on somebody else's object, which nobody has scanned. Where it carries others, it
    // came after they were written, and of those only a verdict could not be its own.
    const Result<TagSet> now = ports_.store.tags(place, ports_.deadline, ports_.stop);
    if (!now && now.error().code == Errc::not_found) return was_replaced("while it was tagged");
    CORDON_TRY(now);
    const TagSet verdict = without_written(wanted, without_ours(wanted, facts_.tag_keys));
    const TagSet back = without_written(*now, *now == wanted ? wanted : verdict);
    if (back != *now) {
      CORDON_TRY(ports_.store.set_tags(place, back, ports_.deadline, ports_.stop));
    }
    return was_replaced("while it was tagged");
  }
  if (found && !is_done(*found)) return MaybeWrong("the store did not keep them");
  return MaybeWrong();
}

// --- taking it back --------------------------------------------------------------------------

// On its own time, and not stopped: a wrong copy in production is worse than a late stop. Worse
// than both is to delete what is somebody else's. A version that was made here is ours whatever can
// be seen of it; without one, only a look directly before says what would be deleted, and where no
// look is possible the copy stays, and the record tells of it.
std::string Acting::take_back(const ObjectRef& place, const ETag& made) {
  const bool is_pinned = pins_bytes(place.version);
  const ObjectRef target = is_pinned ? place : ObjectRef{place.bucket, place.key};
  const Deadline deadline = Deadline::after(ports_.clock, kCleanUpTime);
  std::string why;
  bool is_removed = false;
  for (int attempt = 0; attempt <= kTriesToTakeBack; ++attempt) {
    const Result<ObjectHead> there = ports_.store.head(target, deadline, {});
    if (!there && there.error().code == Errc::not_found) return "";
    if (there && !is_pinned && !is_copy_at_hand(*there, made)) {
      if (is_told_apart(*there, made)) return "";
      return "; it could not be taken back: the same content lies there without the id of a result";
    }
    const bool is_last = attempt == kTriesToTakeBack || (!there && is_refusal(there.error()));
    if (!there && is_removed && is_last) return "";  // Nothing more can be known.
    if (!there && !is_pinned) {
      why = "it cannot be seen whether it is still there, or somebody else's object: " +
            there.error().what;
      if (is_last) break;
      continue;
    }
    if (attempt == kTriesToTakeBack) break;
    const Result<void> removed = ports_.store.remove(target, made, deadline, {});
    is_removed = removed.ok();
    why = removed ? "the store says that it is deleted, and it is there" : removed.error().what;
  }
  return "; it could not be taken back: " + why;
}

}  // namespace cordon
