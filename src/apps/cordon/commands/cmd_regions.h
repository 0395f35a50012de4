#pragma once

#include <vector>

#include "apps/cordon/cli.h"
#include "core/object_ref.h"

namespace cordon {

class DeploymentAccess;
class Rehearsal;

/// What `bucket remove-region` is asked for, or `bucket unprotect` for the regions of its buckets.
struct RegionRemovalFlags {
  std::vector<Region> regions = {};
  bool dry_run = false;
  bool discard_messages = false;
};

/// Removes what regions no longer need and prints what became of it. `rehearsal` is used for a dry
/// run. Returns the exit code: kExitPending when a queue that holds messages was kept.
int remove_regions(Process& process, DeploymentAccess& cloud, Rehearsal& rehearsal,
                   const RegionRemovalFlags& flags);

/// The flag --discard-messages, for every command that removes regions. `flag` outlives `command`.
void add_discard_messages(CLI::App& command, bool& flag);

/// `regions` and `remove-region`, below `bucket`.
void add_region_subcommands(CLI::App& bucket, Selection& selection);

}  // namespace cordon
