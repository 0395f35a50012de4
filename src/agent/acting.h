#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/step_observer.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "core/event.h"
#include "core/policy.h"
#include "core/ports/object_store.h"
#include "core/provenance.h"
#include "core/route.h"
#include "core/scan_result.h"

namespace cordon {

/// What `Acting` needs for the plan of one object. Given by the pipeline, and outlives the
/// `Acting`; one deadline bounds all its calls.
struct ActingPorts {
  ObjectStore& store;
  std::function<Result<void>(Step)> before;
  /// Publishes the result as it is now.
  std::function<Result<void>()> report;
  /// The SHA-256, in hex, of what lies at a place that was looked at.
  std::function<Result<std::string>(const ObjectRef&, const ObjectHead&)> hash;
  /// The newest version below the current one of a place that has this size and fits; none: nothing
  /// does, or nobody may look.
  std::function<Result<std::optional<ObjectHead>>(
      const ObjectRef& place, std::uint64_t bytes,
      const std::function<Result<bool>(const ObjectHead&)>& fits)>
      below;
  /// Why Clean objects without versions stay on this store; none: they may go.
  std::function<Result<std::optional<std::string>>()> why_clean_stays;
  const Clock& clock;
  Deadline deadline;
  std::stop_token stop;
};

/// The object, as far as it is known.
struct ActingFacts {
  const ObjectRef& object;                 ///< As pinned as it can be.
  const ObjectEvent& told;                 ///< The event: what an earlier delivery knew as well.
  std::optional<ObjectHead> head;          ///< None when the object could not be opened.
  std::optional<ObjectChecksum> checksum;  ///< Of what was scanned.
  std::optional<TagSet> tags;              ///< What it carries; none: unknown.
  const TagSet& ours;
  TagSet given;            ///< Our tags that an earlier delivery wrote on it; empty: none.
  bool is_repeat = false;  ///< An earlier delivery may have begun.
  const TagKeys& tag_keys;
  Collision collision = Collision::version;
  /// Why nothing may take the object away just now; none: nothing is in the way.
  std::optional<std::string> held = std::nullopt;
};

/// Whether the object is not where it was afterwards.
bool takes_away(const PlannedAction& action);

/// Why routes must not bring the object on: they have done so often enough, or its metadata have no
/// room to count it. None: they may. Pure.
std::optional<std::string> why_not_brought_on(const ObjectHead& head, const ObjectRef& object,
                                              Disposition disposition);

/// Does with one object what the plan says, and writes down in the result what was done.
///
/// A move is: copy exactly what was scanned, look at the copy, delete exactly what was scanned.
/// Each part knows its own traces, so that a second run after a crash goes on instead of doing it
/// twice. An action that is refused for good is recorded as failed, and then nothing takes the
/// object away; nor when a copy was left out because the object arrived here.
///
/// Where no version pins the source, the copy says nothing of a verdict until its bytes were read
/// back and have the SHA-256 of what was scanned (acting_copy.cc). What is found where a copy is to
/// go is ours only when its bytes are the same, whatever its metadata say. What a store answers is
/// not believed where a look can show otherwise.
class Acting {
 public:
  Acting(const ActingPorts& ports, ActingFacts facts, ScanResult& result)
      : ports_(ports), facts_(std::move(facts)), result_(result) {}

  /// Errors: cancelled, timeout, unavailable, throttled, denied for credentials; not_found and
  /// changed when the object is gone or another one.
  Result<void> run(const std::vector<PlannedAction>& plan);

 private:
  /// What lies where a copy is to go.
  struct Place {
    bool is_taken = false;
    bool would_be_lost = false;  ///< What is there: it is another one's, and nothing keeps it.
    std::optional<ObjectHead> ours = std::nullopt;  ///< Our copy, and whole.
  };
  using MaybeWrong = std::optional<std::string>;

  /// Records the failure; always false.
  static bool fail(ActionRecord& record, std::string why);
  /// True when the object may be taken away now.
  Result<bool> transfer(PlannedAction action, ActionRecord& record);
  Result<void> know_head();
  Result<bool> know_tags(const PlannedAction& action, ActionRecord& record);
  /// Failed in `record` when the place cannot be used.
  Result<Place> look_at_place(const PlannedAction& action, ActionRecord& record);
  /// Whether what lies at `at` is our copy, and whole.
  Result<bool> is_our_copy(const ObjectRef& at, const ObjectHead& head);
  /// The same of an older version, which a delivery has left that died before it was done.
  Result<bool> was_left_unfinished(const ObjectRef& at, const ObjectHead& head);
  /// As `look_at_place`; in quarantine for another key, which it puts into both, where one is
  /// needed.
  Result<Place> find_place(PlannedAction& action, ActionRecord& record);
  /// Where somebody else's object carries the tags that an earlier delivery gave its copy, takes
  /// the verdict off it.
  Result<void> take_verdict_off(const ObjectRef& at);
  Result<bool> copy(const PlannedAction& action, bool is_taken, ActionRecord& record);
  CopyRequest request_for(const PlannedAction& action, bool is_taken) const;
  /// Whether only the bytes themselves prove that a copy is of what was scanned.
  bool needs_proof() const { return !pins_bytes(facts_.object.version); }
  /// The source is what was scanned, as far as a look tells. Errors: changed.
  Result<void> source_unchanged();
  /// The copy that was made although the store said no.
  Result<std::optional<CopyResult>> made_all_the_same(const CopyRequest& request);
  /// What is wrong with the copy at `place`, which was made here and looked at.
  Result<MaybeWrong> wrong_content(const ObjectRef& place, const ObjectHead& seen);
  /// The same for any place, by reading it; also when that is not possible.
  Result<MaybeWrong> wrong_bytes(const ObjectRef& place, const ObjectHead& seen);
  /// Of what was scanned; reads the source when nobody has.
  Result<std::string> sha256_of_source();
  /// Gives the copy its tags, the verdict among them; false when it does not keep them.
  Result<bool> finish(const PlannedAction& action, const ObjectRef& place, const ObjectHead& seen,
                      ActionRecord& record);
  Result<MaybeWrong> tag_copy(const ObjectRef& place, const ObjectHead& seen);
  /// Removes a copy that is not to be; says what is left of it, nothing when it is gone.
  std::string take_back(const ObjectRef& place, const ETag& made);
  /// Whether this is our copy, as far as it can be known where no version names it.
  bool is_copy_at_hand(const ObjectHead& there, const ETag& made) const;
  /// Whether what is not our copy shows that it is not.
  bool is_told_apart(const ObjectHead& there, const ETag& made) const;
  bool carries_our_id(const ObjectHead& there) const;
  /// Whether `mismatch` found anything that tells contents apart.
  bool is_compared(const ObjectHead& copy) const;
  /// Whether a copy for the action at hand carries the id of the result.
  bool has_room_for_id() const;
  /// What is wrong with a copy that should carry `mark`.
  std::optional<std::string> mismatch(const ObjectHead& copy, const std::string& mark) const;
  std::string mark_of_source() const;
  Result<void> remove(ActionRecord& record);
  Result<void> remove_source();
  /// What holds after another look.
  Error confirmed(const Error& told);
  Result<ObjectRef> removable();
  bool was_put_here() const;
  Provenance provenance() const;

  const ActingPorts& ports_;
  ActingFacts facts_;
  ScanResult& result_;
  /// What a copy for the action at hand carries.
  std::map<std::string, std::string> metadata_of_copy_;
};

}  // namespace cordon
