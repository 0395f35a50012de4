#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/object_ref.h"

namespace cordon {

/// S3's limit on the names and values of an object's user metadata together.
inline constexpr std::size_t kMetadataBytesMax = 2048;

/// `{bucket}/{key}`. A key that would make this longer than 1,024 bytes is cut at a character and
/// gets `~` and the first 32 hex digits of its SHA-256, so that two long keys never meet.
ObjectKey quarantine_key(const ObjectRef& object);

/// Where a copy of ours comes from.
struct Provenance {
  ObjectRef object;  ///< The source, pinned.
  ETag etag;
  std::string sha256;     ///< hex; empty when unknown.
  std::string signature;  ///< First signature name; empty when none.
  SystemTime time;
  std::string result_id;
  std::string result;  ///< "Infected", ...
  std::string reason;  ///< "encrypted", ...; empty when none.
  /// Every signature that was found; empty counts as `signature` alone.
  std::vector<std::string> signatures = {};
};

// Names of the metadata that our copies carry.
inline constexpr const char* kMetaFrom = "cordon-from";
inline constexpr const char* kMetaAt = "cordon-at";
inline constexpr const char* kMetaResultId = "cordon-result-id";
inline constexpr const char* kMetaResult = "cordon-result";
inline constexpr const char* kMetaReason = "cordon-reason";
inline constexpr const char* kMetaSignature = "cordon-signature";
inline constexpr const char* kMetaSignatures = "cordon-signatures";
inline constexpr const char* kMetaSignatureCount = "cordon-signature-count";
inline constexpr const char* kMetaSha256 = "cordon-sha256";

/// Tells one state of an object from every other: a digest of bucket, key and version, or of
/// bucket, key and ETag where versions do not pin bytes. A copy that carries it needs no second
/// copy.
std::string source_mark(const ObjectRef& object, const ETag& etag);

/// Tells a place. A copy that carries the mark of the place where it lies was put there by us (or
/// pretends it, which only spares its uploader the ride): it is not moved on by the same route.
std::string place_mark(const BucketName& bucket, const ObjectKey& key);

/// What every copy of ours carries.
std::map<std::string, std::string> copy_metadata(const Provenance& from, const BucketName& to,
                                                 const ObjectKey& to_key);

/// Adds the full provenance that a restore from quarantine needs: bucket, key (percent-encoded, or
/// base64 with the prefix `base64:` when that is shorter), version, ETag, SHA-256, signature, their
/// number and all of them when there are several, time, result id. `present` is the source's own
/// metadata, which the copy keeps; what does not fit beside it within 2 KB is left out, the least
/// needed first.
std::map<std::string, std::string> quarantine_metadata(
    const Provenance& from, const BucketName& to, const ObjectKey& to_key,
    const std::map<std::string, std::string>& present);

/// Whether the version names bytes that never change ("null" does not).
bool pins_bytes(const std::optional<VersionId>& version);

}  // namespace cordon
