#pragma once

#include <string>

#include "base/retry.h"
#include "core/ports/object_store.h"

namespace cordon {

/// The SHA-256 of one object's bytes, in hex, without keeping them anywhere. `head` is what the
/// store said of the object before: the bytes are pinned to its ETag, and a transfer that is cut
/// goes on where it stopped.
///
/// Blocks: for the transfer.
/// Errors: those of ObjectStore::read; changed when the object is not the one of `head`.
Result<std::string> content_hash(ObjectStore& store, const ObjectRef& object,
                                 const ObjectHead& head, const RetryContext& context);

}  // namespace cordon
