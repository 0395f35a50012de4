#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

/// `watch`, below `bucket`.
void add_watch_subcommand(CLI::App& bucket, Selection& selection);

}  // namespace cordon
