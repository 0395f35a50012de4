#pragma once

#include <stop_token>
#include <string>

#include "core/ports/object_store.h"

namespace cordon {

/// An object version and what its head said.
struct KnownObject {
  ObjectRef object;  ///< As pinned as it can be.
  ObjectHead head;
};

/// The SHA-256 of the object's bytes, in hex, by reading all of them; a cut transfer is resumed.
/// Errors: as ObjectStore; changed when it is replaced meanwhile.
Result<std::string> sha256_of(ObjectStore& store, const KnownObject& object, Deadline deadline,
                              std::stop_token stop);

/// Whether both hold the same bytes: sizes and MD5 ETags, or checksums of one kind; where the heads
/// do not tell, both are read. Errors: as ObjectStore.
Result<bool> same_content(ObjectStore& store, const KnownObject& a, const KnownObject& b,
                          Deadline deadline, std::stop_token stop);

}  // namespace cordon
