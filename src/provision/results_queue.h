#pragma once

#include <optional>
#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/region.h"
#include "provision/provision_report.h"

namespace cordon {

/// The queue by which results reach a console, and its dead letters: one for a deployment, in the
/// region of its system bucket, which is where a console is.
///
/// Threads: one. Errors: those of the ports.
class ResultsQueue {
 public:
  /// `home`: where buckets are looked up, and where the queue is made as long as there is no system
  /// bucket. `regions` outlives the object.
  ResultsQueue(const Deployment& deployment, AccountId account, Region home,
               RegionAdminSource regions)
      : deployment_(deployment),
        account_(std::move(account)),
        home_(std::move(home)),
        regions_(std::move(regions)) {}

  /// Makes both where they are missing; adds the steps to `report`.
  Result<void> ensure(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  /// The queue, and where it is.
  struct Found {
    Region region;
    QueueInfo queue;
  };
  /// Errors: also not_found.
  Result<Found> find(Deadline deadline, std::stop_token stop);
  /// Its dead letters, which only who looks after the queue may see; none: there is no such queue.
  Result<std::optional<QueueInfo>> dead_letters(const Region& region, Deadline deadline,
                                                std::stop_token stop);

 private:
  Result<Region> region(Deadline deadline, std::stop_token stop);

  const Deployment deployment_;
  const AccountId account_;
  const Region home_;
  const RegionAdminSource regions_;
};

}  // namespace cordon
