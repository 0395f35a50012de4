#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "quarantine/listing.h"

namespace cordon {

/// The newest version in one of these quarantine buckets that was `object`; of exactly its version,
/// where it names one that pins bytes (metadata say which a copy was). The first bucket that has
/// one counts, and a bucket that does not exist has none. None: it is in none of them.
///
/// Costs two requests for each bucket (a bucket without versions may have it beside its place) and,
/// where something is found, one for each version of the key.
/// Errors: those of the ports but not_found.
Result<std::optional<QuarantineEntry>> find_in_quarantine(
    ObjectStore& store, BucketCatalogue& catalogue, const std::vector<BucketName>& quarantines,
    const ObjectRef& object, Deadline deadline, std::stop_token stop);

}  // namespace cordon
