#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "core/seal.h"
#include "operations/deployment_access.h"
#include "settings/settings.h"
#include "sweep/sweep.h"
#include "sweep/sweep_schedule.h"

// Sweeps that people ask for, and how far all sweeps are. `settings` are those in force.

namespace cordon {

/// How far the sweep of a bucket was at a time.
struct SweepReport {
  BucketName bucket;
  SweepCheckpoint checkpoint;
  SystemTime time;
};

/// Whether somebody is at it.
bool is_under_way(const SweepReport& report);

/// Which buckets are swept, and for what.
struct SweepBucketsRequest {
  std::vector<BucketName> buckets = {};  ///< Empty: every protected one of the region.
  SweepRequest sought = {};              ///< Its bucket is not looked at.
  /// None: whatever the tags say is taken for a verdict.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  std::chrono::seconds grace{15 * 60};  ///< What is younger is left to its own event.
};

/// What whoever asks is told meanwhile, by the calling thread.
struct SweepListener {
  /// After every page.
  std::function<void(const BucketName& bucket, const SweepCheckpoint& now)> on_page;
  /// When a bucket is done.
  std::function<void(const SweepReport& report)> on_done;
};

/// What became of the buckets.
struct SweepBucketsReport {
  WatchedBuckets found;  ///< Those that were to be swept.
  /// Why the sweep of one failed, and those behind it were not begun.
  std::optional<Error> failure = std::nullopt;
};

/// Sweeps one bucket after the other, until one fails.
///
/// Blocks: for all of the buckets. Errors: those of MemberBuckets::watched; what goes wrong from
/// there on is `failure`: those of sweep_bucket, invalid for a bucket of Cordon's own, and for
/// seals that are to be checked without a key.
Result<SweepBucketsReport> sweep_buckets(DeploymentAccess& access, const Runtime& runtime,
                                         const Settings& settings,
                                         const SweepBucketsRequest& request,
                                         const SweepListener& listener);

/// How the last sweep of a bucket went, or goes.
struct SweepStatus {
  BucketName bucket;
  std::optional<SweepReport> last = std::nullopt;  ///< None: it was never swept.
};

/// Gives the status of each bucket to `on_status`; of every protected one of the region when none
/// is named. Returns which buckets those are.
/// Errors: those of MemberBuckets::watched, and of last_sweep for the first bucket that has one.
Result<WatchedBuckets> sweep_status(DeploymentAccess& access, const Runtime& runtime,
                                    const Settings& settings,
                                    const std::vector<BucketName>& buckets,
                                    const std::function<void(const SweepStatus&)>& on_status);

/// "cordon.sweep-report/1"
boost::json::object document_of(const SweepReport& report);

}  // namespace cordon
