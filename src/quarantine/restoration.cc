// The way back from quarantine.
//
// Whoever puts an infected object back wants it to stay, but its own created event brings an agent
// that would quarantine it again. So a restoration into a watched bucket must say what the agent is
// to believe: this object, once, or this content from now on. The agent learns it from documents
// that no uploader can write (docs/adr/0016-allow-once.md). They are written before the copy is
// made, for the event may be faster than we are, and closed to exactly that copy afterwards.

#include "quarantine/restoration.h"

#include <algorithm>

#include "core/allow_mark.h"
#include "core/object_state.h"
#include "core/provenance.h"
#include "quarantine/marking.h"
#include "quarantine/removal.h"

namespace cordon {
namespace {

// Copying by parts takes its time, and until it is done the mark must hold.
constexpr std::chrono::hours kMarkOpen{6};

std::map<std::string, std::string> owners_part(std::map<std::string, std::string> metadata) {
  std::erase_if(metadata, [](const auto& field) { return field.first.starts_with("cordon-"); });
  return metadata;
}

std::optional<std::string> tag_of(const TagSet& tags, const std::string& key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::nullopt : std::optional<std::string>(found->second);
}

// What is at the place is an earlier run's copy when it says that it was made from this version.
// Where the owner's metadata leave no room for saying so, it is enough that they are the same and
// nothing speaks against it. Its bytes are compared in any case.
bool looks_like_our_copy(const KnownObject& stored, const ObjectHead& there) {
  if (there.bytes != stored.head.bytes) return false;
  const std::string mark = source_mark(stored.object, stored.head.etag);
  const auto from = there.metadata.find(kMetaFrom);
  if (from != there.metadata.end()) return from->second == mark;
  const auto owners = owners_part(stored.head.metadata);
  std::size_t bytes = std::string_view(kMetaFrom).size() + mark.size();
  for (const auto& [name, value] : owners) bytes += name.size() + value.size();
  return bytes > kMetadataBytesMax && there.metadata == owners;
}

}  // namespace

Result<Restored> Restoration::run() {
  CORDON_TRY(open());
  CORDON_TRY(choose_place());
  CORDON_TRY(refuse_a_circle());
  CORDON_TRY(know_content());
  CORDON_TRY(const bool resumed, find_own_copy());
  CORDON_TRY(list_always());
  if (!resumed) {
    CORDON_TRY(allow_it());
    CORDON_TRY(copy());
  }
  CORDON_TRY(verify());
  CORDON_TRY(keep_tags());
  if (request_.allow != Allow::none) {
    ports_.before("bind");
    CORDON_TRY(Marking(ports_.store, ports_.catalogue, request_.stored.bucket)
                   .bind(copy_.object, copy_.head, sha256_, deadline_, stop_));
  }
  CORDON_TRY(remove_stored());
  return Restored{.record = record_,
                  .place = copy_.object,
                  .etag = copy_.head.etag,
                  .resumed = resumed,
                  .listed = listed_};
}

// --- what it is and where it goes --------------------------------------------------------------

Result<void> Restoration::open() {
  stored_.object = request_.stored;
  Result<ObjectHead> head = ports_.store.head(stored_.object, deadline_, stop_);
  if (!head) {
    if (head.error().code != Errc::not_found) return head.error();
    return Error{Errc::not_found, "nothing in " + stored_.object.bucket.str() +
                                      " has this id; it was restored, deleted, or has expired"};
  }
  stored_.head = *std::move(head);
  record_ = read_record(stored_.object, stored_.head.metadata);
  return {};
}

Result<void> Restoration::choose_place() {
  if (!request_.to && !record_.original) {
    return Error{Errc::invalid,
                 "nothing certain says where the object was; name a place with --to s3://B/K"};
  }
  place_ = request_.to ? *request_.to : *record_.original;
  // Only what somebody names can be a folder to put it in; an object's own key may end like one.
  const bool is_folder = request_.to && (place_.key.empty() || place_.key.str().ends_with('/'));
  if (is_folder) {
    if (!record_.original) {
      return Error{Errc::invalid,
                   "the object's own name is unknown; name all of the key with --to"};
    }
    place_.key = ObjectKey(place_.key.str() + record_.original->key.str());
  }
  place_.version.reset();
  // A quarantine that the settings named once is none of theirs any more.
  if (place_.bucket != stored_.object.bucket && !ports_.is_own(place_.bucket)) return {};
  return Error{Errc::invalid, "bucket " + place_.bucket.str() +
                                  " belongs to Cordon; objects are restored to buckets of yours"};
}

// Not not_found: that would say that there is no such entry.
Error Restoration::no_such_place(const Error& why) {
  return Error{Errc::invalid, why.what +
                                  "; what is in quarantine stays there: name another place with "
                                  "--to s3://B/K"};
}

// The mark would lie where the agents of the other region do not look.
Result<void> Restoration::refuse_another_region() {
  const Result<bool> here = ports_.is_here(place_.bucket, deadline_, stop_);
  if (!here && here.error().code == Errc::not_found) return no_such_place(here.error());
  if (!here && here.error().code != Errc::denied) return here.error();
  if (!here || *here) return {};
  return Error{Errc::invalid,
               "bucket " + place_.bucket.str() +
                   " is in another region than the quarantine, and what is allowed here is not "
                   "known there; restore to a bucket of this region, then copy the object"};
}

Result<void> Restoration::refuse_a_circle() {
  if (request_.allow != Allow::none) return refuse_another_region();
  const Result<bool> watched = ports_.is_watched(place_.bucket, deadline_, stop_);
  if (!watched && watched.error().code == Errc::not_found) return no_such_place(watched.error());
  if (!watched && watched.error().code != Errc::denied) return watched.error();
  if (watched && !*watched) return {};
  const std::string why = watched ? "bucket " + place_.bucket.str() + " is protected"
                                  : "whether bucket " + place_.bucket.str() +
                                        " is protected cannot be found out (" +
                                        watched.error().what + ")";
  return Error{Errc::invalid,
               why +
                   ", so the object would go back to quarantine at once; say --allow once (this "
                   "object), --allow always (this content, everywhere), or name a bucket that is "
                   "not protected with --to s3://B/K"};
}

bool Restoration::was_infected() const {
  return !record_.result || *record_.result == Disposition::infected;
}

// A digest in the metadata may be an uploader's word. In a mark that does no harm: one that is
// wrong lets nothing pass. The allow list counts everywhere, so for it the bytes are read.
Result<void> Restoration::know_content() {
  if (request_.allow == Allow::none) return {};
  if (request_.allow == Allow::once && record_.sha256) {
    sha256_ = *record_.sha256;
    return {};
  }
  CORDON_TRY(sha256_, sha256_of(ports_.store, stored_, deadline_, stop_));
  return {};
}

Error Restoration::place_is_taken(const ObjectHead& there) const {
  const std::string what = to_string(place_) + " exists";
  const std::string elsewhere = "name another place with --to s3://B/K";
  if (!pins_bytes(there.version)) {
    return Error{Errc::invalid, what + ", and its bucket keeps no versions, so it would be lost; " +
                                    elsewhere + ", or move it away first"};
  }
  return Error{Errc::invalid,
               what + "; put a new version above it with --overwrite, or " + elsewhere};
}

// True when an earlier run's copy lies there already.
Result<bool> Restoration::find_own_copy() {
  Result<ObjectHead> there = ports_.store.head(place_, deadline_, stop_);
  if (!there) {
    if (there.error().code == Errc::not_found) return false;
    return there.error();
  }
  if (looks_like_our_copy(stored_, *there)) {
    copy_ = {place_, *std::move(there)};
    copy_.object.version = copy_.head.version;
    return true;
  }
  was_free_ = false;
  if (request_.overwrite && pins_bytes(there->version)) return false;
  return place_is_taken(*there);
}

// --- allow -------------------------------------------------------------------------------------

Result<void> Restoration::allow_it() {
  if (request_.allow == Allow::none) return {};
  ports_.before("mark");
  return Marking(ports_.store, ports_.catalogue, request_.stored.bucket)
      .open(place_, sha256_, ports_.clock.system_now() + kMarkOpen, deadline_, stop_);
}

Result<void> Restoration::list_always() {
  if (request_.allow != Allow::always) return {};
  if (!was_infected() || record_.signatures.empty() || !record_.all_signatures) {
    return Error{Errc::invalid,
                 "the allow list needs every signature that was found, and they are not all known "
                 "here; use --allow once, or look them up in the result " +
                     record_.result_id.value_or("of the scan") +
                     " and write the entries into the settings"};
  }
  ports_.before("list");
  for (const std::string& signature : record_.signatures) {
    listed_.push_back({.sha256 = sha256_, .signature = signature, .expires = request_.allow_until});
  }
  return ports_.list_allowed(listed_, deadline_, stop_);
}

// --- copy, verify, delete ----------------------------------------------------------------------

// The owner's tags, and ours for the verdict that it has from now on. Where the owner left no room
// the tags stay as they are; the agent says so in its result.
TagSet Restoration::tags_for_copy(const TagSet& present) const {
  if (!was_infected()) return present;
  const std::optional<Verdict> stated = stated_verdict(present, ports_.tag_keys);
  Verdict verdict{.disposition = Disposition::infected_allowed};
  if (stated && !stated->virus_names.empty()) {
    verdict.virus_names = stated->virus_names;
  } else {
    verdict.virus_names = record_.signatures;
  }
  const TagSet ours =
      tags_for({.verdict = verdict, .scanned_at = record_.time.value_or(ports_.clock.system_now())},
               ports_.tag_keys);
  return merge_tags(present, ours, ports_.tag_keys).tags;
}

Result<void> Restoration::copy() {
  CORDON_TRY(const TagSet stored, ports_.store.tags(stored_.object, deadline_, stop_));
  ports_.before("copy");
  const CopyRequest request{
      .from = stored_.object,
      .from_etag = stored_.head.etag,
      .bytes = stored_.head.bytes,
      .to_bucket = place_.bucket,
      .to_key = place_.key,
      .tags = tags_for_copy(stored),
      .add_metadata = {{kMetaFrom, source_mark(stored_.object, stored_.head.etag)}},
      .only_if_absent = was_free_};
  const Result<CopyResult> made = ports_.store.copy(request, deadline_, stop_);
  if (!made) {
    // Somebody was faster; or it was us, and the answer was lost or is not true.
    const Result<bool> ours = find_own_copy();
    if (ours && *ours) return {};
    if (made.error().code != Errc::changed) return made.error();
    CORDON_TRY(ours);
    return with_context(made.error(), "the object or its place was changed meanwhile; repeat");
  }
  copy_.object = {place_.bucket, place_.key, made->version};
  Result<ObjectHead> head = ports_.store.head(copy_.object, deadline_, stop_);
  if (!head) return with_context(head.error(), "the copy cannot be verified; repeat");
  copy_.head = *std::move(head);
  if (!copy_.object.version) copy_.object.version = copy_.head.version;
  return {};
}

Result<void> Restoration::verify() {
  ports_.before("verify");
  CORDON_TRY(const bool same, same_content(ports_.store, stored_, copy_, deadline_, stop_));
  if (same) return {};
  return Error{Errc::changed, to_string(copy_.object) +
                                  " is not what lies in quarantine (somebody replaced it "
                                  "meanwhile); nothing was deleted"};
}

Result<void> Restoration::still_there() {
  CORDON_TRY(const ObjectHead now, ports_.store.head(copy_.object, deadline_, stop_));
  if (is_same_state(copy_.head, now)) return {};
  return Error{Errc::changed,
               to_string(copy_.object) + " was replaced meanwhile; nothing was deleted"};
}

// Not every store gives a copy the tags that its request names, and with what is in quarantine its
// owner's would be gone. Whoever may not look takes it that they were written with it.
Result<void> Restoration::keep_tags() {
  const Result<TagSet> found = ports_.store.tags(copy_.object, deadline_, stop_);
  if (!found && found.error().code == Errc::denied) return {};
  CORDON_TRY(found);
  CORDON_TRY(const TagSet stored, ports_.store.tags(stored_.object, deadline_, stop_));
  const TagSet wanted = tags_for_copy(stored);
  const TagSet owners = without_ours(wanted, ports_.tag_keys);
  const auto result_in = [&](const TagSet& tags) { return tag_of(tags, ports_.tag_keys.result); };
  // Another verdict than both is that of an agent, which was faster.
  const auto says_as_much = [&](const TagSet& tags) {
    const auto says = result_in(tags);
    return std::includes(tags.begin(), tags.end(), owners.begin(), owners.end()) &&
           (says == result_in(wanted) || (says && says != result_in(stored)));
  };
  if (says_as_much(*found)) return {};
  CORDON_TRY(still_there());
  CORDON_TRY(ports_.store.set_tags(copy_.object, wanted, deadline_, stop_));
  CORDON_TRY(const TagSet now, ports_.store.tags(copy_.object, deadline_, stop_));
  const Result<void> unchanged = still_there();
  if (!unchanged) {  // They may lie on somebody else's object, which nobody has scanned.
    const TagSet back = without_written(now, wanted);
    if (back != now) CORDON_TRY(ports_.store.set_tags(copy_.object, back, deadline_, stop_));
    return unchanged;
  }
  if (says_as_much(now)) return {};
  return Error{Errc::invalid, "the store does not keep the tags of " + to_string(copy_.object) +
                                  "; what is in quarantine stays there"};
}

Result<void> Restoration::remove_stored() {
  ports_.before("delete");
  const Result<void> removed = remove_known(ports_.store, stored_, deadline_, stop_);
  if (removed) return {};
  return with_context(removed.error(), "restored to " + to_string(copy_.object) +
                                           ", but what is in quarantine cannot be deleted");
}

}  // namespace cordon
