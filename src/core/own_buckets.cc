#include "core/own_buckets.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/deployment.h"
#include "core/partition.h"

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

// "{deployment}-{account}-{region}-an".
bool is_account_regional(std::string_view text) {
  constexpr std::string_view kTail = "-an";
  if (!text.ends_with(kTail)) return false;
  text.remove_suffix(kTail.size());
  return names_a_region_as_well(text);
}

template <typename P>
void collect(const P& stated, std::set<BucketName>& out) {
  if (stated.quarantine) out.insert(*stated.quarantine);
}

}  // namespace

bool is_system_bucket(const BucketName& bucket) {
  constexpr std::string_view kHead = "cordon-system-";
  const std::string_view name = bucket.str();
  if (!name.starts_with(kHead)) return false;
  const std::string_view rest = name.substr(kHead.size());
  return names_deployment_and_account(rest) || is_account_regional(rest);
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
  const std::string head = "cordon-quarantine-" + deployment.name() + "-" + account.str() + "-";
  if (!region.starts_with(head)) return false;
  region.remove_prefix(head.size());
  // A deployment whose name goes on after ours has its account there, which begins with a digit.
  return !region.empty() && region.front() >= 'a' && region.front() <= 'z';
}

std::optional<std::string> why_not_protectable(const BucketName& bucket) {
  constexpr const char* kDirectory =
      "it is a directory bucket, whose objects have neither tags nor versions, and which tells "
      "nobody of new ones; protect the bucket that its objects come from";
  constexpr const char* kTable =
      "it is a table bucket, whose files belong to its tables and can be neither tagged nor moved; "
      "protect the bucket that its data come from";
  constexpr const char* kAlias =
      "it is another name for an access point; name the bucket behind it";
  constexpr std::pair<std::string_view, const char*> kReserved[] = {
      {"--x-s3", kDirectory}, {"--table-s3", kTable}, {"-s3alias", kAlias},
      {"--ol-s3", kAlias},    {".mrap", kAlias},
  };
  const std::string_view name = bucket.str();
  for (const auto& [tail, why] : kReserved) {
    if (name.ends_with(tail)) return why;
  }
  const std::optional<Arn> arn = parse_arn(name);
  if (arn && arn->service == "s3tables") return kTable;
  return std::nullopt;
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
