#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

class Command;

/// cordon bucket gate
void add_gate_subcommand(Command& bucket, Selection& selection);

}  // namespace cordon
