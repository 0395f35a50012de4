#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/sweep.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/cloud.h"

namespace cordon {

/// What sweeps of this process have in common. Everything referred to outlives it.
struct SweepWiring {
  Cloud& cloud;
  Process& process;
  PolicySource policy;
  std::function<TagKeys()> tag_keys;
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  std::optional<std::chrono::seconds> grace = std::nullopt;  ///< None: the usual one.
};

/// Sweeps one bucket (src/agent/sweep.h). Errors: also not_found without a sweep queue.
Result<SweepCheckpoint> sweep_bucket(const SweepWiring& wiring, const SweepRequest& request,
                                     const SweepProgress& progress, std::stop_token stop);

/// How the last sweep of the bucket went; nothing when there was none.
Result<std::optional<SweepCheckpoint>> last_sweep(Cloud& cloud, const Process& process,
                                                  const BucketName& bucket, std::stop_token stop);

/// The schedule: as often as the settings say, every protected bucket of the region; a sweep that
/// was interrupted goes on first. Exports cordon_oldest_unscanned_seconds. Blocks until the stop
/// request; meant for a thread named "sweeper". Of several agents, the one that takes the lease
/// sweeps.
void sweep_on_schedule(const SweepWiring& wiring,
                       const std::function<std::optional<std::chrono::hours>()>& interval,
                       std::stop_token stop);

}  // namespace cordon
