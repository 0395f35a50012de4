#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/object_ref.h"

namespace cordon {

/// Another account with buckets that our agents scan, in a role of it.
struct MemberAccount {
  AccountId id;
  std::string role_arn;                                   ///< arn:aws:iam::ID:role/NAME
  std::optional<std::string> external_id = std::nullopt;  ///< What the role asks for.
  std::vector<BucketName> buckets = {};                   ///< Sorted; each in one account only.

  bool operator==(const MemberAccount&) const = default;
};

/// The account that the bucket is named in; null: it is our own.
inline const MemberAccount* account_of(const std::vector<MemberAccount>& accounts,
                                       const BucketName& bucket) {
  for (const MemberAccount& one : accounts) {
    if (std::find(one.buckets.begin(), one.buckets.end(), bucket) != one.buckets.end()) return &one;
  }
  return nullptr;
}

/// The account in a role's ARN; none: it is no ARN of a role.
inline std::optional<AccountId> account_of_role(const std::string& role_arn) {
  const std::size_t iam = role_arn.find(":iam::");
  if (!role_arn.starts_with("arn:aws") || iam == std::string::npos) return std::nullopt;
  const std::string rest = role_arn.substr(iam + 6);
  const bool digits = rest.size() > 18 && rest.find_first_not_of("0123456789") == 12;
  if (!digits || !rest.substr(12).starts_with(":role/")) return std::nullopt;
  return AccountId(rest.substr(0, 12));
}

}  // namespace cordon
