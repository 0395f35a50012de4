#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/object_ref.h"

// Names that strangers wrote, as the types that they are to be. Pure. Errors: invalid: how such a
// name looks.

namespace cordon {

/// 3 to 255 letters, digits, '.', '-' and '_': also the names of old buckets.
Result<BucketName> parse_bucket_name(std::string_view text);
/// 1 to 1,024 bytes of UTF-8.
Result<ObjectKey> parse_object_key(std::string_view text);
/// 1 to 1,024 characters that can be printed, without spaces.
Result<VersionId> parse_version_id(std::string_view text);
Result<Region> parse_region(std::string_view text);
/// ARNs of roles and file shares, and what a role asks for: characters that can be printed, without
/// spaces. `what`: what it is called.
Result<std::string> parse_plain_text(std::string_view text, std::string_view what);

}  // namespace cordon
