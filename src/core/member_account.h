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
  std::string role_arn;                                   ///< arn:PARTITION:iam::ID:role/NAME
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

}  // namespace cordon
