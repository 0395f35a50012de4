#pragma once

#include <map>
#include <memory>
#include <string>

#include "provision/topology.h"
#include "provision/wiring.h"

namespace cordon {

/// Ports that read the world and change nothing: what is written is remembered and read back from
/// then on. A use case on them takes every decision that it would take in earnest, and its report
/// says what would change. What a service alone would refuse is not found out.
///
/// Threads: one. What is given by reference, or by a source, outlives it.
class DryRun {
 public:
  DryRun(AccountId account, RegionAdminSource regions, RegionWiringSource wiring);
  ~DryRun();

  RegionAdminSource regions();
  RegionWiringSource wiring();
  /// Other buckets, those of a member account. `real` outlives the dry run.
  BucketAdmin& dry_run_of(BucketAdmin& real);

 private:
  struct Stage;
  Result<Stage*> stage_of(const Region& region);

  const AccountId account_;
  const RegionAdminSource regions_;
  const RegionWiringSource wiring_;
  std::map<Region, std::unique_ptr<Stage>> stages_;
  std::map<BucketAdmin*, std::unique_ptr<BucketAdmin>> others_;
};

}  // namespace cordon
