#include "core/own_buckets.h"

#include <algorithm>
#include <string_view>

#include "core/deployment.h"

namespace cordon {
namespace {

constexpr std::size_t kAccountDigits = 12;

bool is_account(std::string_view text) {
  return text.size() == kAccountDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "{deployment}-{account}".
bool names_deployment_and_account(std::string_view text) {
  if (text.size() < kAccountDigits + 2 || text[text.size() - kAccountDigits - 1] != '-') {
    return false;
  }
  return is_account(text.substr(text.size() - kAccountDigits)) &&
         Deployment::create(text.substr(0, text.size() - kAccountDigits - 1)).ok();
}

// "{deployment}-{account}-{region}". A deployment may hold '-' and digits, and so does a region, so
// every place where an account could stand is tried.
bool names_a_region_as_well(std::string_view text) {
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    if (dash + 1 < text.size() && names_deployment_and_account(text.substr(0, dash))) return true;
  }
  return false;
}

template <typename P>
void collect(const P& stated, std::set<BucketName>& out) {
  if (stated.quarantine) out.insert(*stated.quarantine);
}

}  // namespace

bool is_system_bucket(const BucketName& bucket) {
  constexpr std::string_view kHead = "cordon-system-";
  const std::string_view name = bucket.str();
  return name.starts_with(kHead) && names_deployment_and_account(name.substr(kHead.size()));
}

bool has_own_name(const BucketName& bucket) {
  constexpr std::string_view kHead = "cordon-quarantine-";
  const std::string_view name = bucket.str();
  return is_system_bucket(bucket) ||
         (name.starts_with(kHead) && names_a_region_as_well(name.substr(kHead.size())));
}

bool is_quarantine_of(const Deployment& deployment, const AccountId& account,
                      const BucketName& bucket) {
  std::string_view region = bucket.str();
  const std::string head = deployment.quarantine_bucket(account, Region("")).str();
  if (!region.starts_with(head)) return false;
  region.remove_prefix(head.size());
  // A deployment whose name goes on after ours has its account there, which begins with a digit.
  return !region.empty() && region.front() >= 'a' && region.front() <= 'z';
}

std::set<BucketName> named_quarantines(const PolicySet& policies) {
  std::set<BucketName> out;
  collect(policies.defaults, out);
  for (const auto& [region, stated] : policies.regions) collect(stated, out);
  for (const BucketPolicy& one : policies.buckets) collect(one.stated, out);
  return out;
}

bool is_own_bucket(const BucketName& bucket, const PolicySet& policies) {
  if (has_own_name(bucket)) return true;
  const auto names_it = [&](const auto& stated) { return stated.quarantine == bucket; };
  return names_it(policies.defaults) ||
         std::any_of(policies.regions.begin(), policies.regions.end(),
                     [&](const auto& one) { return names_it(one.second); }) ||
         std::any_of(policies.buckets.begin(), policies.buckets.end(),
                     [&](const BucketPolicy& one) { return names_it(one.stated); });
}

}  // namespace cordon
