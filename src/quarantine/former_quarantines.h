#pragma once

#include <stop_token>
#include <vector>

#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"

namespace cordon {

/// A quarantine bucket that the settings named once.
struct FormerQuarantine {
  BucketName bucket;
  AccountId owner;  ///< Whose it was, by the settings that named it.

  bool operator==(const FormerQuarantine&) const = default;
};

/// Every quarantine that the settings document names or named, as its versions tell: the one that
/// was named last comes first. Of a document that was changed more than 200 times, the newest
/// versions count; one that is no settings document any more names none.
///
/// `settings` is where the document lies, `own` the deployment's account. Costs one request, and
/// one for each version that is unlike the others. Errors: those of the ports but not_found.
Result<std::vector<FormerQuarantine>> former_quarantines(ObjectStore& store,
                                                         BucketCatalogue& catalogue,
                                                         const ObjectRef& settings,
                                                         const AccountId& own, Deadline deadline,
                                                         std::stop_token stop);

}  // namespace cordon
