#pragma once

#include "apps/cordon/cli.h"
#include "core/deployment.h"

namespace cordon {

/// The deployment that the command line and the environment name. Errors: invalid: account-regional
/// buckets without the region that the system bucket is in, or that region without them.
Result<Deployment> named_deployment(const CommonOptions& options);

}  // namespace cordon
