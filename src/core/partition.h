#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/object_ref.h"

namespace cordon {

/// A part of AWS with accounts, bucket names and endpoints of its own: nothing of one is reached
/// from another. Lists are words with a blank between them.
struct Partition {
  std::string_view id;                ///< The second field of every ARN: "aws-cn".
  std::string_view region_heads;      ///< What its regions' names begin with: "cn-".
  std::string_view suffix;            ///< Of endpoints: "amazonaws.com.cn".
  std::string_view dualstack_suffix;  ///< Of endpoints that speak IPv6, too. S3 has them elsewhere.
  /// Services whose plain endpoints are the FIPS ones; all others have "-fips" in the name. The
  /// same for endpoints that are of both kinds.
  std::string_view fips_is_plain = "";
  std::string_view dualstack_fips_is_plain = "";
  std::string_view without_fips = "";  ///< Services that have no FIPS endpoint there.
};

/// All of them. What AWS's own SDKs know judges the table (src/aws/endpoint_oracle.py).
std::span<const Partition> partitions();

/// The one of this id; null: there is none.
const Partition* find_partition(std::string_view id);

/// The partition in which a region's name has the form of a region, so that regions which open
/// later are known as well; null for a name like those of no partition.
const Partition* known_partition_of(const Region& region);

/// The same, and "aws" for a name of another form: it is where new continents have been so far, and
/// what stores that are not AWS's write in their ARNs.
const Partition& partition_of(const Region& region);

/// Whether the host (without a port) is one of AWS's own, VPC endpoints included.
bool is_aws_host(std::string_view host);

/// Whether the word is one of the list's. Pure.
bool has_word(std::string_view list, std::string_view word);

/// The six fields of an ARN of a known partition; parts of the text that it was read from.
struct Arn {
  std::string_view partition;
  std::string_view service;
  std::string_view region;   ///< Empty for what belongs to none: buckets, roles.
  std::string_view account;  ///< 12 digits; empty for buckets.
  std::string_view resource;
};

/// None: it is no ARN, or of a partition that is not in the table.
std::optional<Arn> parse_arn(std::string_view text);

/// The account and "PATH/NAME" of the role that an ARN names; none for everything else.
struct RoleArn {
  std::string_view partition;
  AccountId account;
  std::string_view name;
};
std::optional<RoleArn> parse_role_arn(std::string_view text);

std::string to_string(const Arn& arn);

// ARNs of what is in a region, or (buckets, accounts) in the partition of a region.

std::string regional_arn(std::string_view service, const Region& region, const AccountId& account,
                         std::string_view resource);
/// `name` of a bucket, with "/KEY" behind it or without.
std::string bucket_arn(const Region& region, std::string_view name);
/// The principal that stands for the whole account.
std::string account_root_arn(const Region& region, const AccountId& account);

/// How a role's ARN looks, for messages: "arn:aws-cn:iam::ACCOUNT:role/NAME".
std::string role_arn_form(std::string_view partition = "PARTITION");

}  // namespace cordon
