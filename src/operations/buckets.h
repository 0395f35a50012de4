#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "operations/regions.h"

// Protecting buckets, taking that back, and what is in place. Each bucket takes at most 5 minutes.
//
// `member` of a request is another account, by a role of it that is reached (`id` and `buckets` are
// not looked at); none: each bucket is reached as the settings say, or is our own.

namespace cordon {

/// Hears what was found or done for a bucket, or why not, as soon as that is known.
using ProvisionListener = std::function<void(const Result<ProvisionReport>& outcome)>;

/// Which buckets are to be protected.
struct ProtectRequest {
  std::vector<BucketName> buckets = {};
  std::optional<MemberAccount> member = std::nullopt;
  /// After how many days what is in quarantine is deleted. 0: never; none: as it is.
  std::optional<std::uint32_t> quarantine_days = std::nullopt;
  bool dry_run = false;  ///< Nothing is changed; the reports say what would be.
};

/// Protects each bucket (Protection::protect), also after a failure of another. Errors: those of
/// the settings in force; nothing was done then.
Result<void> protect_buckets(DeploymentAccess& access, const Runtime& runtime,
                             const ProtectRequest& request, const ProvisionListener& told);

/// Which buckets are to be protected no longer.
struct UnprotectRequest {
  std::vector<BucketName> buckets = {};
  std::optional<MemberAccount> member = std::nullopt;
  bool dry_run = false;           ///< Nothing is changed; the reports say what would be.
  bool remove_unused = false;     ///< Afterwards, remove what their regions no longer need.
  bool discard_messages = false;  ///< With `remove_unused`: queues that hold messages, too.
};

/// Takes back what `protect_buckets` added to each bucket, also after a failure of another. Buckets
/// of an account whose role cannot be taken on are taken out of what agents know. Errors: those of
/// the settings in force; nothing was done then.
Result<void> unprotect_buckets(DeploymentAccess& access, const Runtime& runtime,
                               const UnprotectRequest& request, const ProvisionListener& told,
                               const RegionRemovalListener& told_of_region);

/// Which buckets are asked about.
struct BucketStatusRequest {
  std::vector<BucketName> buckets = {};
  std::optional<MemberAccount> member = std::nullopt;
};

/// What is there of each bucket's protection, and its read gate; also after a failure of another.
/// Errors: those of the settings in force.
Result<void> bucket_status(DeploymentAccess& access, const Runtime& runtime,
                           const BucketStatusRequest& request, const ProvisionListener& told);

/// Which buckets are listed.
struct BucketListRequest {
  std::vector<Region> only_in = {};                    ///< None: every region.
  std::optional<MemberAccount> member = std::nullopt;  ///< Its buckets in place of ours.
};

/// Buckets with their protection, without steps but what could not be found out.
/// Errors: those of the account's list, and of DeploymentAccess::member.
Result<std::vector<ProvisionReport>> list_buckets(DeploymentAccess& access, const Runtime& runtime,
                                                  const BucketListRequest& request);

}  // namespace cordon
