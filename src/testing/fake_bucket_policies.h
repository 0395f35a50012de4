#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/ports/bucket_policies.h"

namespace cordon {

/// Policies by bucket; every bucket exists.
class FakeBucketPolicies final : public BucketPolicies {
 public:
  std::map<std::string, std::string> policies;
  int writes = 0;  ///< Removals included.

  Result<std::optional<std::string>> read(const BucketName& bucket, Deadline,
                                          std::stop_token) override {
    const auto at = policies.find(bucket.str());
    if (at == policies.end()) return std::optional<std::string>();
    return std::optional<std::string>(at->second);
  }
  Result<void> write(const BucketName& bucket, const std::string& policy, Deadline,
                     std::stop_token) override {
    ++writes;
    policies[bucket.str()] = policy;
    return {};
  }
  Result<void> remove(const BucketName& bucket, Deadline, std::stop_token) override {
    ++writes;
    policies.erase(bucket.str());
    return {};
  }
};

}  // namespace cordon
