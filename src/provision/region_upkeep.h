#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/bucket_census.h"
#include "provision/protection.h"
#include "provision/provision_report.h"
#include "provision/topology.h"
#include "provision/wiring.h"

namespace cordon {

/// One region at a glance.
struct RegionOverview {
  Region region;
  bool has_resources = false;  ///< Topic, queues, policies and quarantine are all there.
  std::size_t protected_count = 0;
  /// Approximate, as the queues count; none: there is no such queue.
  std::optional<std::uint64_t> events_waiting = std::nullopt;
  std::optional<std::uint64_t> dead_letters = std::nullopt;
  std::string note = {};  ///< What is missing, or why it could not be looked at.
};

/// How far `RegionUpkeep::remove` may go.
struct RegionRemovalOptions {
  bool discard_messages = false;  ///< Remove queues that hold messages, too.
  bool dry_run = false;           ///< The ports given are a DryRun's: remove no bucket either.
};

/// How the removal of a region's resources ended.
enum class RegionRemoval : std::uint8_t {
  removed,  ///< Everything of ours is gone, but a quarantine that holds objects.
  in_use,   ///< Somebody still needs it; nothing was changed.
  holding,  ///< A queue holds messages; nothing was changed.
};

/// The resources of whole regions: which there are, and taking back what `Protection` created with
/// a region's first bucket after its last one is gone (docs/adr/0033-regions.md).
///
/// Threads: one. What is given by reference, or by a source, outlives it. Errors: those of the
/// ports.
class RegionUpkeep {
 public:
  RegionUpkeep(const Deployment& deployment, AccountId account, RegionAdminSource regions,
               RegionWiringSource wiring, BucketCensus& census);

  /// The regions of the account's buckets (a region with resources has at least its quarantine
  /// bucket), and `more`. `protection` is asked for what is in place.
  Result<std::vector<RegionOverview>> overview(Protection& protection,
                                               const std::vector<Region>& more, Deadline deadline,
                                               std::stop_token stop);

  /// Removes topic, queues and, when nothing is in it, the quarantine bucket; only when no bucket,
  /// no file share and nobody else uses them. Adds the steps, and what is kept and why, to
  /// `report`.
  Result<RegionRemoval> remove(const Region& region, const RegionRemovalOptions& options,
                               ProvisionReport& report, Deadline deadline, std::stop_token stop);

 private:
  struct Place;

  /// Threads: any.
  void look_at(Protection& protection, RegionOverview& one, Deadline deadline,
               std::stop_token stop);
  Result<bool> is_used(Place& place, ProvisionReport& report, Deadline deadline,
                       std::stop_token stop);
  Result<bool> is_wired(Place& place, const BucketName& bucket, Deadline deadline,
                        std::stop_token stop);
  Result<bool> is_used_by_others(Place& place, ProvisionReport& report, Deadline deadline,
                                 std::stop_token stop);
  Result<bool> holds_messages(Place& place, ProvisionReport& report, Deadline deadline,
                              std::stop_token stop);
  Result<void> remove_topic(Place& place, ProvisionReport& report, Deadline deadline,
                            std::stop_token stop);
  Result<void> remove_queues(Place& place, ProvisionReport& report, Deadline deadline,
                             std::stop_token stop);
  Result<void> remove_quarantine(Place& place, bool dry_run, ProvisionReport& report,
                                 Deadline deadline, std::stop_token stop);
  Result<Region> region_of(const BucketEntry& entry, RegionAdmin home, Deadline deadline,
                           std::stop_token stop);

  const Deployment deployment_;
  const AccountId account_;
  const RegionAdminSource regions_;
  const RegionWiringSource wiring_;
  BucketCensus& census_;
};

}  // namespace cordon
