#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/bucket_admin.h"
#include "provision/provision_report.h"

namespace cordon {

/// What a bucket's policy is to be, given what it is; empty: none.
using PolicyEdit = std::function<Result<std::string>(const std::string& present)>;

/// Changes the policy to what `edit` makes of it, and writes nothing where that is the same.
/// Returns whether it was another one. Errors: those of the port and of `edit`.
Result<bool> edit_policy(BucketAdmin& buckets, const BucketName& bucket, const PolicyEdit& edit,
                         Deadline deadline, std::stop_token stop);

/// Makes a private bucket of ours where it is missing, brings it to what it should be where it is
/// not, and writes nothing where it is; says which. Errors: those of the port.
Result<ProvisionStep::State> ensure_own_bucket(BucketAdmin& buckets, const PrivateBucket& bucket,
                                               Deadline deadline, std::stop_token stop);

/// Makes the deployment's system bucket, or brings it to what it should be. `tls_only` as in
/// Protection. Errors: those of the port.
Result<void> ensure_system_bucket(BucketAdmin& buckets, const BucketName& name,
                                  const Region& region, bool tls_only, Deadline deadline,
                                  std::stop_token stop);

}  // namespace cordon
