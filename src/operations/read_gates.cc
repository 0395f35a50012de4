#include "operations/read_gates.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "core/own_buckets.h"
#include "core/partition.h"
#include "operations/member_buckets.h"
#include "operations/settings_in_force.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{1};
constexpr std::chrono::seconds kSettingsLimit{15};

ReadGate gate_of(const DeploymentAccess& access, BucketPolicyAccess& policies) {
  return ReadGate(access.deployment(), std::string(partition_of(policies.region).id),
                  policies.policies);
}

// What the tag of the verdict is called. Without tags a gate would shut everything for ever.
Result<std::string> tag_in_force(const Settings& settings) {
  if (settings.tags.enabled) return keys_in_force(settings.tags).result;
  return Error{Errc::invalid,
               "the settings switch tags off (tags.enabled = false), so no object would ever be "
               "readable behind a gate"};
}

// Ours whatever stands in them; `message` and `uploaded-by` are words of owners, too.
std::vector<std::string> guarded_keys(const Settings& settings) {
  const TagKeys keys = keys_in_force(settings.tags);
  std::vector<std::string> ours;
  for (const std::string& key : {keys.result, keys.date, keys.seal, keys.virus}) {
    if (!key.empty()) ours.push_back(key);
  }
  return ours;
}

// Whoever scans the bucket must pass: agents, or the role that they take on in another account.
Result<void> check_agents_pass(const MemberBuckets& buckets, const GateRequest& request,
                               const BucketName& bucket) {
  const std::optional<MemberAccount> owner = buckets.owner(bucket);
  const std::vector<std::string>& roles = request.roles;
  if (!owner || roles.empty() ||
      std::find(roles.begin(), roles.end(), owner->role_arn) != roles.end()) {
    return {};
  }
  return Error{Errc::invalid, "agents read bucket " + bucket.str() + " as " + owner->role_arn +
                                  ", which the gate would shut out: add --allow-role " +
                                  owner->role_arn};
}

Result<void> check_not_own(const Settings& settings, const BucketName& bucket) {
  if (!is_own_bucket(bucket, settings.policies)) return {};
  return Error{Errc::invalid,
               "bucket " + bucket.str() + " belongs to Cordon and is private already"};
}

Result<GateReport> put_gate(DeploymentAccess& access, const Runtime& runtime,
                            const Settings& settings, const GateRequest& request,
                            const BucketName& bucket) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  CORDON_TRY(check_not_own(settings, bucket));
  MemberBuckets buckets(access, settings);
  CORDON_TRY(BucketPolicyAccess policies, buckets.policies(bucket, deadline, runtime.stop));
  CORDON_TRY(check_agents_pass(buckets, request, bucket));
  CORDON_TRY(std::string tag, tag_in_force(settings));
  CORDON_TRY(GateChange change, gate_of(access, policies)
                                    .put(bucket,
                                         {.tag_key = std::move(tag),
                                          .our_keys = guarded_keys(settings),
                                          .roles = request.roles,
                                          .guard = request.guard,
                                          .dry_run = request.dry_run},
                                         deadline, runtime.stop));
  return GateReport{bucket, policies.region, std::move(change), request.dry_run};
}

Result<GateReport> remove_gate(DeploymentAccess& access, const Runtime& runtime,
                               const Settings& settings, bool dry_run, const BucketName& bucket) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  CORDON_TRY(check_not_own(settings, bucket));
  MemberBuckets buckets(access, settings);
  CORDON_TRY(BucketPolicyAccess policies, buckets.policies(bucket, deadline, runtime.stop));
  CORDON_TRY(GateChange change,
             gate_of(access, policies).remove(bucket, dry_run, deadline, runtime.stop));
  return GateReport{bucket, policies.region, std::move(change), dry_run};
}

Result<GateReport> explained(DeploymentAccess& access, const Settings& settings,
                             const BucketName& bucket, Result<GateReport> outcome) {
  if (outcome) return outcome;
  return MemberBuckets(access, settings).explained(outcome.error(), bucket);
}

}  // namespace

Result<void> check_gate_roles(const std::vector<std::string>& roles) {
  for (const std::string& role : roles) CORDON_TRY(check_gate_role(role));
  return {};
}

Result<void> put_gates(DeploymentAccess& access, const Runtime& runtime, const GateRequest& request,
                       const GateListener& told) {
  CORDON_TRY(check_gate_roles(request.roles));
  CORDON_TRY(
      const Settings settings,
      access.settings_writer().current(Deadline::after(runtime.clock, kTimeLimit), runtime.stop));
  for (const BucketName& bucket : request.buckets) {
    told(explained(access, settings, bucket, put_gate(access, runtime, settings, request, bucket)));
  }
  return {};
}

Result<void> remove_gates(DeploymentAccess& access, const Runtime& runtime,
                          const GateRemovalRequest& request,
                          const std::function<void(const Error& why)>& unseen,
                          const GateListener& told) {
  CORDON_TRY(
      const KnownSettings known,
      settings_in_force(access, Deadline::after(runtime.clock, kSettingsLimit), runtime.stop));
  if (known.unseen) unseen(*known.unseen);
  for (const BucketName& bucket : request.buckets) {
    told(explained(access, known.settings, bucket,
                   remove_gate(access, runtime, known.settings, request.dry_run, bucket)));
  }
  return {};
}

void add_gate_step(DeploymentAccess& access, const Runtime& runtime, const Settings& settings,
                   ProvisionReport& report) {
  const Deadline deadline = Deadline::after(runtime.clock, kTimeLimit);
  const auto add = [&](ProvisionStep::State state, std::string note) {
    report.add(ProvisionPart::read_gate, report.bucket.str(), state, std::move(note));
  };
  MemberBuckets buckets(access, settings);
  auto policies = buckets.policies(report.bucket, deadline, runtime.stop);
  if (!policies) return add(ProvisionStep::State::kept, "unknown: " + policies.error().what);
  const auto terms = gate_of(access, *policies).find(report.bucket, deadline, runtime.stop);
  // A member's role may look at policies only where gates are wanted.
  if (!terms && terms.error().code == Errc::denied && buckets.owner(report.bucket)) return;
  if (!terms) return add(ProvisionStep::State::kept, "unknown: " + terms.error().what);
  if (!*terms) return;
  std::string roles;
  for (const std::string& role : (*terms)->roles) roles += " " + role;
  const Result<std::string> tag = tag_in_force(settings);
  if (tag && *tag != (*terms)->tag_key) {
    return add(ProvisionStep::State::kept,
               "it asks for the tag " + (*terms)->tag_key + ", and agents write " + *tag +
                   ": nothing new becomes readable; run: cordon bucket gate " +
                   report.bucket.str());
  }
  add(ProvisionStep::State::present,
      "reading takes " + (*terms)->tag_key + " = Clean or InfectedAllowed, but for" + roles +
          ((*terms)->guarded.empty() ? "" : "; these alone write the tags of verdicts"));
}

json::object document_of(const GateReport& report) {
  json::object document{{"schema", "cordon.read-gate/1"},
                        {"bucket", report.bucket.str()},
                        {"region", report.region.str()},
                        {"state", std::string(name_of(report.change.step.state))},
                        {"note", report.change.step.note},
                        {"dryRun", report.is_dry_run}};
  if (report.is_dry_run) {
    document["policy"] = nullptr;
    if (report.change.policy) document["policy"] = json::string(*report.change.policy);
  }
  return document;
}

}  // namespace cordon
