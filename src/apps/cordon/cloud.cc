#include "apps/cordon/cloud.h"

#include <algorithm>
#include <utility>

#include "aws/cloudwatch_sink.h"
#include "aws/event_bridge.h"
#include "aws/file_shares.h"
#include "aws/s3_admin.h"
#include "aws/s3_bucket_census.h"
#include "aws/s3_bucket_policies.h"
#include "aws/s3_catalogue.h"
#include "aws/s3_document_store.h"
#include "aws/s3_store.h"
#include "aws/s3_store_probe.h"
#include "aws/sns_admin.h"
#include "aws/sns_listening.h"
#include "aws/sns_sink.h"
#include "aws/sqs_admin.h"
#include "aws/sqs_dead_letters.h"
#include "aws/sqs_queue.h"
#include "aws/sqs_scan_requests.h"
#include "aws/sts_identity.h"
#include "base/text.h"
#include "provision/own_bucket.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kConnectLimit{30};

AwsOptions aws_options(const CommonOptions& options) {
  return AwsOptions{
      .region = options.region, .profile = options.profile, .endpoint_url = options.endpoint_url};
}

// The topic follows the settings, so the sink on it is made for each result.
class NotificationSink final : public ResultSink {
 public:
  NotificationSink(ServiceClient& client, std::function<std::string(const Region&)> topic_in,
                   std::function<NotificationSettings()> settings)
      : client_(client), topic_in_(std::move(topic_in)), settings_(std::move(settings)) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override {
    const NotificationSettings now = settings_();
    if (!wants_notification(now, result.verdict.disposition)) return {};
    const std::string topic = topic_in_(now.region.value_or(client_.region()));
    return SnsSink(client_, {.topic_arn = topic}).publish(result, deadline, std::move(stop));
  }

 private:
  ServiceClient& client_;
  const std::function<std::string(const Region&)> topic_in_;
  const std::function<NotificationSettings()> settings_;
};

// A part of what protects a bucket may be missing for a while; its notification is what counts.
bool is_wired(const ProvisionReport& report) {
  return report.is_protected ||
         std::any_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
           return step.what == "notification" && step.state != ProvisionStep::State::missing;
         });
}

}  // namespace

struct Cloud::RegionAdapters {
  S3Admin buckets;
  SnsAdmin topics;
  SqsAdmin queues;
  SnsListening listening;
  EventBridge bus;
  FileShares shares;
};

/// Everything that speaks to S3 in one role.
struct Cloud::MemberAdapters {
  MemberAdapters(RoleRequest as, ServiceClient& inner, BucketOwner owner, const Clock& clock,
                 Log& log)
      : role(std::move(as)),
        client(inner, std::move(owner)),
        store(client, clock, log),
        catalogue(client),
        census(inner) {}

  RoleRequest role;
  OwnedClient client;
  S3Store store;
  S3Catalogue catalogue;
  S3BucketCensus census;
  std::map<Region, std::unique_ptr<S3Admin>> buckets = {};
};

Cloud::Cloud(Process& process, Deployment deployment, AwsContext context)
    : process_(process), deployment_(std::move(deployment)), context_(std::move(context)) {}

Cloud::~Cloud() = default;

