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
struct ListedVersion {
  ObjectRef object;  ///< With its version.
  ETag etag;
  std::uint64_t bytes = 0;
  SystemTime modified;
  bool is_current = false;
  Archival archival = Archival::none;

  bool operator==(const ListedVersion&) const = default;
};

/// A place in the catalogue: behind this key, or behind this version of it.
struct CatalogueCursor {
  ObjectKey key;
  std::optional<VersionId> version = std::nullopt;

  bool operator==(const CatalogueCursor&) const = default;
};

/// What to list.
struct CatalogueQuery {
  BucketName bucket;
  std::string prefix = {};                              ///< Of keys.
  std::optional<CatalogueCursor> after = std::nullopt;  ///< Where the page before ended.
  std::size_t count_max = 1000;                         ///< 1 to 1,000, delete markers included.
};

/// One page of a bucket's catalogue, in the order of `BucketCatalogue::list`.
struct CataloguePage {
  std::vector<ListedVersion> versions;
  std::optional<CatalogueCursor> next;  ///< None: that was all.
};

/// What lies in a bucket, and the small documents of ours that lie there.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (names
/// the permission), not_found (no such bucket), invalid.
class BucketCatalogue {
 public:
  virtual ~BucketCatalogue() = default;

  /// One page, by key in the order of its bytes and within a key the newest version first.
  virtual Result<CataloguePage> list(const CatalogueQuery& query, Deadline deadline,
                                     std::stop_token stop) = 0;

  /// Writes a whole JSON document while the present one has the ETag `if_match`; none: while there
  /// is none. Errors: also changed.
  virtual Result<ETag> write(const ObjectRef& place, const std::string& document,
                             const std::optional<ETag>& if_match, Deadline deadline,
                             std::stop_token stop) = 0;
};

}  // namespace cordon
