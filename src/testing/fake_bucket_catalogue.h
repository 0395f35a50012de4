#pragma once

#include <functional>
#include <map>

#include "core/ports/bucket_catalogue.h"
#include "testing/fake_object_store.h"

namespace cordon {

/// The catalogue of a fake store. A page ends after `page_max` versions, whatever is asked for.
class FakeBucketCatalogue final : public BucketCatalogue {
 public:
  explicit FakeBucketCatalogue(FakeObjectStore& store) : store_(store) {}

  std::size_t page_max = 1000;
  /// What the catalogue says of keys that lie in an archive. The store reads them all the same.
  std::map<ObjectKey, Archival> archival;
  std::map<BucketName, Error> list_fails;  ///< By bucket; every list of it, so.
  /// Called once before the next write: somebody else is faster.
  std::function<void()> before_write;
  /// The next so many writes are answered with success, and not done.
  int writes_swallowed = 0;

  Result<CataloguePage> list(const CatalogueQuery& query, Deadline deadline,
                             std::stop_token stop) override;
  Result<ETag> write(const ObjectRef& place, const std::string& document,
                     const std::optional<ETag>& if_match, Deadline deadline,
                     std::stop_token stop) override;

 private:
  FakeObjectStore& store_;
};

}  // namespace cordon
