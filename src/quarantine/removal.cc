#include "quarantine/removal.h"

#include "core/provenance.h"

namespace cordon {
namespace {

// S3 knows conditions for the current version only. When another one is current, versioning is on
// again and "null" cannot change any more.
Result<ObjectRef> removable(ObjectStore& store, const KnownObject& known, Deadline deadline,
                            std::stop_token stop) {
  if (pins_bytes(known.object.version)) return known.object;
  const ObjectRef unpinned{known.object.bucket, known.object.key};
  CORDON_TRY(const ObjectHead current, store.head(unpinned, deadline, std::move(stop)));
  return pins_bytes(current.version) ? known.object : unpinned;
}

}  // namespace

Result<void> remove_known(ObjectStore& store, const KnownObject& known, Deadline deadline,
                          std::stop_token stop) {
  Result<void> removed;
  const Result<ObjectRef> target = removable(store, known, deadline, stop);
  removed = target ? store.remove(*target, known.head.etag, deadline, std::move(stop))
                   : Result<void>(target.error());
  if (!removed && removed.error().code == Errc::not_found) return {};
  return removed;
}

}  // namespace cordon
