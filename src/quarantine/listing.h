#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/progress.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "core/quarantine_record.h"

namespace cordon {

/// Which entries of a quarantine bucket.
struct QuarantineQuery {
  BucketName quarantine;
  std::optional<BucketName> bucket = std::nullopt;  ///< Only what came from this bucket.
  std::string prefix = {};                          ///< Of the original keys; needs a bucket.
  std::optional<ObjectRef> after = std::nullopt;    ///< Only what follows this version.
  std::size_t count_max = 1000;
};

/// One version in quarantine.
struct QuarantineEntry {
  QuarantineRecord record;  ///< Of its place alone where `unread` says why there is no more.
  /// Why its metadata could not be read (a key that is gone, a right that lacks).
  std::optional<Error> unread = std::nullopt;
  ETag etag;
  std::uint64_t bytes = 0;
  SystemTime moved_at;
};

/// Gives every entry to `on_entry`: by bucket and key in the order of their bytes, the newest
/// version first. Returns the last one when more follow after `count_max`.
///
/// Each entry costs one request beside its share of a page; many are under way at a time.
/// `progress` is told of each page, and that it is done before its entries are given. What is
/// deleted meanwhile is left out; what cannot be looked at is not: nothing in quarantine is out of
/// sight. Errors: those of the ports; invalid for a prefix without a bucket.
Result<std::optional<ObjectRef>> list_quarantine(
    ObjectStore& store, BucketCatalogue& catalogue, const QuarantineQuery& query,
    const std::function<void(const QuarantineEntry&)>& on_entry, const ProgressListener& progress,
    Deadline deadline, std::stop_token stop);

}  // namespace cordon
