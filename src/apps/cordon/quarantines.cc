#include "apps/cordon/quarantines.h"

#include <algorithm>

#include "apps/cordon/known_settings.h"
#include "core/own_buckets.h"
#include "core/policy.h"

namespace cordon {
namespace {

void add(std::vector<BucketName>& buckets, const BucketName& bucket) {
  if (std::find(buckets.begin(), buckets.end(), bucket) == buckets.end()) {
    buckets.push_back(bucket);
  }
}

BucketName own_quarantine(const Cloud& cloud, const Region& region) {
  return cloud.deployment().quarantine_bucket(cloud.account(), region);
}

}  // namespace

Quarantines all_quarantines(Cloud& cloud, const Settings& settings, Deadline deadline,
                            std::stop_token stop) {
  Quarantines found;
  add(found.buckets, quarantine_of(cloud, settings, BucketName()));
  for (const BucketName& named : named_quarantines(settings.policies)) add(found.buckets, named);
  found.configured = found.buckets.size();
  add(found.buckets, own_quarantine(cloud, cloud.region()));
  const auto all = cloud.census().buckets(deadline, std::move(stop));
  if (!all) {
    found.unseen = all.error();
    return found;
  }
  for (const BucketEntry& entry : *all) {
    if (is_quarantine_of(cloud.deployment(), cloud.account(), entry.name)) {
      add(found.buckets, entry.name);
    }
  }
  return found;
}

Result<BucketName> quarantine_at(Cloud& cloud, MemberBuckets& buckets, const Settings& settings,
                                 const ObjectRef& object, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const Region region, buckets.region_of(object.bucket, deadline, std::move(stop)));
  const Policy policy = resolve_policy(settings.policies, region, object.bucket, object.key);
  return policy.quarantine.value_or(own_quarantine(cloud, region));
}

std::vector<BucketName> quarantines_for(Cloud& cloud, MemberBuckets& buckets,
                                        const Settings& settings, const ObjectRef& object,
                                        Deadline deadline, std::stop_token stop) {
  std::vector<BucketName> found;
  // A bucket that is gone, or may not be asked, is taken for one of this region.
  const Result<BucketName> first =
      quarantine_at(cloud, buckets, settings, object, deadline, std::move(stop));
  if (first) add(found, *first);
  add(found, quarantine_of(cloud, settings, object.bucket));
  add(found, own_quarantine(cloud, cloud.region()));
  for (const BucketName& named : named_quarantines(settings.policies)) add(found, named);
  return found;
}

}  // namespace cordon
