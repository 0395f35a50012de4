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
  /// None: those that are protected in the region. A name with * stands for all that match.
  std::vector<BucketName> buckets = {};
  std::vector<std::string> kms_keys = {};  ///< ARNs of keys that objects are encrypted with.
  std::optional<Settings> settings = std::nullopt;  ///< None: those in force.
  std::set<OperatorFeature> features = {};
  std::set<MemberFeature> member_features = {};
};

/// The rights, in two forms.
struct AccessPolicyReport {
  /// A managed policy has at most so many characters (without white space), and a role takes so
  /// many policies.
  static constexpr std::size_t kManagedMax = 6144;
  static constexpr std::size_t kPoliciesMax = 10;

  /// Indented JSON, each with a line break at its end; together they are the rights. More than one
  /// only where they have to be; each fits a managed policy.
  std::vector<std::string> policies;
  std::string table;  ///< What each right is for, as rows of a Markdown table.

  bool fits_a_role() const { return policies.size() <= kPoliciesMax; }
};

/// Asks for the settings and the protected buckets where the request names none; at most 5 minutes.
/// Errors: not_found (no bucket is protected), those of the settings and of the account's list.
Result<AccessPolicyReport> access_policy_for(DeploymentAccess& access, const Runtime& runtime,
                                             AccessPolicyRequest request);

/// Asks nobody, so that a policy can be written before there is an account to ask: the usual
/// settings where the request has none. Pure.
AccessPolicyReport access_policy_for(const AccountIdentity& identity, AccessPolicyRequest request);

}  // namespace cordon
