#pragma once

#include "operations/deployment_access.h"
#include "provision/region_upkeep.h"

namespace cordon {

/// Provisioning in earnest, or as a dry run: the same decisions and reports, and nothing is
/// changed (provision/dry_run.h). One dry run remembers over its whole life what it would have
/// changed.
///
/// Threads: one. The access outlives it, and it outlives what it gives.
class Provisioning {
 public:
  Provisioning(DeploymentAccess& access, bool is_dry_run);

  bool is_dry_run() const { return is_dry_run_; }
  /// Of the account's own buckets.
  Protection protection();
  /// Of a member's.
  Protection protection(MemberAccess member);
  /// Of those whose store posts its events. `protection` outlives it; `quarantine_days` as there.
  Result<PushProtection> push_protection(const Protection& protection,
                                         std::optional<std::uint32_t> quarantine_days);
  RegionUpkeep regions();

 private:
  MemberAccess dry_run_of(MemberAccess member);

  DeploymentAccess& access_;
  const bool is_dry_run_;
  DryRun dry_run_;
};

}  // namespace cordon
