#pragma once

#include "operations/deployment_access.h"
#include "provision/region_upkeep.h"

namespace cordon {

/// Provisioning in earnest, or its rehearsal: the same decisions and reports, and nothing is
/// changed (provision/rehearsal.h). One rehearsal remembers over its whole life what it would have
/// changed.
///
/// Threads: one. The access outlives it, and it outlives what it gives.
class Provisioning {
 public:
  Provisioning(DeploymentAccess& access, bool is_rehearsal);

  bool is_rehearsal() const { return is_rehearsal_; }
  /// Of the account's own buckets.
  Protection protection();
  /// Of a member's.
  Protection protection(MemberAccess member);
  RegionUpkeep regions();

 private:
  MemberAccess rehearsed(MemberAccess member);

  DeploymentAccess& access_;
  const bool is_rehearsal_;
  Rehearsal rehearsal_;
};

}  // namespace cordon
