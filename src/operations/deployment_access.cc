#include "operations/deployment_access.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/partition.h"
#include "provision/own_bucket.h"
#include "provision/results_queue.h"

namespace cordon {
namespace {

constexpr const char* kSettingsKey = "settings.json";

// A part of what protects a bucket may be missing for a while; its notification is what counts.
bool is_wired(const ProvisionReport& report) {
  return report.is_protected ||
         std::any_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
           return step.part == ProvisionPart::notification &&
                  step.state != ProvisionStep::State::missing;
         });
}

}  // namespace

DeploymentAccess::DeploymentAccess(Account& account)
    : account_(account),
      storage_(account.storage()),
      settings_store_(account.document(ObjectKey(kSettingsKey))),
      protected_store_(account.document(Deployment::protected_set())),
      protected_register_(*protected_store_, make_system_bucket(), false),
      dry_register_(*protected_store_, make_system_bucket(), true) {}

ProtectedRegister::MakePlace DeploymentAccess::make_system_bucket() {
  return [this](Deadline deadline, std::stop_token stop) {
    return ensure_system_bucket(deadline, std::move(stop));
  };
}

RegionAdminSource DeploymentAccess::region_admins() {
  return [this](const Region& region) -> Result<RegionAdmin> {
    CORDON_TRY(const RegionPorts ports, account_.region(region));
    return ports.admin;
  };
}

RegionWiringSource DeploymentAccess::region_wiring() {
  return [this](const Region& region) -> Result<RegionWiring> {
    CORDON_TRY(const RegionPorts ports, account_.region(region));
    return ports.wiring;
  };
}

Result<FileShareAdmin*> DeploymentAccess::file_shares() {
  CORDON_TRY(const RegionPorts ports, account_.region(region()));
  return &ports.wiring.shares;
}

Result<BucketAdmin*> DeploymentAccess::home_buckets() {
  CORDON_TRY(const RegionPorts ports, account_.region(region()));
  return &ports.admin.buckets;
}

Protection DeploymentAccess::protection_with(RegionAdminSource regions, RegionWiringSource wiring,
                                             ProtectedRegister& protected_register) {
  Protection protection(deployment(), account(), region(), std::move(regions), std::move(wiring),
                        members(), identity().uses_tls());
  protection.know_policies(policies());
  protection.know_ownership(
      [this](const BucketName& bucket, Deadline deadline, std::stop_token stop) {
        return owns(bucket, deadline, std::move(stop));
      });
  protection.know_register(protected_register);
  protection.tell_progress(progress_);
  return protection;
}

Protection DeploymentAccess::protection() {
  return protection_with(region_admins(), region_wiring(), protected_register_);
}

Protection DeploymentAccess::protection(DryRun& dry_run) {
  return protection_with(dry_run.regions(), dry_run.wiring(), dry_register_);
}

Result<PushProtection> DeploymentAccess::push_protection(
    const Protection& protection, std::optional<std::uint32_t> quarantine_days) {
  CORDON_TRY(BucketAdmin * buckets, home_buckets());
  return PushProtection(deployment(), account(), region(), identity().uses_tls(), quarantine_days,
                        {protection, *buckets, protected_register_});
}

Result<PushProtection> DeploymentAccess::push_protection(
    const Protection& protection, std::optional<std::uint32_t> quarantine_days, DryRun& dry_run) {
  CORDON_TRY(const RegionAdmin admin, dry_run.regions()(region()));
  return PushProtection(deployment(), account(), region(), identity().uses_tls(), quarantine_days,
                        {protection, admin.buckets, dry_register_});
}

MembersSource DeploymentAccess::members() {
  return [this](Deadline deadline, std::stop_token stop) -> Result<std::vector<MemberAccount>> {
    CORDON_TRY(Settings settings, settings_writer().current(deadline, std::move(stop)));
    return std::move(settings.accounts);
  };
}

GatewayLink DeploymentAccess::gateway_link(Protection& protection) {
  GatewayLink gateway(deployment(), account(), region_admins(), region_wiring(), protection);
  gateway.know_register(protected_register_);
  return gateway;
}

