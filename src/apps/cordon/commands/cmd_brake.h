#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

/// `cordon signatures brake|confirm|reject`.
void add_brake_commands(CLI::App& signatures, Selection& selection);

}  // namespace cordon
