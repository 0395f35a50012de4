#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// What a store does of that which S3 does, and which not every server that speaks S3 does.
struct StoreTraits {
  bool heeds_source = true;  ///< A copy is refused when its source has another ETag.
  bool heeds_place = true;   ///< A copy to a free place is refused when it is not free.
  bool heeds_delete = true;  ///< A deletion is refused when the object has another ETag.
  bool tags_copies = true;   ///< A copy has the tags that its request gives it.

  bool operator==(const StoreTraits&) const = default;
};

/// What the store does otherwise than S3, for a person; none: nothing.
std::optional<std::string> shortcomings_of(const StoreTraits& traits);

/// Finds out what a store does.
class StoreProbe {
 public:
  virtual ~StoreProbe() = default;

  /// Looks once, with small objects of its own below `.cordon/probe/` of the bucket, which it
  /// removes again; later calls have the answer of the first.
  ///
  /// Threads: any. Errors: those of ObjectStore.
  virtual Result<StoreTraits> traits(const BucketName& bucket, Deadline deadline,
                                     std::stop_token stop) = 0;
};

}  // namespace cordon
