#pragma once

#include <functional>

#include "apps/cordon/agent_flags.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/cloud.h"

namespace cordon {

/// The agent as a service, from start to drained: engine, queue, health pages. Returns the exit
/// code. `when_ready` is called once, when objects are being taken.
int run_agent_service(const AgentFlags& flags, Cloud& cloud, Process& process,
                      const std::function<void()>& when_ready);

}  // namespace cordon
