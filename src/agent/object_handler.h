#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/pipeline.h"
#include "core/route.h"
#include "core/sealing.h"

namespace cordon {

/// One object on its way, once. Lives on the slot's stack.
///
/// Steps return an error when the way ends here; `outcome_of` says what that means for the message.
/// What is wrong with the object itself is no error but a verdict. `uploads`: who may know the
/// object that a gateway uploaded; null where the event names it.
class ObjectHandler {
 public:
  ObjectHandler(const PipelineOptions& options, const PipelinePorts& ports,
                const ObjectEvent& event, const Delivery& delivery, Deadline deadline,
                std::stop_token stop, const GatewayUploads* uploads);

  ObjectOutcome run();

  /// Set when an unversioned object was replaced while it was tagged: the event of what is there
  /// now.
  const std::optional<ObjectEvent>& overtaken() const { return overtaken_; }

 private:
  Result<void> carry();
  Result<void> obtain_verdict();
  Result<void> scan(const StagedContent& content);
  Result<void> scan_in_windows();
  Result<void> accept(Result<ScanReport> report);
  Result<void> accept_read_failure(const Error& error);
  Result<void> consider_allowance();
  Result<void> ask_brake();
  HeldObject as_held() const;
  Result<void> tag();
  /// What is to be done with the object.
  Route route() const;
  Result<void> act();
  Result<std::optional<std::string>> why_clean_stays();
  Result<void> report();

  // In earlier_verdict.cc, up to `seal_origin`. True: the verdict is known, without the engine.
  /// By its tags alone, where the policy says so.
  Result<bool> trust_tags();
  /// By a seal over this content.
  Result<bool> trust_seal(const StagedContent& content);
  /// The same for an object that is too large to be kept; hashes it.
  Result<bool> trust_seal_unkept();
  /// By what the same upload came to a moment ago.
  bool was_scanned_lately(const StagedContent& content);
  /// Whether what was found then and there stands for a scan here and now.
  bool is_acceptable(const SealText& seal, const Verdict& verdict);
  SealTerms seal_terms() const;
  SealedPlace place() const;
  SealOrigin seal_origin() const;

  // In object_absence.cc, up to `tagging_of`.
  /// What becomes of an object that is said to be gone or another one. Errors: that; unavailable
  /// when a look shows it.
  Result<void> settle_absence(const Error& told);
  /// Our tags that an earlier delivery of the event has written on the object; empty: none that
  /// could be told.
  TagSet tags_of_earlier_delivery() const;
  /// Whether an earlier delivery may have begun. A replay of dead letters counts its receives anew.
  bool is_repeat() const;
  /// What lies where the object was and has a verdict, which then is scanned here, too
  /// (`overtaken`).
  Result<void> take_up_what_came();
  /// Whether a look shows the object that was told of, or opened.
  Result<bool> is_there_as_before();
  Result<ObjectHead> look_twice(const ObjectRef& object);
  /// Whether its tags say a verdict; none: it is gone, or its tags cannot be seen.
  Result<std::optional<bool>> has_verdict(const ObjectRef& object);
  /// The report of an earlier delivery that copied or moved the object and then died: of what lies
  /// where it was brought to, which gets its verdict where it has none, and only what can be known
  /// of that.
  Result<bool> find_moved();
  std::vector<PlannedAction> places_of_copies() const;
  /// Whether what lies at the place of an action is what is looked for there: the object by its
  /// mark and, where it was only copied, without a verdict.
  Result<bool> tells_of_it(const PlannedAction& place, const ObjectHead& copy);
  /// What lies at the place of a copy or move, and tells of the object; in a quarantine without
  /// versions also beside the place, which then becomes that. None: nothing of the kind.
  Result<std::optional<ObjectHead>> moved_to(PlannedAction& place);
  /// The newest version of this size below the current one of a place that fits; nobody may look:
  /// none.
  Result<std::optional<ObjectHead>> find_below(
      const ObjectRef& place, std::optional<std::uint64_t> bytes,
      const std::function<Result<bool>(const ObjectHead&)>& fits);
  /// Whether a copy claims to be of the object that the event told of, and nothing contradicts it.
  bool says_it_was_moved(const ObjectHead& copy) const;
  /// Verdict and id that a copy in quarantine carries; false when it says none.
  bool take_word_of_copy(const ObjectHead& copy);
  /// The verdict of what lies there, by its bytes, which get it as tags where they have none and a
  /// route leads what has this verdict there; false when it went away meanwhile.
  Result<bool> judge_copy(const ObjectRef& copy, const ObjectHead& head);
  bool leads_to(Disposition disposition, const ObjectRef& place) const;
  Result<void> tag_unless_tagged();
  /// The same for a copy in quarantine, with the verdict that it carries.
  Result<void> tag_by_its_word(const ObjectRef& copy, const ObjectHead& head);
  ObjectEvent event_of(const ObjectRef& copy, const ObjectHead& head) const;
  ObjectEvent event_of_what_came(const ObjectHead& now) const;
  /// What `tagging` says when only the copy is left to tell.
  Result<TaggingState> tagging_of(const ObjectRef& copy);

  Result<void> before(Step step);
  Result<void> announce_opened(const ObjectHead& head);
  Result<void> still_the_same();
  Result<bool> is_what_was_opened(const ObjectHead& now);
  Result<std::string> hash_of(const ObjectRef& object, const ObjectHead& head);
  ObjectOutcome outcome_of(const Error& error) const;
  std::optional<ETag> etag() const;
  std::int64_t millis_since(SteadyTime start) const;

  const PipelineOptions& options_;
  const PipelinePorts& ports_;
  const ObjectEvent& event_;
  const Delivery delivery_;
  const Deadline deadline_;
  const std::stop_token stop_;
  const GatewayUploads* const uploads_;  ///< For uploads through a gateway; else null.
  const Policy policy_;
  const BucketName quarantine_;

  ObjectRef object_;  ///< As pinned as it can be.
  std::optional<ObjectHead> head_;
  std::optional<ObjectChecksum> checksum_;  ///< Of the content that was scanned.
  std::optional<TagSet> tags_;              ///< What the object carries now; unknown: none.
  std::optional<TagSet> tags_before_;       ///< The same before this delivery wrote any.
  TagSet ours_;                             ///< Our tags for the verdict.
  std::optional<Disposition> sealed_as_;    ///< What the tags say already, sealed for this place.
  std::optional<SealOrigin> sealed_by_;     ///< Of the seal that spared it the engine.
  bool is_seen_changed_ = false;            ///< Two looks told two objects apart.
  bool passes_ = false;                     ///< Somebody who may let it stay.
  bool is_held_ = false;                    ///< The brake keeps it where it is.
  ScanResult result_;
  std::optional<ObjectEvent> event_of_now_;  ///< Of what `still_the_same` found instead.
  std::optional<ObjectEvent> overtaken_;
};

}  // namespace cordon