Result<bool> DeploymentAccess::leads_here(const StandingQuestion& question, const Owner& owner,
                                          Deadline deadline, std::stop_token stop) {
  Protection protection = this->protection();
  if (owner) {
    CORDON_TRY(MemberAccess access, member(*owner, deadline, stop));
    protection.serve_member(std::move(access));
  }
  Result<bool> led = protection.leads_here(question.bucket, deadline, stop);
  if (!led && led.error().code == Errc::denied && !owner) {
    // Another account's bucket is refused like one that may not be looked at. Who owns it knows.
    CORDON_TRY(const bool is_ours, owns(question.bucket, deadline, stop));
    if (!is_ours) led = false;
  }
  if (!led || *led || !question.by_gateway || owner) return led;
  CORDON_TRY(const std::set<BucketName> linked,
             gateway_link(protection).linked_buckets(region(), deadline, std::move(stop)));
  return linked.contains(question.bucket);
}

Result<bool> DeploymentAccess::owns(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const std::vector<BucketEntry> all, census().buckets(deadline, std::move(stop)));
  return std::any_of(all.begin(), all.end(),
                     [&](const BucketEntry& entry) { return entry.name == bucket; });
}

std::string DeploymentAccess::protected_origin() const {
  return "s3://" + deployment().system_bucket(account()).str() + "/" +
         Deployment::protected_set().str();
}

PoliciesSource DeploymentAccess::policies() {
  return [this](Deadline deadline, std::stop_token stop) -> Result<PolicySet> {
    CORDON_TRY(Settings settings, settings_writer().current(deadline, std::move(stop)));
    return std::move(settings.policies);
  };
}

// Without a way to the buckets.
Result<MemberAccess> DeploymentAccess::enrolling(const MemberAccount& account) {
  const std::string_view partition = partition_of(region()).id;
  const std::optional<RoleArn> role = parse_role_arn(account.role_arn);
  if (!role) {
    return Error{Errc::invalid, "\"" + utf8_clean(account.role_arn, 128) + "\" is no role: write " +
                                    role_arn_form(partition)};
  }
  if (role->partition != partition) {
    return Error{Errc::invalid, "role " + account.role_arn + " is of partition " +
                                    std::string(role->partition) + ", and " + region().str() +
                                    " is a region of " + std::string(partition) +
                                    ": nothing of one is reached from the other"};
  }
  if (role->account == this->account()) {
    return Error{Errc::invalid, "role " + account.role_arn +
                                    " is of this deployment's own account, whose buckets need no "
                                    "role; to work as that role, use a profile with role_arn"};
  }
  MemberAccess access{.account = account};
  access.account.id = role->account;
  access.enrol = [this, named = access.account](const BucketName& bucket, Deadline limit,
                                                std::stop_token end) {
    return settings_writer().enrol(named, bucket, limit, std::move(end));
  };
  access.dismiss = [this](const BucketName& bucket, Deadline limit, std::stop_token end) {
    return settings_writer().dismiss(bucket, limit, std::move(end));
  };
  return access;
}

Result<MemberAccess> DeploymentAccess::member_out_of_reach(const MemberAccount& account,
                                                           const Error& why) {
  CORDON_TRY(MemberAccess access, enrolling(account));
  access.buckets = [why](const Region&) -> Result<BucketAdmin*> { return why; };
  return access;
}

Result<MemberAccess> DeploymentAccess::member(const MemberAccount& account, Deadline deadline,
                                              std::stop_token stop) {
  CORDON_TRY(MemberAccess access, enrolling(account));
  MemberPorts ports = member_ports(access.account);
  const Result<void> taken_on = ports.check(deadline, std::move(stop));
  if (!taken_on && taken_on.error().code == Errc::denied) {
    Error error = with_context(taken_on.error(), "cannot take on " + account.role_arn);
    error.what += "; the role's trust policy must name account " + this->account().str() +
                  " and the external id that was given, and the caller needs sts:AssumeRole on it";
    return error;
  }
  CORDON_TRY(taken_on);
  access.buckets = std::move(ports.buckets);
  return access;
}

