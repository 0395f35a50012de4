#include "operations/access_policies.h"

#include <utility>

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

std::vector<AccessStatement> statements_for(AccessRole role, const AccessFacts& facts) {
  switch (role) {
    case AccessRole::agent:
      return agent_access(facts);
    case AccessRole::console:
      return console_access(facts);
    case AccessRole::operations:
      return operator_access(facts);
    case AccessRole::member:
      return member_access(facts);
  }
  return {};
}

// Those of the region whose events come to us, and those only.
Result<std::vector<BucketName>> protected_buckets(DeploymentAccess& access, Deadline deadline,
                                                  std::stop_token stop) {
  CORDON_TRY(const std::vector<ProvisionReport> reports,
             access.protection().list(deadline, std::move(stop)));
  std::vector<BucketName> found;
  for (const ProvisionReport& report : reports) {
    if (report.is_protected && report.region == access.region()) found.push_back(report.bucket);
  }
  if (!found.empty()) return found;
  return Error{Errc::not_found, "no bucket is protected in " + access.region().str() +
                                    "; name those that will be: --bucket BUCKET"};
}

}  // namespace

Result<AccessPolicyReport> access_policy_for(DeploymentAccess& access, const Runtime& runtime,
                                             AccessPolicyRequest request) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  if (!request.settings) {
    CORDON_TRY(request.settings, access.settings_writer().current(deadline, runtime.stop));
  }
  if (request.buckets.empty()) {
    CORDON_TRY(request.buckets, protected_buckets(access, deadline, runtime.stop));
  }
  return access_policy_for(access.identity(), std::move(request));
}

AccessPolicyReport access_policy_for(const AccountIdentity& identity, AccessPolicyRequest request) {
  AccessFacts facts{.deployment = identity.deployment,
                    .account = identity.account,
                    .region = identity.region,
                    .settings = std::move(request.settings).value_or(Settings()),
                    .buckets = std::move(request.buckets),
                    .kms_keys = std::move(request.kms_keys),
                    .features = std::move(request.features),
                    .member_features = std::move(request.member_features)};
  std::vector<AccessStatement> statements = statements_for(request.role, facts);
  std::vector<std::vector<AccessStatement>> policies = {statements};
  if (policy_characters(statements) > AccessPolicyReport::kManagedMax) {
    facts.quarantine_by_letter = true;
    statements = statements_for(request.role, facts);
    policies = split(merged(statements), AccessPolicyReport::kManagedMax);
  }
  AccessPolicyReport report{.policies = {}, .table = access_table(statements)};
  for (const std::vector<AccessStatement>& one : policies) {
    report.policies.push_back(access_policy(one));
  }
  return report;
}

}  // namespace cordon
