#pragma once

#include <memory>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "base/result.h"
#include "engine/engine.h"

namespace cordon {

/// The engine as the flags describe it. Blocks until it has proven itself.
Result<std::unique_ptr<Engine>> start_engine(const EngineFlags& flags, Process& process);

}  // namespace cordon
