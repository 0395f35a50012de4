#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// Whether the bytes lie in an archive, as far as the catalogue says. It is silent about the
/// archive tiers of Intelligent-Tiering: those objects are found out by reading them.
enum class Archival : std::uint8_t {
  none,
  archived,  ///< Nobody can read them before they are restored.
  restored,  ///< In an archive, with a copy that can be read for some days.
};

/// One version, as the catalogue of a bucket lists it. Delete markers are left out.
struct ShelvedVersion {
  ObjectRef object;  ///< With its version.
  ETag etag;
  std::uint64_t bytes = 0;
  SystemTime modified;
  bool is_current = false;
  Archival archival = Archival::none;

  bool operator==(const ShelvedVersion&) const = default;
};

/// A place in the catalogue: behind this key, or behind this version of it.
struct ShelfCursor {
  ObjectKey key;
  std::optional<VersionId> version = std::nullopt;

  bool operator==(const ShelfCursor&) const = default;
};

/// What to list.
struct ShelfQuery {
  BucketName bucket;
  std::string prefix = {};                          ///< Of keys.
  std::optional<ShelfCursor> after = std::nullopt;  ///< Where the page before ended.
  std::size_t count_max = 1000;                     ///< 1 to 1,000, delete markers included.
};

struct ShelfPage {
  std::vector<ShelvedVersion> versions;
  std::optional<ShelfCursor> next;  ///< None: that was all.
};

/// What the quarantine needs beside objects: its catalogue, and small documents of ours.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (names
/// the permission), not_found (no such bucket), invalid.
class QuarantineShelf {
 public:
  virtual ~QuarantineShelf() = default;

  /// One page, by key in the order of its bytes and within a key the newest version first.
  virtual Result<ShelfPage> list(const ShelfQuery& query, Deadline deadline,
                                 std::stop_token stop) = 0;

  /// Writes a whole JSON document while the present one has the ETag `if_match`; none: while there
  /// is none. Errors: also changed.
  virtual Result<ETag> write(const ObjectRef& place, const std::string& document,
                             const std::optional<ETag>& if_match, Deadline deadline,
                             std::stop_token stop) = 0;
};

}  // namespace cordon
