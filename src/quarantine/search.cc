#include "quarantine/search.h"

#include "core/provenance.h"

namespace cordon {
namespace {

using MaybeEntry = std::optional<QuarantineEntry>;

constexpr std::size_t kVersionsMax = 1000;  // Of one key, the newest.

/// Where to look, and for what.
struct Sought {
  ObjectStore& store;
  BucketCatalogue& catalogue;
  const BucketName& quarantine;
  const ObjectRef& object;
  Deadline deadline;
  std::stop_token stop;
};

Result<std::vector<ListedVersion>> listed(const Sought& sought, std::string prefix) {
  const CatalogueQuery query{
      .bucket = sought.quarantine, .prefix = std::move(prefix), .count_max = kVersionsMax};
  CORDON_TRY(CataloguePage page, sought.catalogue.list(query, sought.deadline, sought.stop));
  return std::move(page.versions);
}

// What its metadata say; none when it went away meanwhile, or was another version of the object.
Result<MaybeEntry> entry_of(const Sought& sought, const ListedVersion& version) {
  const Result<ObjectHead> head = sought.store.head(version.object, sought.deadline, sought.stop);
  if (!head && head.error().code == Errc::not_found) return MaybeEntry();
  CORDON_TRY(head);
  QuarantineEntry entry{.record = read_record(version.object, head->metadata),
                        .etag = version.etag,
                        .bytes = version.bytes,
                        .moved_at = version.modified};
  const auto& wanted = sought.object.version;
  if (pins_bytes(wanted) && entry.record.original_version != wanted) return MaybeEntry();
  return MaybeEntry(std::move(entry));
}

Result<MaybeEntry> at_its_place(const Sought& sought) {
  const ObjectKey key = quarantine_key(sought.object);
  // In the order of bytes a key comes before every other one that begins with it.
  CORDON_TRY(const std::vector<ListedVersion> versions, listed(sought, key.str()));
  for (const ListedVersion& version : versions) {
    if (version.object.key != key) break;
    CORDON_TRY(MaybeEntry entry, entry_of(sought, version));
    if (entry) return entry;
  }
  return MaybeEntry();
}

// The newest of those that found the place taken. One that does not say where it was counts: it is
// no less harmful.
Result<MaybeEntry> beside_its_place(const Sought& sought) {
  const ObjectRef plain{sought.object.bucket, sought.object.key};
  const std::string prefix = quarantine_keys_beside(plain);
  CORDON_TRY(const std::vector<ListedVersion> versions, listed(sought, prefix));
  MaybeEntry newest;
  for (const ListedVersion& version : versions) {
    if (!is_mark(version.object.key.str().substr(prefix.size()))) continue;
    CORDON_TRY(MaybeEntry entry, entry_of(sought, version));
    if (!entry || (entry->record.original && entry->record.original != plain)) continue;
    if (!newest || newest->moved_at < entry->moved_at) newest = std::move(entry);
  }
  return newest;
}

Result<MaybeEntry> find_in(const Sought& sought) {
  CORDON_TRY(MaybeEntry entry, at_its_place(sought));
  if (entry && pins_bytes(entry->record.stored.version)) return entry;
  CORDON_TRY(MaybeEntry beside, beside_its_place(sought));
  const bool is_newer = beside && (!entry || entry->moved_at < beside->moved_at);
  return is_newer ? beside : entry;
}

}  // namespace

Result<MaybeEntry> find_in_quarantine(ObjectStore& store, BucketCatalogue& catalogue,
                                      const std::vector<BucketName>& quarantines,
                                      const ObjectRef& object, Deadline deadline,
                                      std::stop_token stop) {
  for (const BucketName& quarantine : quarantines) {
    Result<MaybeEntry> found = find_in({store, catalogue, quarantine, object, deadline, stop});
    if (!found && found.error().code == Errc::not_found) continue;
    CORDON_TRY(found);
    if (*found) return found;
  }
  return MaybeEntry();
}

}  // namespace cordon
