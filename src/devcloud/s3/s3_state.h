#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "devcloud/access/policy.h"
#include "devcloud/call.h"
#include "devcloud/s3/blob.h"
#include "devcloud/s3/checksums.h"
#include "devcloud/s3/s3_notification.h"

namespace cordon::cloud {

using Tags = std::vector<std::pair<std::string, std::string>>;

/// The checksum that an object is given back with: of its content or, when it is composite, of the
/// checksums of its parts.
struct StoredChecksum {
  ChecksumKind kind = ChecksumKind::crc64nvme;
  std::string value;  ///< Base64, with "-N" when composite.
  bool composite = false;
};

/// A part of a completed upload, as far as reads by part and GetObjectAttributes ask for it.
struct StoredPart {
  unsigned number = 0;
  std::uint64_t bytes = 0;
  std::string checksum;  ///< Base64; empty when the upload named no algorithm.
};

/// The key that S3 takes when aws:kms is asked for and no key is named.
inline constexpr const char* kKmsKeyOfS3 = "alias/aws/s3";

/// One version of an object, or a delete marker. Never changed once it is in the bucket: who wants
/// other tags puts a changed copy in its place, so readers need no lock.
struct ObjectVersion {
  std::string id = "null";
  bool delete_marker = false;
  Blob content;
  std::string etag;  ///< Without quotes.
  SystemTime modified;
  Headers system;    ///< Content-Type and its like, as they are given back.
  Headers metadata;  ///< x-amz-meta-*
  Tags tags;
  std::string storage_class = "STANDARD";
  std::optional<StoredChecksum> checksum;
  std::vector<StoredPart> parts;  ///< Of a multipart upload.
  std::string kms_key;            ///< With aws:kms: as it was named, or kKmsKeyOfS3.
  std::string customer_key_md5;   ///< With SSE-C.
  bool legal_hold = false;
  std::string retention_mode;  ///< GOVERNANCE or COMPLIANCE; empty: none.
  SystemTime retain_until;
};
using Version = std::shared_ptr<const ObjectVersion>;  // Shared: responses outlive a deletion.

/// A part of an upload that is not complete.
struct UploadedPart {
  Blob content;
  std::string md5;       ///< Binary.
  std::string checksum;  ///< Binary; of the upload's algorithm.
  SystemTime modified;
};

/// A multipart upload that is not complete.
struct MultipartUpload {
  std::string key;
  ObjectVersion head;  ///< What the object will be, without content.
  bool names_checksum = false;
  StoredChecksum checksum;
  SystemTime started;
  std::map<unsigned, UploadedPart> parts;
};

/// Whether a bucket keeps versions. Once enabled it can be suspended, and is never off again.
enum class BucketVersioning : std::uint8_t { off, enabled, suspended };

/// A bucket. Everything is guarded by `mutex` but for what says otherwise.
struct Bucket {
  // Set at creation.
  std::string name;
  std::string region;
  std::string owner;  ///< The account.
  SystemTime created;
  bool object_lock = false;

  std::mutex mutex;
  bool deleted = false;  ///< A handler may have found it just before.
  BucketVersioning versioning = BucketVersioning::off;
  std::map<std::string, std::string> documents;  ///< Settings by subresource, as they were put.
  std::string policy_text;
  std::optional<Policy> policy;
  NotificationConfiguration notifications;
  std::map<std::string, std::vector<Version>> objects;  ///< Oldest first; never an empty list.
  std::map<std::string, MultipartUpload> uploads;
  std::map<std::string, Version> completed;  ///< A completion may be repeated.
  std::deque<S3Event> outbox;

  /// Held while events leave, so that they leave in order. Taken without `mutex`.
  std::mutex delivery;
};
using BucketPtr = std::shared_ptr<Bucket>;  // Shared: handlers hold on to a deleted bucket.

/// The version that is addressed: the latest when `id` is empty; null when there is none.
Version find_version(const Bucket& bucket, const std::string& key, std::string_view id);

}  // namespace cordon::cloud
