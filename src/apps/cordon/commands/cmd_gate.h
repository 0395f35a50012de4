#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

/// cordon bucket gate
void add_gate_subcommand(CLI::App& bucket, Selection& selection);

}  // namespace cordon
