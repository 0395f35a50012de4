#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "core/ports/object_store.h"

namespace cordon {

/// Who makes a copy, which S3 lets one identity do from end to end.
enum class CopyAs : std::uint8_t {
  source,       ///< Whoever reaches the bucket that it starts from: agents.
  destination,  ///< Whoever reaches the bucket that it goes to: the way back from quarantine.
};

/// Gives each call to the store that has the right credentials for its bucket.
///
/// Threads: any. What `store_of` gives outlives the calls.
class RoutedStore final : public ObjectStore {
 public:
  using StoreOf = std::function<ObjectStore&(const BucketName& bucket)>;

  RoutedStore(StoreOf store_of, CopyAs copies) : store_of_(std::move(store_of)), copies_(copies) {}

  Result<ObjectHead> head(const ObjectRef& object, Deadline deadline,
                          std::stop_token stop) override {
    return store_of_(object.bucket).head(object, deadline, std::move(stop));
  }
  Result<ObjectHead> read(const ObjectRef& object, const ReadOptions& options, ByteSink& sink,
                          Deadline deadline, std::stop_token stop) override {
    return store_of_(object.bucket).read(object, options, sink, deadline, std::move(stop));
  }
  Result<TagSet> tags(const ObjectRef& object, Deadline deadline, std::stop_token stop) override {
    return store_of_(object.bucket).tags(object, deadline, std::move(stop));
  }
  Result<void> set_tags(const ObjectRef& object, const TagSet& tags, Deadline deadline,
                        std::stop_token stop) override {
    return store_of_(object.bucket).set_tags(object, tags, deadline, std::move(stop));
  }
  Result<CopyResult> copy(const CopyRequest& request, Deadline deadline,
                          std::stop_token stop) override {
    const bool by_source = copies_ == CopyAs::source;
    return store_of_(by_source ? request.from.bucket : request.to_bucket)
        .copy(request, deadline, std::move(stop));
  }
  Result<void> remove(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                      std::stop_token stop) override {
    return store_of_(object.bucket).remove(object, if_match, deadline, std::move(stop));
  }

 private:
  const StoreOf store_of_;
  const CopyAs copies_;
};

}  // namespace cordon
