#pragma once

#include <stop_token>

#include "quarantine/content_check.h"

namespace cordon {

/// Deletes exactly what was looked at. The version "null", which a quarantine has where somebody
/// suspended its versioning, is overwritten in place, so it goes only while its ETag is the same.
/// Missing is as good as deleted. Errors: as ObjectStore; changed when something else lies there.
Result<void> remove_known(ObjectStore& store, const KnownObject& known, Deadline deadline,
                          std::stop_token stop);

}  // namespace cordon
