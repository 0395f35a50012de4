#include "provision/own_bucket.h"

#include "provision/topology.h"

namespace cordon {

Result<bool> edit_policy(BucketAdmin& buckets, const BucketName& bucket, const PolicyEdit& edit,
                         Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::string present, buckets.policy(bucket, deadline, stop));
  Result<std::string> wanted = edit(present);
  if (!wanted) return with_context(wanted.error(), "bucket " + bucket.str());
  if (is_same_policy(present, *wanted)) return false;
  CORDON_TRY(buckets.set_policy(bucket, *wanted, deadline, std::move(stop)));
  return true;
}

Result<void> ensure_system_bucket(BucketAdmin& buckets, const BucketName& name,
                                  const Region& region, bool tls_only, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(buckets.ensure_private(PrivateBucket{.name = name}, deadline, stop));
  const PolicyEdit edit = [&](const std::string& present) {
    return private_bucket_policy(present, name, region, tls_only);
  };
  CORDON_TRY(edit_policy(buckets, name, edit, deadline, std::move(stop)));
  return {};
}

}  // namespace cordon
