#pragma once

#include <memory>

#include "apps/cordon/cli.h"
#include "operations/deployment_access.h"

namespace cordon {

/// The deployment of the command line, in the account that its settings lead to. `process` outlives
/// it. Errors: as AwsAccount::connect.
Result<std::shared_ptr<DeploymentAccess>> connect_account(Process& process);

}  // namespace cordon
