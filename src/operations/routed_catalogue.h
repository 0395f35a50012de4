#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/ports/bucket_catalogue.h"

namespace cordon {

/// Gives each call to the catalogue that has the right credentials for its bucket.
///
/// Threads: any. What `catalogue_of` gives outlives the calls.
class RoutedCatalogue final : public BucketCatalogue {
 public:
  using CatalogueOf = std::function<BucketCatalogue&(const BucketName& bucket)>;

  explicit RoutedCatalogue(CatalogueOf catalogue_of) : catalogue_of_(std::move(catalogue_of)) {}

  Result<CataloguePage> list(const CatalogueQuery& query, Deadline deadline,
                             std::stop_token stop) override {
    return catalogue_of_(query.bucket).list(query, deadline, std::move(stop));
  }
  Result<ETag> write(const ObjectRef& place, const std::string& document,
                     const std::optional<ETag>& if_match, Deadline deadline,
                     std::stop_token stop) override {
    return catalogue_of_(place.bucket).write(place, document, if_match, deadline, std::move(stop));
  }

 private:
  const CatalogueOf catalogue_of_;
};

}  // namespace cordon
