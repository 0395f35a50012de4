#include "core/policy.h"

#include <algorithm>

#include "core/glob.h"

namespace cordon {
namespace {

template <typename T>
void take(T& into, const std::optional<T>& stated) {
  if (stated) into = *stated;
}

void apply(Policy& policy, const PolicyOverride& stated) {
  take(policy.skip_scanned, stated.skip_scanned);
  take(policy.skip_scanned_max_age, stated.skip_scanned_max_age);
  take(policy.collision, stated.collision);
  take(policy.promote_without_conditions, stated.promote_without_conditions);
  if (stated.quarantine) policy.quarantine = stated.quarantine;
  take(policy.include, stated.include);
  take(policy.exclude, stated.exclude);
  take(policy.on_clean, stated.on_clean);
  take(policy.on_infected, stated.on_infected);
  take(policy.on_unscannable, stated.on_unscannable);
  take(policy.on_suspicious, stated.on_suspicious);
  take(policy.on_error, stated.on_error);
}

bool any_matches(const std::vector<std::string>& patterns, const ObjectKey& key) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, key.str()); });
}

}  // namespace

std::optional<std::chrono::milliseconds> age_limit(const Policy& policy) {
  if (policy.skip_scanned_max_age == std::chrono::hours(0)) return std::nullopt;
  return policy.skip_scanned_max_age;
}

const Route& route_for(const Policy& policy, Disposition disposition) {
  static const Route kKeep = {{RouteStep::Kind::keep}};
  switch (disposition) {
    case Disposition::clean:
      return policy.on_clean;
    case Disposition::infected_allowed:
      return kKeep;
    case Disposition::infected:
      return policy.on_infected;
    case Disposition::suspicious:
      return policy.on_suspicious;
    case Disposition::unscannable:
      return policy.on_unscannable;
    case Disposition::error:
      return policy.on_error;
  }
  return policy.on_error;
}

bool admits(const Policy& policy, const ObjectKey& key) {
  return any_matches(policy.include, key) && !any_matches(policy.exclude, key);
}

Policy resolve_policy(const PolicySet& set, const Region& region, const BucketName& bucket,
                      const ObjectKey& key) {
  Policy policy = set.defaults;
  const auto regional = set.regions.find(region);
  if (regional != set.regions.end()) apply(policy, regional->second);

  std::vector<const BucketPolicy*> matching;
  for (const BucketPolicy& entry : set.buckets) {
    if (entry.bucket == bucket && key.str().starts_with(entry.prefix)) matching.push_back(&entry);
  }
  std::stable_sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return a->prefix.size() < b->prefix.size();
  });
  for (const BucketPolicy* entry : matching) apply(policy, entry->stated);
  return policy;
}

namespace {

template <typename P>
void collect_destinations(const P& policy, std::set<BucketName>& buckets) {
  for (const std::optional<Route>& route :
       {std::optional<Route>(policy.on_clean), std::optional<Route>(policy.on_infected),
        std::optional<Route>(policy.on_unscannable), std::optional<Route>(policy.on_suspicious),
        std::optional<Route>(policy.on_error)}) {
    for (const RouteStep& step : route.value_or(Route())) {
      if (step.to) buckets.insert(step.to->bucket);
    }
  }
}

}  // namespace

std::set<BucketName> route_destinations(const PolicySet& set) {
  std::set<BucketName> buckets;
  collect_destinations(set.defaults, buckets);
  for (const auto& [region, stated] : set.regions) collect_destinations(stated, buckets);
  for (const BucketPolicy& entry : set.buckets) collect_destinations(entry.stated, buckets);
  return buckets;
}

}  // namespace cordon
