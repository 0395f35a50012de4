#pragma once

#include <vector>

#include "base/runtime.h"
#include "operations/deployment_access.h"

namespace cordon {

/// The buckets of one account: with what leads their events here and, where they are protected,
/// their read gate.
struct AccountBuckets {
  AccountId account;
  /// Errors: why they could not be listed.
  Result<std::vector<ProvisionReport>> buckets;
};

/// All buckets that can be protected, in every region: ours, and those of each member account in
/// the settings; what is wrong with one account says nothing about the others. Looks at many at a
/// time. Blocks: at most 5 minutes for each account. Errors: those of the settings in force.
Result<std::vector<AccountBuckets>> bucket_overview(DeploymentAccess& access,
                                                    const Runtime& runtime);

}  // namespace cordon
