#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/deployment.h"
#include "core/object_ref.h"
#include "provision/access_statements.h"
#include "settings/settings.h"

namespace cordon {

/// What an operator does beside protecting buckets, and what a console does beside showing them.
/// Agents of linked file shares: `gateway`. Of a console alone: `protect` and `sweep`, not `watch`.
enum class OperatorFeature : std::uint8_t {
  watch,
  regions,
  dead,
  gateway,
  doctor,
  brake,
  protect,
  sweep,
};

/// What commands do with buckets of a member account beside protecting them, and agents beside
/// scanning what is new; sweeps also where the settings have agents do them.
enum class MemberFeature : std::uint8_t { gate, restore, sweep };

/// What the rights of a role depend on.
struct AccessFacts {
  Deployment deployment;
  AccountId account;
  Region region;
  Settings settings = {};
  /// Protected, or to be protected, in `region`; a name with * stands for all that match.
  std::vector<BucketName> buckets = {};
  std::vector<std::string> kms_keys = {};  ///< ARNs of keys that objects are encrypted with.
  std::set<OperatorFeature> features = {};
  std::set<MemberFeature> member_features = {};
  /// In quarantine, where keys begin with the name of the bucket, these names stand for all that
  /// begin with the same letter: shorter. What is Cordon's own there begins with a dot.
  bool quarantine_by_letter = false;
};

/// An agent of the region: reads events and objects, tags, follows the routes of the settings. Only
/// what buckets, routes, tags and features of `facts` need. Pure.
std::vector<AccessStatement> agent_access(const AccessFacts& facts);

/// `cordon bucket protect|unprotect|status|list|gate` on the buckets of `facts`, and the features:
/// what an operator needs in the deployment's account. Pure.
std::vector<AccessStatement> operator_access(const AccessFacts& facts);

/// The role in a member account, which owns the buckets of `facts`; operators and agents of
/// `facts.account` take it on. Pure.
std::vector<AccessStatement> member_access(const AccessFacts& facts);

/// Everything that `cordon settings`, `quarantine` and `verdict` do on the buckets of `facts`, and
/// seeing how they are protected: the jobs of a console; and the features. Pure.
std::vector<AccessStatement> console_access(const AccessFacts& facts);

}  // namespace cordon
