#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/object_ref.h"
#include "core/ports/bucket_admin.h"

// The documents of S3's bucket operations. Pure; what is decoded is foreign, and what is not
// understood is an error or is kept as it came: it would otherwise be lost when the document is
// written back.

namespace cordon {

/// The region of LocationConstraint: empty is us-east-1, "EU" is eu-west-1.
Result<std::optional<Region>> decode_location(std::string_view xml);
Result<Versioning> decode_versioning(std::string_view xml);
Result<BucketNotifications> decode_notifications(std::string_view xml);
std::string encode_notifications(const BucketNotifications& configuration);

/// The request of CreateBucket; empty for us-east-1, which is what no document means.
std::string encode_create_bucket(const Region& region);
/// The lifecycle document `present` (empty: none) with our rule that ends unfinished uploads after
/// a day, and, where `expire_days` is stated, our rules that let objects expire (0: without them);
/// other rules as they are. Empty when nothing is to be changed.
Result<std::string> with_our_rules(std::string_view present,
                                   std::optional<std::uint32_t> expire_days);

/// Which blocks of public access have to be on.
enum class PublicBlocks : unsigned char {
  all,
  /// Access lists that would be public may be written, and count for nothing.
  all_that_count,
};
/// Whether these blocks of public access are on.
Result<bool> decode_public_access_blocked(std::string_view xml, PublicBlocks wanted);
/// Whether whoever owns the bucket owns its objects, and access lists count for nothing.
Result<bool> decode_owner_enforced(std::string_view xml);

/// The least number of days after which an enabled rule for the whole bucket ends unfinished
/// uploads.
Result<std::optional<std::uint32_t>> decode_unfinished_upload_days(std::string_view lifecycle);

}  // namespace cordon
