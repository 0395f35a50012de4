#include "quarantine/search.h"

#include "core/provenance.h"

namespace cordon {
namespace {

using MaybeEntry = std::optional<QuarantineEntry>;

constexpr std::size_t kVersionsMax = 1000;  // Of one key, the newest.

Result<MaybeEntry> find_in(ObjectStore& store, BucketCatalogue& catalogue,
                           const BucketName& quarantine, const ObjectRef& object, Deadline deadline,
                           std::stop_token stop) {
  const ObjectKey key = quarantine_key(object);
  // In the order of bytes a key comes before every other one that begins with it.
  const CatalogueQuery query{.bucket = quarantine, .prefix = key.str(), .count_max = kVersionsMax};
  CORDON_TRY(const CataloguePage page, catalogue.list(query, deadline, stop));
  for (const ListedVersion& version : page.versions) {
    if (version.object.key != key) break;
    const Result<ObjectHead> head = store.head(version.object, deadline, stop);
    if (!head && head.error().code == Errc::not_found) continue;
    CORDON_TRY(head);
    QuarantineEntry entry{.record = read_record(version.object, head->metadata),
                          .etag = version.etag,
                          .bytes = version.bytes,
                          .moved_at = version.modified};
    const bool is_it =
        !pins_bytes(object.version) || entry.record.original_version == object.version;
    if (is_it) return MaybeEntry(std::move(entry));
  }
  return MaybeEntry();
}

}  // namespace

Result<MaybeEntry> find_in_quarantine(ObjectStore& store, BucketCatalogue& catalogue,
                                      const std::vector<BucketName>& quarantines,
                                      const ObjectRef& object, Deadline deadline,
                                      std::stop_token stop) {
  for (const BucketName& quarantine : quarantines) {
    Result<MaybeEntry> found = find_in(store, catalogue, quarantine, object, deadline, stop);
    if (!found && found.error().code == Errc::not_found) continue;
    CORDON_TRY(found);
    if (*found) return found;
  }
  return MaybeEntry();
}

}  // namespace cordon
