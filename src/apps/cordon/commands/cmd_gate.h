#pragma once

#include "apps/cordon/cli.h"
#include "operations/deployment_access.h"
#include "provision/protection.h"

namespace cordon {

/// cordon bucket gate
void add_gate_subcommand(CLI::App& bucket, Selection& selection);

/// Adds what `cordon bucket status` says of the bucket's read gate; nothing where there is none.
void add_gate_step(Process& process, DeploymentAccess& cloud, const Settings& settings,
                   ProvisionReport& report);

}  // namespace cordon
