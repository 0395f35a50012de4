#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/ports/quarantine_shelf.h"

namespace cordon {

/// Gives each call to the catalogue that has the right credentials for its bucket.
///
/// Threads: any. What `shelf_of` gives outlives the calls.
class RoutedShelf final : public QuarantineShelf {
 public:
  using ShelfOf = std::function<QuarantineShelf&(const BucketName& bucket)>;

  explicit RoutedShelf(ShelfOf shelf_of) : shelf_of_(std::move(shelf_of)) {}

  Result<ShelfPage> list(const ShelfQuery& query, Deadline deadline,
                         std::stop_token stop) override {
    return shelf_of_(query.bucket).list(query, deadline, std::move(stop));
  }
  Result<ETag> write(const ObjectRef& place, const std::string& document,
                     const std::optional<ETag>& if_match, Deadline deadline,
                     std::stop_token stop) override {
    return shelf_of_(place.bucket).write(place, document, if_match, deadline, std::move(stop));
  }

 private:
  const ShelfOf shelf_of_;
};

}  // namespace cordon
