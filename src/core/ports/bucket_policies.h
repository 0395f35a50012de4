#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// The access policies of buckets, as text: what somebody wrote is given back as the store keeps
/// it.
///
/// There is no compare-and-set: of two writers at a time the later one wins.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (names
/// the permission), not_found (no such bucket), invalid (the store refuses the policy; its reason).
class BucketPolicies {
 public:
  virtual ~BucketPolicies() = default;

  /// Nothing: the bucket has no policy.
  virtual Result<std::optional<std::string>> read(const BucketName& bucket, Deadline deadline,
                                                  std::stop_token stop) = 0;
  virtual Result<void> write(const BucketName& bucket, const std::string& policy, Deadline deadline,
                             std::stop_token stop) = 0;
  /// Idempotent.
  virtual Result<void> remove(const BucketName& bucket, Deadline deadline,
                              std::stop_token stop) = 0;
};

}  // namespace cordon
