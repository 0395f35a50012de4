#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

class Command;

/// `cordon signatures brake|confirm|reject`.
void add_brake_commands(Command& signatures, Selection& selection);

}  // namespace cordon
