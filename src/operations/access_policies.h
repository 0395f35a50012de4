#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "provision/access_rights.h"

// Least-privilege policies for those who work with a deployment (provision/access_rights.h).

namespace cordon {

/// Whom a policy is for.
enum class AccessRole : std::uint8_t {
  agent,       ///< The agents of the region.
  console,     ///< Settings, quarantine and verdicts.
  operations,  ///< Protecting, unprotecting and gating buckets of the deployment's account.
  member,      ///< The role in another account that agents and operators take on.
};

/// Which policy is asked for.
struct AccessPolicyRequest {
  AccessRole role = AccessRole::agent;
  std::vector<BucketName> buckets = {};    ///< None: those that are protected in the region.
  std::vector<std::string> kms_keys = {};  ///< ARNs of keys that objects are encrypted with.
  std::optional<Settings> settings = std::nullopt;  ///< None: those in force.
  std::set<OperatorFeature> features = {};
  std::set<MemberFeature> member_features = {};
};

/// The policy, in two forms.
struct AccessPolicyReport {
  std::string policy;      ///< Indented JSON, with a line break at its end.
  std::string table;       ///< What each right is for, as rows of a Markdown table.
  std::size_t characters;  ///< Of the policy as AWS counts them: without white space.

  /// A managed policy has at most so many characters.
  static constexpr std::size_t kManagedMax = 6144;
  bool fits_managed_policy() const { return characters <= kManagedMax; }
};

/// Asks for the settings and the protected buckets where the request names none; at most 5 minutes.
/// Errors: not_found (no bucket is protected), those of the settings and of the account's list.
Result<AccessPolicyReport> access_policy_for(DeploymentAccess& access, const Runtime& runtime,
                                             AccessPolicyRequest request);

/// Asks nobody, so that a policy can be written before there is an account to ask: the usual
/// settings where the request has none. Pure.
AccessPolicyReport access_policy_for(const AccountIdentity& identity, AccessPolicyRequest request);

}  // namespace cordon
