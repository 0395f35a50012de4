#include "quarantine/removal.h"

#include "base/retry.h"
#include "core/object_state.h"
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

// Whatever is answered, a look says what came of it: what counts is whether the object is there.
Result<void> remove_known(ObjectStore& store, const KnownObject& known, Deadline deadline,
                          std::stop_token stop) {
  const Result<ObjectRef> target = removable(store, known, deadline, stop);
  if (!target && target.error().code == Errc::not_found) return {};
  CORDON_TRY(target);
  const Result<void> removed = store.remove(*target, known.head.etag, deadline, stop);
  if (!removed && is_transient(removed.error().code)) return removed;
  const Result<ObjectHead> left = store.head(*target, deadline, std::move(stop));
  if (!left && left.error().code == Errc::not_found) return {};
  const bool is_gone = !removed && removed.error().code == Errc::not_found;
  if (!left || !is_same_state(known.head, *left)) return is_gone ? Result<void>() : removed;
  if (!removed && !is_gone) return removed;
  return Error{Errc::denied,
               to_string(known.object) + ": the store says that it is deleted, and it is there",
               ErrorCause::still_there};
}

}  // namespace cordon
