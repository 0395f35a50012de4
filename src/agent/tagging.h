#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "core/ports/object_store.h"
#include "core/scan_result.h"
#include "core/tags.h"

namespace cordon {

/// From `Tagging::write` to the pipeline: whether the object carries our tags now. Where it does
/// not, its verdict is acted upon and reported all the same.
struct TagOutcome {
  TaggingState state = TaggingState::failed;  ///< Never `off`.
  std::string why = {};
  std::optional<TagSet> tags = std::nullopt;    ///< What the object carries now; unknown: none.
  std::optional<TagSet> before = std::nullopt;  ///< The same before the first write.
};

/// Writes our tags beside the owner's. S3 only knows "replace the whole set", without a condition,
/// so this reads, merges, writes, reads again, and repairs what another writer lost us or we lost
/// them, at most twice.
class Tagging {
 public:
  Tagging(ObjectStore& store, const TagKeys& keys, const ObjectRef& object, Deadline deadline,
          std::stop_token stop)
      : store_(store), keys_(keys), object_(object), deadline_(deadline), stop_(std::move(stop)) {}

  /// Asked directly before each write; an error keeps the write from being made.
  using Check = std::function<Result<void>()>;
  /// Renews the seal in tags that are about to be written, for some may have found no room. Empty:
  /// there is none.
  using Seal = std::function<void(TagSet&)>;

  /// Errors: cancelled, timeout, unavailable, throttled, not_found, denied for a reason that is not
  /// the object's; what `check` says. That the object's tags may not be touched is an outcome.
  Result<TagOutcome> write(const TagSet& ours, const Check& check, const Seal& seal);

  /// Removes from the object what `write` added and nobody has changed since. Errors: as
  /// ObjectStore, but for not_found: then there is nothing to take back.
  Result<void> take_back();

 private:
  Result<TagSet> read() { return store_.tags(object_, deadline_, stop_); }
  MergedTags merge(const TagSet& present, const TagSet& ours, const Seal& seal) const;
  Result<TagOutcome> look_again(const TagSet& ours, const Check& check, const Seal& seal);

  ObjectStore& store_;
  const TagKeys& keys_;
  const ObjectRef& object_;
  const Deadline deadline_;
  const std::stop_token stop_;
  TagSet present_;  ///< Before our write.
  TagSet written_;
};

}  // namespace cordon
