#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// One state of an object that may pass. Where versions do not pin bytes, it is the ETag and the
/// second of the last change: putting the same bytes there again makes another state.
struct AllowedState {
  std::optional<VersionId> version = std::nullopt;
  std::optional<ETag> etag = std::nullopt;
  std::optional<SystemTime> modified = std::nullopt;

  bool operator==(const AllowedState&) const = default;
};

/// "Allow once": which objects at one place, with one content, were put back from quarantine by
/// somebody who may, and are let pass (docs/formats/quarantine.md). It lies in the quarantine
/// bucket, where uploaders have no rights.
struct AllowMark {
  BucketName bucket;
  ObjectKey key;
  std::string sha256;
  std::vector<AllowedState> states = {};
  /// Until then this content passes here in any state: the copy is being made, and its version is
  /// not known yet.
  std::optional<SystemTime> pending_until = std::nullopt;

  bool operator==(const AllowMark&) const = default;
};

/// An object as it was scanned.
struct ScannedState {
  ObjectRef object;
  ETag etag;
  SystemTime modified;
  std::string sha256;
};

inline constexpr std::size_t kAllowMarkBytesMax = 64U << 10U;
inline constexpr std::size_t kAllowedStatesMax = 32;
/// What Cordon keeps in the quarantine bucket for itself. No bucket's name starts with a dot, so it
/// never meets `{bucket}/{key}`.
inline constexpr std::string_view kOwnPrefix = ".cordon/";

/// Where the mark of this place and content lies in the quarantine bucket.
ObjectKey allow_mark_key(const BucketName& bucket, const ObjectKey& key, const std::string& sha256);

/// The state of an object as a mark holds it.
AllowedState allowed_state(const ObjectRef& object, const ETag& etag, SystemTime modified);

/// One JSON document.
std::string encode_allow_mark(const AllowMark& mark);
/// Errors: invalid unless it is exactly such a document of at most kAllowMarkBytesMax.
Result<AllowMark> decode_allow_mark(std::string_view text);

/// Whether the mark is about this object, in this state. Pure.
bool lets_pass(const AllowMark& mark, const ScannedState& scanned, SystemTime now);

}  // namespace cordon
