#pragma once

#include <optional>

#include "core/ports/object_store.h"

namespace cordon {

/// Whether both looks have a checksum, and of one kind. Pure.
bool have_comparable_checksums(const std::optional<ObjectChecksum>& a,
                               const std::optional<ObjectChecksum>& b);

/// Whether two looks at one place found the same object, as far as the store tells: version, ETag,
/// size, Last-Modified and, where both looks have one of the same kind, the checksum. An ETag alone
/// is an MD5 and does not tell two contents apart that were made to have the same one. Pure.
bool is_same_state(const ObjectHead& before, const ObjectHead& now);

}  // namespace cordon
