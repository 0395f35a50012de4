#pragma once

#include <atomic>
#include <stop_token>

#include "aws/s3_copy.h"
#include "aws/service_client.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/ports/object_store.h"

namespace cordon {

/// S3's objects. `client`, `clock` and `log` outlive the store.
///
/// Every request names the version that the reference is pinned to. An object without a version is
/// removed by DELETE with If-Match, preceded by HEAD with If-Match: some servers do not know the
/// condition on DELETE (501, which is logged once) or ignore it, and then the HEAD narrows the race
/// to one round trip. In a bucket with versions such a delete adds a delete marker and loses
/// nothing.
class S3Store final : public ObjectStore {
 public:
  S3Store(ServiceClient& client, const Clock& clock, Log& log, S3StoreOptions options = {})
      : client_(client), clock_(clock), log_(log), options_(options) {}

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
  Result<void> remove_current(const ObjectRef& object, const ETag& if_match, Deadline deadline,
                              std::stop_token stop);
  Error explain_denied_delete(const ObjectRef& object, Error error, Deadline deadline,
                              std::stop_token stop);

  ServiceClient& client_;
  const Clock& clock_;
  Log& log_;
  const S3StoreOptions options_;
  std::atomic<bool> told_unconditional_ = false;
};

}  // namespace cordon
