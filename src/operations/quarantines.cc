#include "operations/quarantines.h"

#include <algorithm>

#include "core/own_buckets.h"
#include "core/policy.h"
#include "quarantine/former_quarantines.h"

namespace cordon {
namespace {

void add(std::vector<BucketName>& buckets, const BucketName& bucket) {
  if (std::find(buckets.begin(), buckets.end(), bucket) == buckets.end()) {
    buckets.push_back(bucket);
  }
}

BucketName own_quarantine(const DeploymentAccess& access, const Region& region) {
  return access.deployment().quarantine_bucket(access.account(), region);
}

}  // namespace

Quarantines all_quarantines(DeploymentAccess& access, const Settings& settings, Deadline deadline,
                            std::stop_token stop) {
  Quarantines found;
  add(found.buckets, quarantine_of(access, settings, BucketName()));
  for (const BucketName& named : named_quarantines(settings.policies)) add(found.buckets, named);
  found.configured = found.buckets.size();
  add(found.buckets, own_quarantine(access, access.region()));
  const auto all = access.census().buckets(deadline, stop);
  if (!all) found.unseen.push_back("quarantines of other regions: " + all.error().what);
  for (const BucketEntry& entry : all ? *all : std::vector<BucketEntry>()) {
    if (is_quarantine_of(access.deployment(), access.account(), entry.name)) {
      add(found.buckets, entry.name);
    }
  }
  const auto earlier = earlier_quarantines(access, settings, deadline, std::move(stop));
  if (!earlier) found.unseen.push_back("quarantines of earlier settings: " + earlier.error().what);
  for (const BucketName& bucket : earlier ? *earlier : std::vector<BucketName>()) {
    add(found.buckets, bucket);
  }
  return found;
}

Result<std::vector<BucketName>> earlier_quarantines(DeploymentAccess& access,
                                                    const Settings& settings, Deadline deadline,
                                                    std::stop_token stop) {
  const ObjectRef document{access.deployment().system_bucket(access.account()),
                           ObjectKey("settings.json")};
  CORDON_TRY(const std::vector<FormerQuarantine> former,
             former_quarantines(access.store(), access.catalogue(), document, access.account(),
                                deadline, std::move(stop)));
  access.expect_owners([settings, former, own = access.account()](const BucketName& bucket) {
    const AccountId now = owner_of(settings, bucket, own);
    const auto was = std::find_if(former.begin(), former.end(),
                                  [&](const auto& one) { return one.bucket == bucket; });
    return now == own && was != former.end() ? was->owner : now;
  });
  std::vector<BucketName> buckets;
  for (const FormerQuarantine& one : former) buckets.push_back(one.bucket);
  return buckets;
}

Result<BucketName> quarantine_at(DeploymentAccess& access, MemberBuckets& buckets,
                                 const Settings& settings, const ObjectRef& object,
                                 Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const Region region, buckets.region_of(object.bucket, deadline, std::move(stop)));
  const Policy policy = resolve_policy(settings.policies, region, object.bucket, object.key);
  return policy.quarantine.value_or(own_quarantine(access, region));
}

std::vector<BucketName> quarantines_for(DeploymentAccess& access, MemberBuckets& buckets,
                                        const Settings& settings, const ObjectRef& object,
                                        Deadline deadline, std::stop_token stop) {
  std::vector<BucketName> found;
  // A bucket that is gone, or may not be asked, is taken for one of this region.
  const Result<BucketName> first =
      quarantine_at(access, buckets, settings, object, deadline, std::move(stop));
  if (first) add(found, *first);
  add(found, quarantine_of(access, settings, object.bucket));
  add(found, own_quarantine(access, access.region()));
  for (const BucketName& named : named_quarantines(settings.policies)) add(found, named);
  return found;
}

BucketName quarantine_of(const DeploymentAccess& access, const Settings& settings,
                         const BucketName& bucket) {
  const Policy policy = resolve_policy(settings.policies, access.region(), bucket, ObjectKey());
  return policy.quarantine.value_or(own_quarantine(access, access.region()));
}

}  // namespace cordon