std::string DeploymentAccess::settings_origin() const {
  return "s3://" + deployment().system_bucket(account()).str() + "/" + kSettingsKey;
}

SettingsWriter DeploymentAccess::settings_writer() {
  return SettingsWriter(deployment(), account(), region(), region_admins(), *settings_store_,
                        identity().uses_tls());
}

MemberUpkeep DeploymentAccess::member_upkeep() {
  return MemberUpkeep(deployment(), account(), region(), region_admins(), identity().uses_tls());
}

Result<void> DeploymentAccess::ensure_bucket(const BucketName& bucket, Deadline deadline,
                                             std::stop_token stop) {
  CORDON_TRY(BucketAdmin * buckets, home_buckets());
  return buckets->ensure_private(PrivateBucket{.name = bucket}, deadline, std::move(stop));
}

Result<Region> DeploymentAccess::region_of(const BucketName& bucket, const Owner& owner,
                                           Deadline deadline, std::stop_token stop) {
  if (!owner) {
    CORDON_TRY(BucketAdmin * buckets, home_buckets());
    return buckets->region_of(bucket, deadline, std::move(stop));
  }
  CORDON_TRY(const MemberAccess access, member(*owner, deadline, stop));
  CORDON_TRY(BucketAdmin * theirs, access.buckets(region()));
  return theirs->region_of(bucket, deadline, std::move(stop));
}

Result<BucketPolicyAccess> DeploymentAccess::bucket_policies(const BucketName& bucket,
                                                             const Owner& owner, Deadline deadline,
                                                             std::stop_token stop) {
  CORDON_TRY(Region found, region_of(bucket, owner, deadline, std::move(stop)));
  if (owner) {
    CORDON_TRY(BucketPolicies * theirs, member_ports(*owner).policies(found));
    return BucketPolicyAccess{std::move(found), *theirs};
  }
  CORDON_TRY(const RegionPorts ports, account_.region(found));
  return BucketPolicyAccess{std::move(found), ports.policies};
}

Result<bool> DeploymentAccess::is_here(const BucketName& bucket, const Owner& owner,
                                       Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const Region found, region_of(bucket, owner, deadline, std::move(stop)));
  return found == region();
}

Result<bool> DeploymentAccess::is_watched(const BucketName& bucket, const Owner& owner,
                                          Deadline deadline, std::stop_token stop) {
  Protection protection = this->protection();
  if (owner) {
    CORDON_TRY(MemberAccess access, member(*owner, deadline, stop));
    protection.serve_member(std::move(access));
  }
  CORDON_TRY(const ProvisionReport report, protection.status(bucket, deadline, std::move(stop)));
  return is_wired(report);
}

Result<std::vector<BucketName>> DeploymentAccess::watched_buckets(Deadline deadline,
                                                                  std::stop_token stop) {
  CORDON_TRY(const std::vector<ProvisionReport> reports,
             protection().list(deadline, std::move(stop)));
  std::vector<BucketName> buckets;
  for (const ProvisionReport& report : reports) {
    if (report.region == region() && is_wired(report)) buckets.push_back(report.bucket);
  }
  return buckets;
}

Result<QueueInfo> DeploymentAccess::find_queue(const std::string& name, Deadline deadline,
                                               std::stop_token stop) {
  CORDON_TRY(const RegionPorts ports, account_.region(region()));
  Result<QueueInfo> queue = ports.admin.queues.find(name, deadline, stop);
  if (!queue && queue.error().code == Errc::not_found) {
    return Error{Errc::not_found,
                 "there is no queue " + name + " in " + region().str() +
                     ": each region has its own, made with its first bucket. Protect a bucket "
                     "there (cordon bucket protect BUCKET), or name another region with --region; "
                     "cordon bucket regions shows which have what it takes"};
  }
  return queue;
}

Result<EventQueueAccess> DeploymentAccess::event_queue(Deadline deadline, std::stop_token stop) {
  return queue_access(deployment().event_queue(), deployment().dead_letters(), deadline,
                      std::move(stop));
}

Result<std::unique_ptr<EventSender>> DeploymentAccess::event_sender(Deadline deadline,
                                                                    std::stop_token stop) {
  CORDON_TRY(QueueInfo queue, find_queue(deployment().event_queue(), deadline, std::move(stop)));
  return messages().event_sender(std::move(queue.url));
}

