#pragma once

#include "core/ports/object_store.h"

namespace cordon {

/// The same store, which is asked once more for what it refuses: a refusal is final for an object,
/// so no single answer says it. `store` outlives it. Threads, errors: as ObjectStore.
class SecondTryStore final : public ObjectStore {
 public:
  explicit SecondTryStore(ObjectStore& store) : store_(store) {}

  Result<ObjectHead> head(const ObjectRef& object, Deadline deadline,
                          std::stop_token stop) override;
  Result<ObjectHead> read(const ObjectRef& object, const ReadOptions& options, ByteSink& sink,
                          Deadline deadline, std::stop_token stop) override;
  Result<TagSet> tags(const ObjectRef& object, Deadline deadline, std::stop_token stop) override;
  Result<void> set_tags(const ObjectRef& object, const TagSet& tags, Deadline deadline,
                        std::stop_token stop) override;
  Result<CopyResult> copy(const CopyRequest& request, Deadline deadline,
                          std::stop_token stop) override;
  Result<void> remove(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                      std::stop_token stop) override;

 private:
  ObjectStore& store_;
};

}  // namespace cordon
