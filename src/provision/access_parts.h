#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/partition.h"
#include "provision/access_rights.h"

// What the policies of several roles are put together from. Pure, all of it.

namespace cordon {

using Texts = std::vector<std::string>;

/// The ARNs of what a deployment owns.
class AccessNames {
 public:
  /// `facts` outlive it.
  explicit AccessNames(const AccessFacts& facts) : facts_(facts) {}

  std::string bucket(const BucketName& name, const std::string& below = "") const {
    return bucket_arn(facts_.region, name.str() + (below.empty() ? "" : "/" + below));
  }
  std::string regional(const std::string& service, const std::string& name) const {
    return regional_in(facts_.region, service, name);
  }
  std::string regional_in(const Region& region, const std::string& service,
                          const std::string& name) const {
    // Also where the region is a pattern, the partition is that of the deployment.
    return to_string(
        Arn{partition_of(facts_.region).id, service, region.str(), facts_.account.str(), name});
  }
  /// Of the deployment, in the region of its system bucket, which nothing here tells.
  std::string results_queue() const;
  std::string results_dead_letters() const;
  BucketName quarantine() const {
    return facts_.deployment.quarantine_bucket(facts_.account, facts_.region);
  }
  BucketName system() const { return facts_.deployment.system_bucket(facts_.account); }
  std::string notification_topic() const {
    return regional_in(facts_.settings.notifications.region.value_or(facts_.region), "sns",
                       facts_.deployment.notification_topic());
  }

 private:
  const AccessFacts& facts_;
};

extern const Texts kCopyActions;  ///< On the place of a copy: make it, verify it.
extern const Texts kSeeRule;
extern const Texts kSeeAndChangeRule;

/// What every bucket of `facts` adds to a list of resources.
Texts each(const AccessFacts& facts, const std::function<std::string(const BucketName&)>& arn);

/// Without the buckets that are reached in a role.
AccessFacts with_own_buckets(AccessFacts facts);

/// Where the routes of a bucket lead.
struct Ways {
  bool removes = false;              ///< Some route takes objects away from the bucket.
  std::set<BucketName> quarantines;  ///< Where some route puts objects.
  std::set<BucketName> mark_places;  ///< Where what was allowed is looked up.
  std::set<std::pair<std::string, std::string>> destinations;  ///< Bucket and prefix.
};

/// A policy is stated per prefix: the routes of all prefixes together.
Ways ways_of(const AccessFacts& facts, const BucketName& bucket);

/// Where the routes of some buckets lead, as resources.
struct RoutePlaces {
  Texts removing;
  Texts quarantined;
  Texts marks;
  Texts quarantines;
  Texts destinations;
  Texts destination_buckets;
  /// Of the last two, those in buckets that are reached in a member's role.
  Texts member_destinations;
  Texts member_destination_buckets;
};

RoutePlaces places_of(const AccessFacts& facts, const AccessNames& names,
                      const std::vector<BucketName>& buckets);

/// Trying what a store that is not AWS's does of what S3 does. `reads_there`: another statement
/// lets the same role read that place of the quarantine.
void add_trying(const AccessNames& names, bool reads_there, const std::string& why, Rights& rights);

/// The roles of member accounts that own buckets.
void add_roles(const AccessFacts& facts, Rights& rights);
void add_settings_reading(const AccessNames& names, Rights& rights);

}  // namespace cordon
