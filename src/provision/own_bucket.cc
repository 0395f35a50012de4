#include "provision/own_bucket.h"

#include <utility>

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

Result<ProvisionStep::State> ensure_own_bucket(BucketAdmin& buckets, const PrivateBucket& bucket,
                                               Deadline deadline, std::stop_token stop) {
  using State = ProvisionStep::State;
  const Result<std::vector<std::string>> lacks = buckets.private_lacks(bucket, deadline, stop);
  if (lacks && lacks->empty()) return State::present;
  // Who may not look may still write: it comes to the same.
  const Errc why = lacks ? Errc::changed : lacks.error().code;
  if (!lacks && why != Errc::not_found && why != Errc::denied) return lacks.error();
  CORDON_TRY(buckets.ensure_private(bucket, deadline, std::move(stop)));
  if (lacks) return State::changed;
  return why == Errc::not_found ? State::created : State::present;
}

Result<void> ensure_system_bucket(BucketAdmin& buckets, const BucketName& name,
                                  const Region& region, bool tls_only, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(ensure_own_bucket(buckets, PrivateBucket{.name = name}, deadline, stop));
  const PolicyEdit edit = [&](const std::string& present) {
    return private_bucket_policy(present, name, region, tls_only);
  };
  CORDON_TRY(edit_policy(buckets, name, edit, deadline, std::move(stop)));
  return {};
}

}  // namespace cordon
