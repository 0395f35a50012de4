#pragma once

#include <optional>

#include "agent/brake.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/cloud.h"

namespace cordon {

/// `cordon signatures brake|confirm|reject`.
void add_brake_commands(CLI::App& signatures, Selection& selection);

/// The state of the brake where it can be had; nothing without credentials or rights.
std::optional<BrakeState> known_brake(Process& process);

}  // namespace cordon
