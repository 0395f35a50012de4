#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "operations/deployment_access.h"
#include "operations/routed_catalogue.h"
#include "operations/routed_store.h"
#include "settings/settings.h"
#include "sweep/sweep_schedule.h"

namespace cordon {

/// Reaches each bucket with the rights that it takes: our own, or the role of the member account
/// that the settings of the moment name it under (docs/adr/0034-member-accounts.md).
///
/// Threads: any. The access outlives it.
class MemberBuckets {
 public:
  using SettingsSource = std::function<std::shared_ptr<const Settings>()>;

  MemberBuckets(DeploymentAccess& access, SettingsSource settings);
  /// Settings that stay as they are.
  MemberBuckets(DeploymentAccess& access, Settings settings);

  ObjectStore& store() { return store_; }
  /// Copies as whoever reaches the place that they go to.
  ObjectStore& restoring_store() { return restoring_store_; }
  BucketCatalogue& catalogue() { return catalogue_; }

  Result<BucketPolicyAccess> policies(const BucketName& bucket, Deadline deadline,
                                      std::stop_token stop);
  Result<Region> region_of(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Whether the bucket is in the access's region.
  Result<bool> is_here(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Whether agents are told of new objects in the bucket.
  Result<bool> is_watched(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Every bucket of the region that is watched, those of members last.
  Result<WatchedBuckets> watched(Deadline deadline, std::stop_token stop);

  /// None: it is our own.
  std::optional<MemberAccount> owner(const BucketName& bucket) const;
  /// With what to do about it, where a member's role was refused something.
  Error explained(Error error, const BucketName& bucket) const;

 private:
  ObjectStore& store_of(const BucketName& bucket);

  DeploymentAccess& access_;
  const SettingsSource settings_;
  RoutedStore store_;
  RoutedStore restoring_store_;
  RoutedCatalogue catalogue_;
};

}  // namespace cordon
