#include "operations/buckets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/own_buckets.h"
#include "operations/provisioning.h"
#include "operations/read_gates.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

Deadline limit(const Runtime& runtime) { return Deadline::after(runtime.clock, kTimeLimit); }

// Whether a role that cannot be taken on ends the work on a bucket.
enum class Role : std::uint8_t { needed, may_be_gone };

/// The buckets of one request, each reached with the rights that it takes.
class Buckets {
 public:
  Buckets(DeploymentAccess& access, const Runtime& runtime, Provisioning& provisioning,
          const std::optional<MemberAccount>& member, const Settings& settings)
      : access_(access),
        runtime_(runtime),
        provisioning_(provisioning),
        member_(member),
        settings_(settings) {}

  Result<Protection> protection_of(const BucketName& bucket, Role role) {
    const MemberAccount* named = account_of(settings_.accounts, bucket);
    if (!member_ && named == nullptr) return provisioning_.protection();
    CORDON_TRY(MemberAccess reached, reach(member_ ? *member_ : *named, role));
    return provisioning_.protection(std::move(reached));
  }

 private:
  Result<MemberAccess> reach(const MemberAccount& account, Role role) {
    Result<MemberAccess> reached = access_.member(account, limit(runtime_), runtime_.stop);
    const bool is_gone = !reached && (reached.error().code == Errc::denied ||
                                      reached.error().code == Errc::not_found);
    if (!is_gone || role == Role::needed) return reached;
    return access_.member_out_of_reach(account, reached.error());
  }

  DeploymentAccess& access_;
  const Runtime& runtime_;
  Provisioning& provisioning_;
  const std::optional<MemberAccount>& member_;
  const Settings& settings_;
};

Result<ProvisionReport> protect(Buckets& buckets, const Runtime& runtime,
                                const ProtectRequest& request, const BucketName& bucket) {
  CORDON_TRY(Protection protection, buckets.protection_of(bucket, Role::needed));
  if (request.quarantine_days) protection.expire_quarantine_after(*request.quarantine_days);
  return protection.protect(bucket, limit(runtime), runtime.stop);
}

Result<ProvisionReport> unprotect(Buckets& buckets, const Runtime& runtime,
                                  const BucketName& bucket) {
  CORDON_TRY(Protection protection, buckets.protection_of(bucket, Role::may_be_gone));
  return protection.unprotect(bucket, limit(runtime), runtime.stop);
}

Result<ProvisionReport> status(Buckets& buckets, const Runtime& runtime, const BucketName& bucket) {
  CORDON_TRY(Protection protection, buckets.protection_of(bucket, Role::needed));
  return protection.status(bucket, limit(runtime), runtime.stop);
}

}  // namespace

Result<void> protect_buckets(DeploymentAccess& access, const Runtime& runtime,
                             const ProtectRequest& request, const ProvisionListener& told) {
  CORDON_TRY(const Settings settings,
             access.settings_writer().current(limit(runtime), runtime.stop));
  Provisioning provisioning(access, request.dry_run);
  Buckets buckets(access, runtime, provisioning, request.member, settings);
  for (const BucketName& bucket : request.buckets) {
    told(protect(buckets, runtime, request, bucket));
  }
  return {};
}

Result<void> unprotect_buckets(DeploymentAccess& access, const Runtime& runtime,
                               const UnprotectRequest& request, const ProvisionListener& told,
                               const RegionRemovalListener& told_of_region) {
  CORDON_TRY(const Settings settings,
             access.settings_writer().current(limit(runtime), runtime.stop));
  Provisioning provisioning(access, request.dry_run);
  Buckets buckets(access, runtime, provisioning, request.member, settings);
  std::set<Region> regions;
  for (const BucketName& bucket : request.buckets) {
    const Result<ProvisionReport> report = unprotect(buckets, runtime, bucket);
    if (report && report->region) regions.insert(*report->region);
    told(report);
  }
  if (!request.remove_unused) return {};
  remove_regions(provisioning, runtime,
                 {.regions = {regions.begin(), regions.end()},
                  .dry_run = request.dry_run,
                  .discard_messages = request.discard_messages},
                 told_of_region);
  return {};
}

Result<void> bucket_status(DeploymentAccess& access, const Runtime& runtime,
                           const BucketStatusRequest& request, const ProvisionListener& told) {
  CORDON_TRY(const Settings settings,
             access.settings_writer().current(limit(runtime), runtime.stop));
  Provisioning provisioning(access, false);
  Buckets buckets(access, runtime, provisioning, request.member, settings);
  for (const BucketName& bucket : request.buckets) {
    Result<ProvisionReport> report = status(buckets, runtime, bucket);
    if (report) add_gate_step(access, runtime, settings, *report);
    told(report);
  }
  return {};
}

Result<std::vector<ProvisionReport>> list_buckets(DeploymentAccess& access, const Runtime& runtime,
                                                  const BucketListRequest& request) {
  Protection protection = access.protection();
  if (request.member) {
    CORDON_TRY(MemberAccess member, access.member(*request.member, limit(runtime), runtime.stop));
    protection.serve_member(std::move(member));
  }
  CORDON_TRY(std::vector<ProvisionReport> reports, protection.list(limit(runtime), runtime.stop));
  // Whoever may not read the settings sees those of the usual names left out.
  Result<PolicySet> named = access.policies()(limit(runtime), runtime.stop);
  const PolicySet policies = named ? *std::move(named) : PolicySet();
  const std::vector<Region>& wanted = request.only_in;
  std::erase_if(reports, [&](const ProvisionReport& report) {
    if (is_own_bucket(report.bucket, policies)) return true;
    return !wanted.empty() &&
           std::find(wanted.begin(), wanted.end(), report.region) == wanted.end();
  });
  return reports;
}

}  // namespace cordon