Result<std::unique_ptr<Cloud>> Cloud::connect(Process& process) {
  const Deadline deadline = Deadline::after(process.clock, kConnectLimit);
  CORDON_TRY(Deployment deployment, Deployment::create(process.options.deployment));
  CORDON_TRY(AwsContext context,
             AwsContext::create(aws_options(process.options), process.environment, process.clock,
                                process.random, process.log, deadline, process.stop));
  std::unique_ptr<Cloud> cloud(new Cloud(process, std::move(deployment), std::move(context)));
  CORDON_TRY(const CallerIdentity identity,
             caller_identity(cloud->context_.client(), deadline, process.stop));
  cloud->account_ = identity.account;
  Cloud* const self = cloud.get();
  ServiceClient& client = cloud->context_.client();
  cloud->owned_client_ = std::make_unique<OwnedClient>(
      client, [self](const BucketName& bucket) { return self->owner_of(bucket); });
  cloud->store_ = std::make_unique<S3Store>(*cloud->owned_client_, process.clock, process.log);
  cloud->catalogue_ = std::make_unique<S3Catalogue>(*cloud->owned_client_);
  cloud->any_store_ = std::make_unique<S3Store>(client, process.clock, process.log);
  cloud->any_catalogue_ = std::make_unique<S3Catalogue>(client);
  // VPC endpoints have names of AWS.
  const std::string endpoint = cloud->configured_endpoint().value_or("https://amazonaws.com");
  const bool is_aws = endpoint.find("amazonaws.com") != std::string::npos;
  cloud->store_probe_ =
      std::make_unique<S3StoreProbe>(*cloud->owned_client_, process.clock, process.random,
                                     is_aws ? StoreOwner::aws : StoreOwner::other);
  cloud->file_shares_ = std::make_unique<FileShares>(cloud->context_.client());
  cloud->census_ = std::make_unique<S3BucketCensus>(cloud->context_.client());
  cloud->settings_store_ = std::make_unique<S3DocumentStore>(
      cloud->context_.client(),
      S3SettingsPlace{.bucket = cloud->deployment_.system_bucket(cloud->account_),
                      .owner = cloud->account_});
  cloud->protected_store_ = cloud->system_document(Deployment::protected_set());
  const auto make_place = [self](Deadline limit, std::stop_token stop) {
    return self->ensure_system_bucket(limit, std::move(stop));
  };
  cloud->protected_desk_ =
      std::make_unique<ProtectedDesk>(*cloud->protected_store_, make_place, false);
  cloud->rehearsed_desk_ =
      std::make_unique<ProtectedDesk>(*cloud->protected_store_, make_place, true);
  return cloud;
}

void Cloud::expect_owners(BucketOwner owners) {
  auto next = std::make_shared<const BucketOwner>(std::move(owners));
  owners_.with([&](auto& now) { now = std::move(next); });
}

AccountId Cloud::owner_of(const BucketName& bucket) const {
  const auto owners = owners_.with([](const auto& now) { return now; });
  return owners ? (*owners)(bucket) : account_;
}

Result<RegionAdmin> Cloud::admin_of(const Region& region) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<RegionAdapters>& adapters = admins_[region];
  if (adapters == nullptr) {
    ServiceClient& client = context_.client_for(region);
    adapters.reset(new RegionAdapters{
        S3Admin(client, S3AdminOptions{.account = account_}, process_.log), SnsAdmin(client),
        SqsAdmin(client), SnsListening(client), EventBridge(client), FileShares(client)});
  }
  return RegionAdmin{adapters->buckets, adapters->topics, adapters->queues};
}

Result<RegionWiring> Cloud::wiring_of(const Region& region) {
  CORDON_TRY(admin_of(region));  // Makes the adapters.
  std::lock_guard lock(mutex_);
  RegionAdapters& adapters = *admins_.at(region);
  return RegionWiring{adapters.listening, adapters.bus, adapters.shares};
}

RegionAdminSource Cloud::region_admins() {
  return [this](const Region& region) { return admin_of(region); };
}

RegionWiringSource Cloud::region_wiring() {
  return [this](const Region& region) { return wiring_of(region); };
}

Protection Cloud::protection() {
  Protection protection(deployment_, account_, region(), region_admins(), region_wiring(),
                        members(), store_uses_tls());
  protection.know_policies(policies());
  protection.know_desk(*protected_desk_);
  return protection;
}

Protection Cloud::protection(Rehearsal& rehearsal) {
  Protection protection(deployment_, account_, region(), rehearsal.regions(), rehearsal.wiring(),
                        members(), store_uses_tls());
  protection.know_policies(policies());
  protection.know_desk(*rehearsed_desk_);
  return protection;
}

MembersSource Cloud::members() {
  return [this](Deadline deadline, std::stop_token stop) -> Result<std::vector<MemberAccount>> {
    CORDON_TRY(Settings settings, settings_desk().current(deadline, std::move(stop)));
    return std::move(settings.accounts);
  };
}

GatewayLink Cloud::gateway_link(Protection& protection) {
  GatewayLink gateway(deployment_, account_, region_admins(), region_wiring(), protection);
  gateway.know_desk(*protected_desk_);
  return gateway;
}

