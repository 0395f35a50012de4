#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/tags.h"

namespace cordon {

/// Whose each bucket has to be. Threads: any.
using BucketOwner = std::function<AccountId(const BucketName& bucket)>;

/// A checksum of the whole object that the store keeps with it. COMPOSITE (per part) checksums are
/// not represented: they say nothing that a single pass can verify.
struct ObjectChecksum {
  enum class Algorithm : unsigned char { crc32, crc32c, crc64nvme, md5, sha1, sha256, sha512 };
  Algorithm algorithm;
  std::string base64;  ///< As the store sends it: big-endian bytes in base 64.

  bool operator==(const ObjectChecksum&) const = default;
};

/// What the store says about one object version.
struct ObjectHead {
  std::uint64_t bytes = 0;
  ETag etag;
  std::optional<VersionId> version = std::nullopt;  ///< None in an unversioned bucket.
  SystemTime modified;
  std::optional<ObjectChecksum> checksum = std::nullopt;
  std::size_t tag_count = 0;
  std::map<std::string, std::string> metadata = {};  ///< User metadata, names in lower case.
  /// The ETag is the MD5 of the content: one part, and neither SSE-KMS nor SSE-C. False: unknown.
  bool etag_is_md5 = false;

  bool operator==(const ObjectHead&) const = default;
};

/// Takes an object's bytes as they come. An error from either method ends the transfer and becomes
/// the result of `ObjectStore::read`.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Once, before the first byte.
  virtual Result<void> begin(const ObjectHead& head) = 0;
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
};

/// Which bytes of which state of the object.
struct ReadOptions {
  std::optional<ETag> if_match = std::nullopt;  ///< Fails with `changed` when the ETag is another.
  std::uint64_t offset = 0;  ///< Resumes a transfer that was cut; needs if_match.
};

/// A server-side copy that is pinned to the bytes it was meant for.
struct CopyRequest {
  ObjectRef from;           ///< With a version where the bucket has them.
  ETag from_etag;           ///< Fails with `changed` when it is another.
  std::uint64_t bytes = 0;  ///< Size; above 5 GiB the copy goes by parts.
  BucketName to_bucket;
  ObjectKey to_key;
  TagSet tags;  ///< All tags of the copy.
  /// Added to the source's user metadata. Names that start with "cordon-" are ours: the source's
  /// are not taken over, since whoever uploaded it may have written them.
  std::map<std::string, std::string> add_metadata;
  /// Fails with `changed` and the cause `place_taken` when something is there already, where the
  /// server knows that condition.
  bool only_if_absent = false;
};

/// The reason of `changed` when a copy was to go to a free place and it was not free.

/// Where the copy is now.
struct CopyResult {
  ETag etag;
  std::optional<VersionId> version = std::nullopt;
};

/// The buckets with their objects.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled; not_found (the
/// object, the version or the bucket is gone, or a delete marker is current); changed (a condition
/// did not hold); denied, with `reason` access-denied, kms, archived, sse-c or locked; invalid.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Result<ObjectHead> head(const ObjectRef& object, Deadline deadline,
                                  std::stop_token stop) = 0;

  /// One GET. `sink.begin` comes first, then the bytes in order; success means that the connection
  /// delivered everything it had promised. The caller checks length and checksum.
  virtual Result<ObjectHead> read(const ObjectRef& object, const ReadOptions& options,
                                  ByteSink& sink, Deadline deadline, std::stop_token stop) = 0;

  virtual Result<TagSet> tags(const ObjectRef& object, Deadline deadline, std::stop_token stop) = 0;

  /// Replaces the whole set.
  virtual Result<void> set_tags(const ObjectRef& object, const TagSet& tags, Deadline deadline,
                                std::stop_token stop) = 0;

  /// Copies with metadata, content headers, encryption of the destination's default and storage
  /// class kept; tags as given. Never leaves a partial object behind.
  virtual Result<CopyResult> copy(const CopyRequest& request, Deadline deadline,
                                  std::stop_token stop) = 0;

  /// Deletes exactly the named version; without a version, the object, but only while its ETag is
  /// `if_match`. Errors: also denied with reason `locked` (Object Lock, legal hold).
  virtual Result<void> remove(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                              std::stop_token stop) = 0;
};

}  // namespace cordon