Result<EventQueueAccess> DeploymentAccess::sweep_queue(Deadline deadline, std::stop_token stop) {
  return queue_access(deployment().sweep_queue(), deployment().dead_letters(), deadline,
                      std::move(stop));
}

Result<EventQueueAccess> DeploymentAccess::results_intake(Deadline deadline, std::stop_token stop) {
  return queue_access(deployment().results_queue(), deployment().results_dead_letters(), deadline,
                      std::move(stop));
}

Result<std::unique_ptr<ResultSink>> DeploymentAccess::results_queue(Deadline deadline,
                                                                    std::stop_token stop) {
  ResultsQueue where(deployment(), account(), region(), region_admins());
  CORDON_TRY(ResultsQueue::Found found, where.find(deadline, std::move(stop)));
  return messages().results(std::move(found.queue.url), std::move(found.region));
}

Result<std::unique_ptr<AgentReportSink>> DeploymentAccess::agent_reports(Deadline deadline,
                                                                         std::stop_token stop) {
  ResultsQueue where(deployment(), account(), region(), region_admins());
  CORDON_TRY(ResultsQueue::Found found, where.find(deadline, std::move(stop)));
  return messages().agent_reports(std::move(found.queue.url), std::move(found.region));
}

Result<EventQueueAccess> DeploymentAccess::queue_access(const std::string& name,
                                                        const std::string& dead_letters,
                                                        Deadline deadline, std::stop_token stop) {
  CORDON_TRY(QueueInfo events, find_queue(name, deadline, stop));
  CORDON_TRY(QueueInfo dead, find_queue(dead_letters, deadline, stop));
  EventQueueAccess access;
  access.visibility = events.visibility;
  access.queue = messages().queue({.url = std::move(events.url),
                                   .dead_letter_url = std::move(dead.url),
                                   .visibility = events.visibility});
  return access;
}

Result<std::unique_ptr<ScanRequestQueue>> DeploymentAccess::scan_requests(Deadline deadline,
                                                                          std::stop_token stop) {
  CORDON_TRY(QueueInfo queue, find_queue(deployment().sweep_queue(), deadline, std::move(stop)));
  return messages().scan_requests(std::move(queue.url));
}

std::unique_ptr<DocumentStore> DeploymentAccess::sweep_checkpoint(const BucketName& bucket) {
  return system_document(deployment().sweep_checkpoint(bucket));
}

Result<void> DeploymentAccess::ensure_system_bucket(Deadline deadline, std::stop_token stop) {
  const BucketName name = deployment().system_bucket(account());
  const Region where = deployment().system_region(region());
  CORDON_TRY(const RegionPorts ports, account_.region(where));
  BucketAdmin& buckets = ports.admin.buckets;
  const Result<Versioning> there = buckets.versioning(name, deadline, stop);
  // Who may not look finds out when the checkpoint is written.
  if (there || there.error().code == Errc::denied) return {};
  if (there.error().code != Errc::not_found) return there.error();
  CORDON_TRY(check_name_lengths(deployment(), account(), where));
  return cordon::ensure_system_bucket(buckets, name, where, identity().uses_tls(), deadline,
                                      std::move(stop));
}

Result<std::unique_ptr<DeadLetterBox>> DeploymentAccess::dead_letters(Deadline deadline,
                                                                      std::stop_token stop) {
  CORDON_TRY(QueueInfo events, find_queue(deployment().event_queue(), deadline, stop));
  CORDON_TRY(QueueInfo dead, find_queue(deployment().dead_letters(), deadline, stop));
  DeadLetterUrls urls{.dead_letters = std::move(dead.url), .events = std::move(events.url)};
  Result<QueueInfo> sweeps = find_queue(deployment().sweep_queue(), deadline, stop);
  if (sweeps) urls.sweep = std::move(sweeps->url);
  if (!sweeps && sweeps.error().code != Errc::not_found) return sweeps.error();
  return messages().dead_letters(std::move(urls));
}

}  // namespace cordon
