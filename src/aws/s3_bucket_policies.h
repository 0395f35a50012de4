#pragma once

#include "aws/service_client.h"
#include "core/ports/bucket_policies.h"

namespace cordon {

/// Policies of S3's buckets, in the region of `client`, which outlives it.
class S3BucketPolicies final : public BucketPolicies {
 public:
  explicit S3BucketPolicies(ServiceClient& client) : client_(client) {}

  Result<std::optional<std::string>> read(const BucketName& bucket, Deadline deadline,
                                          std::stop_token stop) override;
  Result<void> write(const BucketName& bucket, const std::string& policy, Deadline deadline,
                     std::stop_token stop) override;
  Result<void> remove(const BucketName& bucket, Deadline deadline, std::stop_token stop) override;

 private:
  AwsCall call_for(const char* operation, const char* method, const BucketName& bucket) const;

  ServiceClient& client_;
};

}  // namespace cordon
