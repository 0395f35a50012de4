#pragma once

#include "apps/cordon/cli.h"

namespace cordon {

class Command;

/// `watch`, below `bucket`.
void add_watch_subcommand(Command& bucket, Selection& selection);

}  // namespace cordon
