#pragma once

#include "apps/cordon/cli.h"
#include "brake/brake.h"
#include "operations/deployment_access.h"

namespace cordon {

/// `cordon signatures brake|confirm|reject`.
void add_brake_commands(CLI::App& signatures, Selection& selection);

/// The state of the brake in this region. Errors: without credentials or rights, and when it is not
/// understood.
Result<BrakeState> brake_state(Process& process);
/// How many objects are held in this region. Errors: likewise.
Result<std::uint64_t> held_objects(Process& process);

}  // namespace cordon