Result<bool> Cloud::leads_here(const StandingQuestion& question, const Owner& owner,
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

Result<bool> Cloud::owns(const BucketName& bucket, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::vector<BucketEntry> all, census_->buckets(deadline, std::move(stop)));
  return std::any_of(all.begin(), all.end(),
                     [&](const BucketEntry& entry) { return entry.name == bucket; });
}

std::string Cloud::protected_origin() const {
  return "s3://" + deployment_.system_bucket(account_).str() + "/" +
         Deployment::protected_set().str();
}

PoliciesSource Cloud::policies() {
  return [this](Deadline deadline, std::stop_token stop) -> Result<PolicySet> {
    CORDON_TRY(Settings settings, settings_desk().current(deadline, std::move(stop)));
    return std::move(settings.policies);
  };
}

Cloud::MemberAdapters& Cloud::member_adapters(const MemberAccount& account) {
  std::lock_guard lock(mutex_);
  auto& adapters = members_[{account.role_arn, account.external_id.value_or("")}];
  if (adapters == nullptr) {
    const RoleRequest role{.role_arn = account.role_arn,
                           .session_name = "cordon-" + deployment_.name(),
                           .external_id = account.external_id};
    // A bucket of another region is found by the client itself.
    ServiceClient& client = context_.client_as(role, region());
    adapters = std::make_unique<MemberAdapters>(
        role, client, [this](const BucketName& bucket) { return owner_of(bucket); }, process_.clock,
        process_.log);
  }
  return *adapters;
}

BucketCensus& Cloud::census_as(const MemberAccount& account) {
  return member_adapters(account).census;
}

ObjectStore& Cloud::store_as(const MemberAccount& account) {
  return member_adapters(account).store;
}

BucketCatalogue& Cloud::catalogue_as(const MemberAccount& account) {
  return member_adapters(account).catalogue;
}

// Without a way to the buckets.
Result<MemberAccess> Cloud::enrolling(const MemberAccount& account) {
  const std::optional<AccountId> id = account_of_role(account.role_arn);
  if (!id) {
    return Error{Errc::invalid, "\"" + utf8_clean(account.role_arn, 128) +
                                    "\" is no role: write arn:aws:iam::ACCOUNT:role/NAME"};
  }
  if (*id == account_) {
    return Error{Errc::invalid, "role " + account.role_arn +
                                    " is of this deployment's own account, whose buckets need no "
                                    "role; to work as that role, use a profile with role_arn"};
  }
  MemberAccess access{.account = account};
  access.account.id = *id;
  access.enrol = [this, named = access.account](const BucketName& bucket, Deadline limit,
                                                std::stop_token end) {
    return settings_desk().enrol(named, bucket, limit, std::move(end));
  };
  access.dismiss = [this](const BucketName& bucket, Deadline limit, std::stop_token end) {
    return settings_desk().dismiss(bucket, limit, std::move(end));
  };
  return access;
}

Result<MemberAccess> Cloud::member_out_of_reach(const MemberAccount& account, const Error& why) {
  CORDON_TRY(MemberAccess access, enrolling(account));
  access.buckets = [why](const Region&) -> Result<BucketAdmin*> { return why; };
  return access;
}

Result<MemberAccess> Cloud::member(const MemberAccount& account, Deadline deadline,
                                   std::stop_token stop) {
  CORDON_TRY(MemberAccess access, enrolling(account));
  MemberAdapters& adapters = member_adapters(account);
  const Result<CallerIdentity> who =
      caller_identity(context_.client_as(adapters.role, region()), deadline, std::move(stop));
  if (!who && who.error().code == Errc::denied) {
    Error error = with_context(who.error(), "cannot take on " + account.role_arn);
    error.what += "; the role's trust policy must name account " + account_.str() +
                  " and the external id that was given, and the caller needs sts:AssumeRole on it";
    return error;
  }
  CORDON_TRY(who);
  access.buckets = [this, &adapters,
                    owner = access.account.id](const Region& where) -> Result<BucketAdmin*> {
    std::lock_guard lock(mutex_);
    std::unique_ptr<S3Admin>& admin = adapters.buckets[where];
    if (admin == nullptr) {
      admin = std::make_unique<S3Admin>(context_.client_as(adapters.role, where),
                                        S3AdminOptions{.account = owner}, process_.log);
    }
    return admin.get();
  };
  return access;
}

