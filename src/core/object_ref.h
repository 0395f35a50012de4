#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"

namespace cordon {

using BucketName = StrongId<struct BucketNameTag>;
/// The decoded object key: any UTF-8 of 1 to 1,024 bytes, hostile.
using ObjectKey = StrongId<struct ObjectKeyTag>;
using VersionId = StrongId<struct VersionIdTag>;
/// The entity tag without its quotes.
using ETag = StrongId<struct ETagTag>;
using Region = StrongId<struct RegionTag>;
/// The 12 digits of an AWS account.
using AccountId = StrongId<struct AccountIdTag>;

/// One object, or exactly one version of it. "null" is a version id like any other (the one that an
/// object has when it was written while versioning was off or suspended).
struct ObjectRef {
  BucketName bucket;
  ObjectKey key;
  std::optional<VersionId> version = std::nullopt;

  bool operator==(const ObjectRef&) const = default;
};

/// s3://bucket/key, with ?versionId= when pinned. For messages to people; not for requests.
std::string to_string(const ObjectRef& object);

/// s3://bucket/key as people write it on a command line: everything behind the bucket's slash is
/// the key, as it stands. Errors: invalid, which says what is missing.
Result<ObjectRef> parse_object_uri(std::string_view text);

}  // namespace cordon
