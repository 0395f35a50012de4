#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "core/object_ref.h"
#include "operations/deployment_access.h"
#include "operations/member_buckets.h"
#include "quarantine/listing.h"
#include "settings/settings.h"

namespace cordon {

/// The quarantine buckets of a deployment.
struct Quarantines {
  /// The one that objects of this region go to, and then all others: those that the settings name,
  /// the own ones of every region, and those that the settings named once.
  std::vector<BucketName> buckets;
  std::size_t configured = 1;  ///< So many of them are what the settings say for here.
  /// Which could not be looked for, and why.
  std::vector<std::string> unseen = {};
};

/// Every bucket that something quarantined may lie in.
Quarantines all_quarantines(DeploymentAccess& access, const Settings& settings, Deadline deadline,
                            std::stop_token stop);

/// Those that the settings named once, the last first; from now on requests about them say whose
/// they were. Errors: as former_quarantines.
Result<std::vector<BucketName>> earlier_quarantines(DeploymentAccess& access,
                                                    const Settings& settings, Deadline deadline,
                                                    std::stop_token stop);

/// Where this object would be, in the order in which to look: the quarantine that its policy names
/// or its region's own, then the other ones that are known without a search.
std::vector<BucketName> quarantines_for(DeploymentAccess& access, MemberBuckets& buckets,
                                        const Settings& settings, const ObjectRef& object,
                                        Deadline deadline, std::stop_token stop);

/// Where agents look for the marks of this object: in the quarantine of their region, or in the one
/// that its policy names.
Result<BucketName> quarantine_at(DeploymentAccess& access, MemberBuckets& buckets,
                                 const Settings& settings, const ObjectRef& object,
                                 Deadline deadline, std::stop_token stop);

/// Where objects of `bucket` go when they are quarantined; with an empty name, those of a bucket
/// that the settings say nothing about.
BucketName quarantine_of(const DeploymentAccess& access, const Settings& settings,
                         const BucketName& bucket);

}  // namespace cordon