std::string Cloud::settings_origin() const {
  return "s3://" + deployment_.system_bucket(account_).str() + "/settings.json";
}

SettingsDesk Cloud::settings_desk() {
  return SettingsDesk(
      deployment_, account_, region(), [this](const Region& region) { return admin_of(region); },
      *settings_store_, store_uses_tls());
}

MemberUpkeep Cloud::member_upkeep() {
  return MemberUpkeep(deployment_, account_, region(), region_admins(), store_uses_tls());
}

std::optional<std::string> Cloud::configured_endpoint() const {
  if (!context_.has_configured_endpoint()) return std::nullopt;
  if (process_.options.endpoint_url) return process_.options.endpoint_url;
  const auto of_s3 = process_.environment.get("AWS_ENDPOINT_URL_S3");
  return of_s3 ? of_s3 : process_.environment.get("AWS_ENDPOINT_URL");
}

// Over plain HTTP, which only a configured endpoint can mean, a TLS-only policy would lock us out.
bool Cloud::store_uses_tls() const {
  const std::optional<std::string> endpoint = configured_endpoint();
  return !endpoint || !endpoint->starts_with("http://");
}

Result<void> Cloud::ensure_bucket(const BucketName& bucket, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, admin_of(region()));
  return admin.buckets.ensure_private(PrivateBucket{.name = bucket}, deadline, std::move(stop));
}

Result<Region> Cloud::region_of(const BucketName& bucket, const Owner& owner, Deadline deadline,
                                std::stop_token stop) {
  if (!owner) {
    CORDON_TRY(const RegionAdmin home, admin_of(region()));
    return home.buckets.region_of(bucket, deadline, std::move(stop));
  }
  CORDON_TRY(const MemberAccess access, member(*owner, deadline, stop));
  CORDON_TRY(BucketAdmin * theirs, access.buckets(region()));
  return theirs->region_of(bucket, deadline, std::move(stop));
}

Result<BucketPolicyAccess> Cloud::bucket_policies(const BucketName& bucket, const Owner& owner,
                                                  Deadline deadline, std::stop_token stop) {
  CORDON_TRY(Region found, region_of(bucket, owner, deadline, std::move(stop)));
  ServiceClient& client =
      owner ? context_.client_as(member_adapters(*owner).role, found) : context_.client_for(found);
  auto policies = std::make_unique<S3BucketPolicies>(client);
  return BucketPolicyAccess{std::move(found), std::move(policies)};
}

Result<bool> Cloud::is_here(const BucketName& bucket, const Owner& owner, Deadline deadline,
                            std::stop_token stop) {
  CORDON_TRY(const Region found, region_of(bucket, owner, deadline, std::move(stop)));
  return found == region();
}

Result<bool> Cloud::is_watched(const BucketName& bucket, const Owner& owner, Deadline deadline,
                               std::stop_token stop) {
  Protection protection = this->protection();
  if (owner) {
    CORDON_TRY(MemberAccess access, member(*owner, deadline, stop));
    protection.serve_member(std::move(access));
  }
  CORDON_TRY(const ProvisionReport report, protection.status(bucket, deadline, std::move(stop)));
  return is_wired(report);
}

Result<std::vector<BucketName>> Cloud::watched_buckets(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::vector<ProvisionReport> reports,
             protection().list(deadline, std::move(stop)));
  std::vector<BucketName> buckets;
  for (const ProvisionReport& report : reports) {
    if (report.region == region() && is_wired(report)) buckets.push_back(report.bucket);
  }
  return buckets;
}

Result<QueueInfo> Cloud::find_queue(const std::string& name, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, admin_of(region()));
  Result<QueueInfo> queue = admin.queues.find(name, deadline, stop);
  if (!queue && queue.error().code == Errc::not_found) {
    return Error{Errc::not_found,
                 "there is no queue " + name + " in " + region().str() +
                     ": each region has its own, made with its first bucket. Protect a bucket "
                     "there (cordon bucket protect BUCKET), or name another region with --region; "
                     "cordon bucket regions shows which have what it takes"};
  }
  return queue;
}

