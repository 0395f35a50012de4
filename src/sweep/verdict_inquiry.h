#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/random.h"
#include "base/retry.h"
#include "core/ports/object_store.h"
#include "core/quarantine_record.h"
#include "core/sealing.h"

namespace cordon {

/// What was found of an object in quarantine.
struct Quarantined {
  QuarantineRecord record;
  std::uint64_t bytes = 0;
  SystemTime moved_at;
};
/// Finds the newest version in quarantine that was this object. None: there is none.
using QuarantineSearch = std::function<Result<std::optional<Quarantined>>(
    const ObjectRef& object, Deadline deadline, std::stop_token stop)>;

/// What a `VerdictInquiry` takes for a verdict of ours, and where it looks for an object that is
/// not in its place.
struct VerdictInquiryOptions {
  TagKeys tag_keys = {};
  /// None: the tags are believed as they stand.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  std::string deployment = {};        ///< Ours: deployment_id.
  VerdictPolicy verdict_policy = {};  ///< In force here.
  /// Good news that are older are `stale`. None: any age.
  std::optional<std::chrono::milliseconds> age_max = std::nullopt;
  /// Where an object is looked for that is not in its place. Empty: nowhere.
  QuarantineSearch quarantine = nullptr;
  RetryPolicy retry = {.attempts_max = 5};  ///< For transfers that are cut.
};

/// What the tags of one object say, and what that is worth.
struct VerdictAnswer {
  enum class State : std::uint8_t {
    missing,   ///< There is no such object or version, in quarantine neither.
    pending,   ///< It has no verdict.
    unproven,  ///< It has one that anybody may have written or changed, or that is not ours.
    stale,     ///< Good news, and older than was asked for.
    verdict,
  };
  /// What is known of the seal.
  enum class Seal : std::uint8_t {
    absent,
    unchecked,
    unsealed,
    broken,
    unknown_key,
    // These hold over the bytes, and what they say of themselves is objected to.
    other_deployment,
    laxer_policy,
    future,
    sealed,
  };

  State state = State::missing;
  ObjectRef object;  ///< As pinned as it can be.
  std::optional<ObjectHead> head = std::nullopt;
  std::optional<Disposition> result = std::nullopt;
  std::string date = {}, virus = {}, message = {};  ///< As the tags say; empty: no such tag.
  Seal seal = Seal::absent;
  std::optional<SealText> seal_text = std::nullopt;
  std::optional<SystemTime> time = std::nullopt;  ///< Of the scan, by the seal or else by its tag.
  std::optional<std::string> sha256 = std::nullopt;  ///< Where it was needed.
  /// Where it lies in quarantine; `result` and the rest are then what was known when it was moved.
  std::optional<ObjectRef> quarantined = std::nullopt;
  std::string explanation = {};  ///< One sentence for people.
};

std::string_view name_of(VerdictAnswer::State state);
std::string_view name_of(VerdictAnswer::Seal seal);

/// What a wait is for.
enum class AwaitedThing : std::uint8_t {
  verdict,             ///< Of an object that is there; that it is not is an answer.
  object_and_verdict,  ///< Also the object.
};

/// Answers the question what is known about an object.
///
/// An object that was moved to quarantine is found there: its asker wants to know what became of
/// it. What lies there is never good news.
///
/// With a key, Clean is said of nothing but bytes that were read and found sealed: until an agent
/// has come by, an uploader's own tag stands there.
///
/// Threads: one. What is given to the constructor outlives it.
class VerdictInquiry {
 public:
  VerdictInquiry(VerdictInquiryOptions options, ObjectStore& store, const Clock& clock,
                 Random& random)
      : options_(std::move(options)), store_(store), clock_(clock), random_(random) {}

  /// Looks once. Errors: those of ObjectStore but not_found; changed when the object was replaced
  /// under every look.
  Result<VerdictAnswer> look(const ObjectRef& object, std::stop_token stop);

  /// Looks until there is a verdict, at growing intervals, for at most `wait`; the last answer
  /// counts. What is only away for a moment is waited for as well. Where versions are kept it is
  /// the version of the first look that is waited for, so that none below it answers in its place
  /// when it is moved away.
  ///
  /// Blocks: for `wait`, and for reading the object when there is a seal to check.
  Result<VerdictAnswer> await_verdict(const ObjectRef& object, std::chrono::milliseconds wait,
                                      std::stop_token stop,
                                      AwaitedThing awaited = AwaitedThing::verdict);

 private:
  using MaybeAnswer = std::optional<VerdictAnswer>;

  Result<VerdictAnswer> look_in_quarantine(VerdictAnswer missing, Deadline deadline,
                                           std::stop_token stop);
  Result<void> describe_quarantined(const Quarantined& found, VerdictAnswer& answer,
                                    Deadline deadline, std::stop_token stop);

  /// Nothing when the object was replaced under the look.
  Result<MaybeAnswer> look_once(const ObjectRef& object, std::stop_token stop);
  void judge(VerdictAnswer& answer) const;
  Result<TagSeal> check(const VerdictAnswer& answer, const TagSet& tags, std::stop_token stop);
  Result<std::string> hash(const ObjectRef& object, const ObjectHead& head, std::stop_token stop);

  struct Hashed {
    ObjectRef object;
    ObjectHead head;
    std::string sha256;
  };

  const VerdictInquiryOptions options_;
  ObjectStore& store_;
  const Clock& clock_;
  Random& random_;
  RetryBudget retries_;
  std::optional<Hashed> hashed_;  ///< So that waiting does not read the same bytes again.
};

}  // namespace cordon
