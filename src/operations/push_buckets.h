#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/runtime.h"
#include "operations/buckets.h"
#include "operations/deployment_access.h"

// The same for buckets whose store posts its events to an agent (provision/push_protection.h): of
// a store that need not be AWS, and of which nothing but S3 is asked. Each bucket takes at most 5
// minutes.

namespace cordon {

/// Which buckets are to be protected, or no longer.
struct PushRequest {
  std::vector<BucketName> buckets = {};
  std::optional<std::uint32_t> quarantine_days = std::nullopt;  ///< As in ProtectRequest.
  bool dry_run = false;  ///< Nothing is changed; the reports say what would be.
};

/// Protects each bucket, also after a failure of another. Errors: none of a bucket's own.
Result<void> protect_push_buckets(DeploymentAccess& access, const Runtime& runtime,
                                  const PushRequest& request, const ProvisionListener& told);
Result<void> unprotect_push_buckets(DeploymentAccess& access, const Runtime& runtime,
                                    const PushRequest& request, const ProvisionListener& told);
Result<void> push_bucket_status(DeploymentAccess& access, const Runtime& runtime,
                                const PushRequest& request, const ProvisionListener& told);
/// Every bucket that is protected in this way, without steps.
Result<std::vector<ProvisionReport>> list_push_buckets(DeploymentAccess& access,
                                                       const Runtime& runtime);

}  // namespace cordon
