#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "core/object_ref.h"

namespace cordon {

/// S3's limit on the names and values of an object's user metadata together.
inline constexpr std::size_t kMetadataBytesMax = 2048;

/// `{bucket}/{key}`. A key that would make this longer than 1,024 bytes is cut at a character and
/// gets `~` and the first 32 hex digits of its SHA-256, so that two long keys never meet.
ObjectKey quarantine_key(const ObjectRef& object);

/// A place of its own for what finds `quarantine_key` taken in a bucket that keeps no versions:
/// that key, `~` and `mark` (32 hex digits), cut in the same way. `mark` tells what lies there from
/// whatever else comes from the same place.
ObjectKey quarantine_key_beside(const ObjectRef& object, const std::string& mark);

/// What the keys of all places beside this object's own begin with, and so may others.
std::string quarantine_keys_beside(const ObjectRef& object);

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
  std::uint64_t hops = 0;  ///< Of the source.
};

// Names of the metadata that our copies carry.
inline constexpr const char* kMetaFrom = "cordon-from";
inline constexpr const char* kMetaAt = "cordon-at";
inline constexpr const char* kMetaHops = "cordon-hops";
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

/// Tells one scan from every other.
std::string result_mark(const std::string& result_id);

/// Whether the text has the form of a mark. Pure.
bool is_mark(std::string_view text);

/// Tells a place.
std::string place_mark(const BucketName& bucket, const ObjectKey& key);

/// Tells a place and the verdict ("Clean") with which an object was brought there. A copy that
/// carries the mark of where it lies, and of the verdict that it gets again, was put there by us
/// (or pretends it, which only spares its uploader the ride): it is not moved on by the same route.
std::string arrival_mark(const BucketName& bucket, const ObjectKey& key, const std::string& result);

/// Whether a copy with these metadata tells how often routes have brought it on. An owner's own may
/// leave no room for that, and then nothing would stop a circle. Pure.
bool counts_hops(const std::map<std::string, std::string>& metadata);

/// How often routes have brought an object on its way until it lay at `place`, as its metadata say;
/// 0 when they do not say that it was brought exactly there. Anybody who uploads can write them, so
/// they may keep an object in its place at most, never give it a verdict.
std::uint64_t hops_until(const std::map<std::string, std::string>& metadata,
                         const ObjectRef& place);

/// Above this many hops a route takes an object no further: the last bound where routes lead in a
/// circle all the same.
inline constexpr std::uint64_t kHopsMax = 5;

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
