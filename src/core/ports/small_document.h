#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "core/ports/object_store.h"

namespace cordon {

/// A small object, read whole.
struct SmallDocument {
  std::string text;
  ETag etag;
};

/// Errors: as ObjectStore; invalid when it is longer than `bytes_max`.
Result<SmallDocument> read_small(ObjectStore& store, const ObjectRef& object, std::size_t bytes_max,
                                 Deadline deadline, std::stop_token stop);

}  // namespace cordon
