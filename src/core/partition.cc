// The parts of AWS, in one table.
//
// Everything that differs between them stands here, so that a policy, an endpoint or an ARN is
// right in a partition that nobody tried, too. What does not differ is written out where it is
// used: S3, SNS and EventBridge are "s3.amazonaws.com", "sns.amazonaws.com" and
// "events.amazonaws.com" as principals of policies in every partition, and the namespaces of XML
// documents are the same everywhere (docs/adr/0046-partitions.md).

#include "core/partition.h"

#include <algorithm>
#include <array>

namespace cordon {
namespace {

constexpr std::array kPartitions = {
    Partition{.id = "aws",
              .region_heads = "us- eu- ap- sa- ca- me- af- il- mx-",
              .suffix = "amazonaws.com",
              .dualstack_suffix = "api.aws"},
    Partition{.id = "aws-cn",
              .region_heads = "cn-",
              .suffix = "amazonaws.com.cn",
              .dualstack_suffix = "api.amazonwebservices.com.cn",
              .without_fips = "s3"},
    Partition{.id = "aws-us-gov",
              .region_heads = "us-gov-",
              .suffix = "amazonaws.com",
              .dualstack_suffix = "api.aws",
              .fips_is_plain = "sqs sns logs events sts",
              .dualstack_fips_is_plain = "events"},
    Partition{.id = "aws-iso",
              .region_heads = "us-iso-",
              .suffix = "c2s.ic.gov",
              .dualstack_suffix = "api.aws.ic.gov"},
    Partition{.id = "aws-iso-b",
              .region_heads = "us-isob-",
              .suffix = "sc2s.sgov.gov",
              .dualstack_suffix = "api.aws.scloud"},
    Partition{.id = "aws-iso-e",
              .region_heads = "eu-isoe-",
              .suffix = "cloud.adc-e.uk",
              .dualstack_suffix = "api.cloud-aws.adc-e.uk"},
    Partition{.id = "aws-iso-f",
              .region_heads = "us-isof-",
              .suffix = "csp.hci.ic.gov",
              .dualstack_suffix = "api.aws.hci.ic.gov"},
    Partition{.id = "aws-eusc",
              .region_heads = "eusc-de-",
              .suffix = "amazonaws.eu",
              .dualstack_suffix = "api.amazonwebservices.eu"},
};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_all(std::string_view text, bool (*of)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), of);
}

// "west-1" of "us-gov-west-1": one word and a number.
bool ends_as_region(std::string_view rest) {
  const std::size_t dash = rest.find('-');
  return dash != std::string_view::npos && is_all(rest.substr(0, dash), is_lower) &&
         is_all(rest.substr(dash + 1), is_digit);
}

// Whether `match` accepts a word of the list.
template <typename Match>
bool any_word(std::string_view list, const Match& match) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (match(list.substr(0, end))) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool is_region_of(const Partition& partition, std::string_view region) {
  return any_word(partition.region_heads, [&](std::string_view head) {
    return region.starts_with(head) && ends_as_region(region.substr(head.size()));
  });
}

bool is_in_domain(std::string_view host, std::string_view domain) {
  return host.ends_with(domain) && host.size() > domain.size() &&
         host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

std::span<const Partition> partitions() { return kPartitions; }

const Partition* find_partition(std::string_view id) {
  const auto at = std::find_if(kPartitions.begin(), kPartitions.end(),
                               [&](const Partition& one) { return one.id == id; });
  return at == kPartitions.end() ? nullptr : &*at;
}

const Partition* known_partition_of(const Region& region) {
  const auto at = std::find_if(kPartitions.begin(), kPartitions.end(), [&](const Partition& one) {
    return is_region_of(one, region.str());
  });
  return at == kPartitions.end() ? nullptr : &*at;
}

const Partition& partition_of(const Region& region) {
  const Partition* known = known_partition_of(region);
  return known == nullptr ? kPartitions.front() : *known;
}

bool is_aws_host(std::string_view host) {
  return std::any_of(kPartitions.begin(), kPartitions.end(), [&](const Partition& one) {
    return is_in_domain(host, one.suffix) || is_in_domain(host, one.dualstack_suffix);
  });
}

bool has_word(std::string_view list, std::string_view word) {
  return any_word(list, [&](std::string_view one) { return one == word; });
}

std::optional<Arn> parse_arn(std::string_view text) {
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto& [head, partition, service, region, account] = fields;
  const bool well_formed = head == "arn" && find_partition(partition) != nullptr &&
                           !service.empty() && !text.empty() &&
                           (account.empty() || (account.size() == 12 && is_all(account, is_digit)));
  if (!well_formed) return std::nullopt;
  return Arn{partition, service, region, account, text};
}

std::optional<RoleArn> parse_role_arn(std::string_view text) {
  constexpr std::string_view kRole = "role/";
  const std::optional<Arn> arn = parse_arn(text);
  if (!arn || arn->service != "iam" || !arn->region.empty() || arn->account.empty() ||
      !arn->resource.starts_with(kRole) || arn->resource.size() == kRole.size()) {
    return std::nullopt;
  }
  return RoleArn{arn->partition, AccountId(std::string(arn->account)),
                 arn->resource.substr(kRole.size())};
}

std::string to_string(const Arn& arn) {
  std::string out = "arn:";
  for (const std::string_view field : {arn.partition, arn.service, arn.region, arn.account}) {
    out.append(field).append(":");
  }
  return out.append(arn.resource);
}

std::string regional_arn(std::string_view service, const Region& region, const AccountId& account,
                         std::string_view resource) {
  return to_string(Arn{partition_of(region).id, service, region.str(), account.str(), resource});
}

std::string bucket_arn(const Region& region, std::string_view name) {
  return to_string(Arn{partition_of(region).id, "s3", "", "", name});
}

std::string account_root_arn(const Region& region, const AccountId& account) {
  return to_string(Arn{partition_of(region).id, "iam", "", account.str(), "root"});
}

std::string role_arn_form(std::string_view partition) {
  return "arn:" + std::string(partition) + ":iam::ACCOUNT:role/NAME";
}

}  // namespace cordon
