#include "provision/push_protection.h"

#include <utility>

#include "core/protected_document.h"
#include "provision/own_bucket.h"
#include "provision/topology.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr const char* kSet = "protected.json";

}  // namespace

PushProtection::PushProtection(const Deployment& deployment, AccountId account, Region region,
                               bool tls_only, std::optional<std::uint32_t> quarantine_days,
                               Ports ports)
    : deployment_(deployment),
      account_(std::move(account)),
      region_(std::move(region)),
      tls_only_(tls_only),
      quarantine_days_(quarantine_days),
      ports_(ports) {}

bool PushProtection::is_ours(const ProtectedBucket& entry) const {
  return entry.account == account_ && entry.region == region_ && entry.ways.contains(kByPush);
}

Result<void> PushProtection::ensure_system_bucket(ProvisionReport& report, Deadline deadline,
                                                  std::stop_token stop) {
  const BucketName name = deployment_.system_bucket(account_);
  CORDON_TRY(const State state,
             ensure_own_bucket(ports_.buckets, {.name = name, .on_any_store = true}, deadline,
                               std::move(stop)));
  report.add(ProvisionPart::system_bucket, name.str(), state);
  return {};
}

Result<void> PushProtection::ensure_quarantine(ProvisionReport& report, Deadline deadline,
                                               std::stop_token stop) {
  const BucketName name = deployment_.quarantine_bucket(account_, region_);
  CORDON_TRY(State state, ensure_own_bucket(
                              ports_.buckets,
                              {.name = name, .expire_days = quarantine_days_, .on_any_store = true},
                              deadline, stop));
  const PolicyEdit edit = [&](const std::string& present) {
    return quarantine_policy(present, name, region_, tls_only_, {});
  };
  CORDON_TRY(const bool edited, edit_policy(ports_.buckets, name, edit, deadline, std::move(stop)));
  if (edited && state == State::present) state = State::changed;
  report.add(ProvisionPart::quarantine_bucket, name.str(), state);
  return {};
}

Result<void> PushProtection::look_at_versions(ProvisionReport& report, Deadline deadline,
                                              std::stop_token stop) {
  CORDON_TRY(const Versioning versioning,
             ports_.buckets.versioning(report.bucket, deadline, std::move(stop)));
  if (versioning == Versioning::on) return {};
  report.add(ProvisionPart::versioning, report.bucket.str(), State::kept,
             "not enabled: recommended, because only a version id binds tags to the scanned "
             "bytes without a race");
  return {};
}

Result<ProvisionReport> PushProtection::protect(const BucketName& bucket, Deadline deadline,
                                                std::stop_token stop) {
  CORDON_TRY(ports_.checks.check_not_own(bucket, deadline, stop));
  CORDON_TRY(check_name_lengths(deployment_, account_, region_));
  // Also says that there is such a bucket.
  ProvisionReport report{.bucket = bucket, .region = region_, .steps = {}};
  CORDON_TRY(look_at_versions(report, deadline, stop));
  CORDON_TRY(ensure_quarantine(report, deadline, stop));
  CORDON_TRY(ensure_system_bucket(report, deadline, stop));
  const Result<bool> added =
      ports_.protected_register.add(bucket, account_, region_, kByPush, deadline, std::move(stop));
  if (!added) {
    return with_context(added.error(), std::string(kSet) +
                                           " could not be changed, and nothing else tells agents "
                                           "that the bucket is protected");
  }
  report.add(ProvisionPart::protected_set, kSet, *added ? State::created : State::present,
             "have the store post its events to an agent (cordon agent --http-events)");
  report.is_protected = true;
  return report;
}

Result<ProvisionReport> PushProtection::unprotect(const BucketName& bucket, Deadline deadline,
                                                  std::stop_token stop) {
  ProvisionReport report{.bucket = bucket, .region = region_, .steps = {}};
  const Result<bool> removed =
      ports_.protected_register.remove(bucket, kByPush, deadline, std::move(stop));
  if (!removed) return not_removed(removed.error());
  if (*removed) report.steps.push_back(removal_step());
  return report;
}

Result<ProvisionReport> PushProtection::status(const BucketName& bucket, Deadline deadline,
                                               std::stop_token stop) {
  ProvisionReport report{.bucket = bucket, .region = region_, .steps = {}};
  CORDON_TRY(look_at_versions(report, deadline, stop));
  const BucketName quarantine = deployment_.quarantine_bucket(account_, region_);
  const Result<std::vector<std::string>> lacks =
      ports_.buckets.private_lacks({.name = quarantine, .on_any_store = true}, deadline, stop);
  if (!lacks && lacks.error().code != Errc::not_found) return lacks.error();
  report.add(ProvisionPart::quarantine_bucket, quarantine.str(),
             lacks ? State::present : State::missing);
  CORDON_TRY(const ProtectedDocument set,
             ports_.protected_register.current(deadline, std::move(stop)));
  const auto entry = set.buckets.find(bucket);
  const bool is_entered = entry != set.buckets.end() && is_ours(entry->second);
  report.add(ProvisionPart::protected_set, kSet, is_entered ? State::present : State::missing);
  report.is_protected = is_entered && lacks.ok();
  return report;
}

Result<std::vector<ProvisionReport>> PushProtection::list(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const ProtectedDocument set,
             ports_.protected_register.current(deadline, std::move(stop)));
  std::vector<ProvisionReport> reports;
  for (const auto& [bucket, entry] : set.buckets) {
    if (!is_ours(entry)) continue;
    reports.push_back({.bucket = bucket, .region = region_, .is_protected = true, .steps = {}});
  }
  return reports;
}

}  // namespace cordon
