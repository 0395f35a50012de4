#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/random.h"
#include "base/retry.h"
#include "core/ports/object_store.h"
#include "core/sealing.h"

namespace cordon {

struct VerdictInquiryOptions {
  TagKeys tag_keys = {};
  /// None: the tags are believed as they stand.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  std::string deployment = {};        ///< Ours: deployment_id.
  VerdictPolicy verdict_policy = {};  ///< In force here.
  /// Good news that are older are `stale`. None: any age.
  std::optional<std::chrono::milliseconds> age_max = std::nullopt;
  RetryPolicy retry = {.attempts_max = 5};  ///< For transfers that are cut.
};

/// What the tags of one object say, and what that is worth.
struct VerdictAnswer {
  enum class State : std::uint8_t {
    missing,   ///< There is no such object or version.
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
  std::string explanation = {};                      ///< One sentence for people.
};

std::string_view name_of(VerdictAnswer::State state);
std::string_view name_of(VerdictAnswer::Seal seal);

/// Answers the question what is known about an object.
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
  /// counts. What is only away for a moment is waited for as well.
  ///
  /// Blocks: for `wait`, and for reading the object when there is a seal to check.
  Result<VerdictAnswer> await_verdict(const ObjectRef& object, std::chrono::milliseconds wait,
                                      std::stop_token stop);

 private:
  using MaybeAnswer = std::optional<VerdictAnswer>;

  /// Nothing when the object was replaced under the look.
  Result<MaybeAnswer> look_once(const ObjectRef& object, std::stop_token stop);
  void judge(VerdictAnswer& answer) const;
  Result<TagSeal> check(const VerdictAnswer& answer, const TagSet& tags, std::stop_token stop);
  Result<std::string> hash(const ObjectRef& object, const ObjectHead& head, std::stop_token stop);

  struct Hashed {
    ObjectRef object;
    ETag etag;
    std::uint64_t bytes = 0;
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
