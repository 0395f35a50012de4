#pragma once

#include <functional>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "operations/provisioning.h"

// What a deployment has in each region, and taking that back. A region takes at most 5 minutes.

namespace cordon {

/// Each region that has buckets, and `more`. Errors: those of RegionUpkeep.
Result<std::vector<RegionOverview>> region_overview(DeploymentAccess& access,
                                                    const Runtime& runtime,
                                                    const std::vector<Region>& more);

/// Which regions are no longer needed.
struct RegionRemovalRequest {
  std::vector<Region> regions = {};
  bool dry_run = false;           ///< Nothing is changed; the reports say what would be.
  bool discard_messages = false;  ///< Remove queues that hold messages, too.
};

/// What became of one region.
struct RegionRemovalReport {
  ProvisionReport report;         ///< Without a bucket; what was done before a failure, too.
  Result<RegionRemoval> outcome;  ///< Errors: those of RegionUpkeep.
};

using RegionRemovalListener = std::function<void(const RegionRemovalReport& report)>;

/// Removes what regions no longer need (RegionUpkeep::remove), one after the other, also after a
/// failure. `told` hears of each as soon as it is done.
void remove_regions(DeploymentAccess& access, const Runtime& runtime,
                    const RegionRemovalRequest& request, const RegionRemovalListener& told);
/// The same after other steps of the same provisioning; `dry_run` is what that says.
void remove_regions(Provisioning& provisioning, const Runtime& runtime,
                    const RegionRemovalRequest& request, const RegionRemovalListener& told);

boost::json::object document_of(const RegionOverview& overview);

}  // namespace cordon
