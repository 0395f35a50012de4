#pragma once

#include <functional>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "operations/deployment_access.h"

namespace cordon {

/// The agent as a service, from start to drained: engine, queue, health pages. Returns the exit
/// code. `when_ready` is called once, when objects are being taken.
int run_agent_service(const AgentFlags& flags, DeploymentAccess& cloud, Process& process,
                      const std::function<void()>& when_ready);

}  // namespace cordon
