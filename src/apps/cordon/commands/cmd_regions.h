#pragma once

#include "apps/cordon/cli.h"
#include "operations/regions.h"

namespace cordon {

class Command;

/// Prints what became of each region, and why not more; the exit code becomes the worst:
/// kExitPending when a queue that holds messages was kept. Both references outlive it.
RegionRemovalListener removal_printer(const Process& process, bool is_dry_run, int& exit_code);

/// The flag --discard-messages, for every command that removes regions. `flag` outlives `command`.
void add_discard_messages(Command& command, bool& flag);

/// `regions` and `remove-region`, below `bucket`.
void add_region_subcommands(Command& bucket, Selection& selection);

}  // namespace cordon
