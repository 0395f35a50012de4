#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/document_store.h"
#include "sweep/sweep_checkpoint.h"

namespace cordon {

/// The protected buckets of a region, as far as that could be found out.
struct WatchedBuckets {
  std::vector<BucketName> buckets;
  /// Of other accounts, whose roles did not let us look.
  std::vector<std::pair<BucketName, Error>> unknown = {};
};

/// How the last sweep that this checkpoint tells of went; nothing when there was none.
/// Errors: those of the store; invalid for a document that is not understood.
Result<std::optional<SweepCheckpoint>> read_last_sweep(DocumentStore& checkpoint, Deadline deadline,
                                                       std::stop_token stop);

/// Everything that a schedule needs. All of it outlives the schedule.
struct SweepSchedulePorts {
  /// How often each bucket is swept; none: not at all, for now.
  std::function<std::optional<std::chrono::hours>()> interval;
  std::function<Result<WatchedBuckets>(Deadline deadline, std::stop_token stop)> buckets;
  std::function<std::unique_ptr<DocumentStore>(const BucketName& bucket)> checkpoint;
  /// Sweep::run, with a lease.
  /// Sweeps, unless somebody else has finished one after `last`. Errors: also changed: he has, or
  /// is at it.
  std::function<Result<SweepCheckpoint>(const BucketName& bucket, SystemTime last,
                                        std::stop_token stop)>
      sweep;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// Sweeps every protected bucket of the region as often as the settings say; a sweep that was
/// interrupted goes on first. Of several agents, the one that takes the lease sweeps. Which buckets
/// there are is asked when one is due, and every quarter of an hour for those that are new.
///
/// Exports, per bucket and as of the last whole sweep: cordon_oldest_unscanned_seconds, and
/// cordon_archived_objects, which that age leaves out. Both go when the bucket does.
///
/// Threads: one owner; `run` is meant for a thread named "sweeper".
class SweepSchedule {
 public:
  explicit SweepSchedule(SweepSchedulePorts ports);

  /// Blocks: until the stop request.
  void run(std::stop_token stop);
  /// One look at every bucket; sweeps those whose time has come.
  void look(std::stop_token stop);

 private:
  /// Returns when the bucket is due next.
  SystemTime take_turn(const BucketName& bucket, std::chrono::hours every,
                       const std::stop_token& stop);
  bool is_anything_due(std::chrono::hours every) const;
  void forget_others(const WatchedBuckets& watched);

  const SweepSchedulePorts ports_;
  std::map<BucketName, SystemTime> due_;             ///< As of the last look.
  std::optional<SystemTime> ask_at_;                 ///< For new buckets; none: at once.
  std::optional<std::chrono::hours> interval_ = {};  ///< That `due_` was reckoned with.
};

}  // namespace cordon