Result<EventQueueAccess> Cloud::event_queue(Deadline deadline, std::stop_token stop) {
  return queue_access(deployment_.event_queue(), deadline, std::move(stop));
}

Result<EventQueueAccess> Cloud::sweep_queue(Deadline deadline, std::stop_token stop) {
  return queue_access(deployment_.sweep_queue(), deadline, std::move(stop));
}

Result<EventQueueAccess> Cloud::queue_access(const std::string& name, Deadline deadline,
                                             std::stop_token stop) {
  CORDON_TRY(QueueInfo events, find_queue(name, deadline, stop));
  CORDON_TRY(QueueInfo dead, find_queue(deployment_.dead_letters(), deadline, stop));
  EventQueueAccess access;
  access.visibility = events.visibility;
  access.queue = std::make_unique<SqsQueue>(
      context_.client(),
      SqsQueueOptions{.url = std::move(events.url), .dead_letter_url = std::move(dead.url)},
      process_.clock, process_.log);
  return access;
}

Result<std::unique_ptr<ScanRequestQueue>> Cloud::scan_requests(Deadline deadline,
                                                               std::stop_token stop) {
  CORDON_TRY(QueueInfo queue, find_queue(deployment_.sweep_queue(), deadline, std::move(stop)));
  return std::unique_ptr<ScanRequestQueue>(
      std::make_unique<SqsScanRequests>(context_.client(), std::move(queue.url)));
}

std::unique_ptr<DocumentStore> Cloud::sweep_checkpoint(const BucketName& bucket) {
  return system_document(deployment_.sweep_checkpoint(bucket));
}

std::unique_ptr<DocumentStore> Cloud::system_document(const ObjectKey& key) {
  return std::make_unique<S3DocumentStore>(
      context_.client(),
      S3SettingsPlace{
          .bucket = deployment_.system_bucket(account_), .key = key, .owner = account_});
}

Result<void> Cloud::ensure_system_bucket(Deadline deadline, std::stop_token stop) {
  const BucketName name = deployment_.system_bucket(account_);
  CORDON_TRY(const RegionAdmin admin, admin_of(region()));
  const Result<Versioning> there = admin.buckets.versioning(name, deadline, stop);
  // Who may not look finds out when the checkpoint is written.
  if (there || there.error().code == Errc::denied) return {};
  if (there.error().code != Errc::not_found) return there.error();
  return cordon::ensure_system_bucket(admin.buckets, name, region(), store_uses_tls(), deadline,
                                      std::move(stop));
}

Result<std::unique_ptr<DeadLetterBox>> Cloud::dead_letters(Deadline deadline,
                                                           std::stop_token stop) {
  CORDON_TRY(QueueInfo events, find_queue(deployment_.event_queue(), deadline, stop));
  CORDON_TRY(QueueInfo dead, find_queue(deployment_.dead_letters(), deadline, stop));
  SqsDeadLettersOptions options{.url = std::move(dead.url),
                                .event_queue_url = std::move(events.url)};
  Result<QueueInfo> sweeps = find_queue(deployment_.sweep_queue(), deadline, stop);
  if (sweeps) options.sweep_queue_url = std::move(sweeps->url);
  if (!sweeps && sweeps.error().code != Errc::not_found) return sweeps.error();
  return std::unique_ptr<DeadLetterBox>(std::make_unique<SqsDeadLetters>(
      context_.client(), std::move(options), process_.clock, process_.log));
}

std::unique_ptr<ResultSink> Cloud::result_log(const std::string& agent) {
  return std::make_unique<CloudWatchSink>(
      context_.client(), CloudWatchSinkOptions{.group = deployment_.log_group(), .stream = agent});
}

std::unique_ptr<ResultSink> Cloud::notifications(std::function<NotificationSettings()> settings) {
  return std::make_unique<NotificationSink>(
      context_.client(),
      [this](const Region& region) {
        return topic_arn_of(region, account_, deployment_.notification_topic());
      },
      std::move(settings));
}

}  // namespace cordon
