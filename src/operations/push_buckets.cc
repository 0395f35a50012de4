#include "operations/push_buckets.h"

#include <functional>

#include "operations/provisioning.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

Deadline limit(const Runtime& runtime) { return Deadline::after(runtime.clock, kTimeLimit); }

using Work = std::function<Result<ProvisionReport>(PushProtection& push, const BucketName& bucket)>;

Result<void> work_on_each(DeploymentAccess& access, const PushRequest& request, const Work& work,
                          const ProvisionListener& told) {
  Provisioning provisioning(access, request.dry_run);
  const Protection protection = provisioning.protection();
  CORDON_TRY(PushProtection push,
             provisioning.push_protection(protection, request.quarantine_days));
  for (const BucketName& bucket : request.buckets) told(work(push, bucket));
  return {};
}

}  // namespace

Result<void> protect_push_buckets(DeploymentAccess& access, const Runtime& runtime,
                                  const PushRequest& request, const ProvisionListener& told) {
  const Work work = [&](PushProtection& push, const BucketName& bucket) {
    return push.protect(bucket, limit(runtime), runtime.stop);
  };
  return work_on_each(access, request, work, told);
}

Result<void> unprotect_push_buckets(DeploymentAccess& access, const Runtime& runtime,
                                    const PushRequest& request, const ProvisionListener& told) {
  const Work work = [&](PushProtection& push, const BucketName& bucket) {
    return push.unprotect(bucket, limit(runtime), runtime.stop);
  };
  return work_on_each(access, request, work, told);
}

Result<void> push_bucket_status(DeploymentAccess& access, const Runtime& runtime,
                                const PushRequest& request, const ProvisionListener& told) {
  const Work work = [&](PushProtection& push, const BucketName& bucket) {
    return push.status(bucket, limit(runtime), runtime.stop);
  };
  return work_on_each(access, request, work, told);
}

Result<std::vector<ProvisionReport>> list_push_buckets(DeploymentAccess& access,
                                                       const Runtime& runtime) {
  Provisioning provisioning(access, false);
  const Protection protection = provisioning.protection();
  CORDON_TRY(PushProtection push, provisioning.push_protection(protection, std::nullopt));
  return push.list(limit(runtime), runtime.stop);
}

}  // namespace cordon
