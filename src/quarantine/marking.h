#pragma once

#include <stop_token>
#include <string>

#include "core/allow_mark.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"

namespace cordon {

/// Writes the mark that lets one object pass once. First `open`, before the object exists; then
/// `bind`, which closes it to everything but that object. Both can be repeated. What is passed by
/// reference outlives it.
class Marking {
 public:
  Marking(ObjectStore& store, BucketCatalogue& catalogue, BucketName quarantine)
      : store_(store), catalogue_(catalogue), quarantine_(std::move(quarantine)) {}

  /// From now on until `until`, this content passes at this place.
  Result<void> open(const ObjectRef& place, const std::string& sha256, SystemTime until,
                    Deadline deadline, std::stop_token stop);
  /// From now on only this state of the object passes, beside those that were bound before.
  Result<void> bind(const ObjectRef& object, const ObjectHead& head, const std::string& sha256,
                    Deadline deadline, std::stop_token stop);

 private:
  template <typename Change>
  Result<void> change(const ObjectRef& place, const std::string& sha256, Change&& how,
                      Deadline deadline, std::stop_token stop);

  ObjectStore& store_;
  BucketCatalogue& catalogue_;
  const BucketName quarantine_;
};

}  // namespace cordon
