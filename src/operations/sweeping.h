#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "operations/member_buckets.h"
#include "sweep/sweep.h"
#include "sweep/sweep_schedule.h"

namespace cordon {

/// What sweeps of this process have in common. Everything referred to outlives it.
struct SweepWiring {
  DeploymentAccess& access;
  MemberBuckets& buckets;
  const Runtime& runtime;
  PolicySource policy;
  std::function<TagKeys()> tag_keys;
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  VerdictPolicy verdict_policy = {};
  std::optional<std::chrono::seconds> grace = std::nullopt;  ///< None: the usual one.
};

/// Sweeps one bucket (src/sweep/sweep.h). Errors: also not_found without a sweep queue.
Result<SweepCheckpoint> sweep_bucket(const SweepWiring& wiring, const SweepRequest& request,
                                     const SweepProgress& progress, std::stop_token stop);

/// How the last sweep of the bucket went; nothing when there was none.
Result<std::optional<SweepCheckpoint>> last_sweep(DeploymentAccess& access, const Runtime& runtime,
                                                  const BucketName& bucket, std::stop_token stop);

/// The schedule (src/sweep/sweep_schedule.h) over this access. Blocks until the stop request.
void sweep_on_schedule(const SweepWiring& wiring,
                       const std::function<std::optional<std::chrono::hours>()>& interval,
                       std::stop_token stop);

}  // namespace cordon
