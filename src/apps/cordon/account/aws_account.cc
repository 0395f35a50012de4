#include "apps/cordon/account/aws_account.h"

#include <utility>

#include "apps/cordon/account/named_deployment.h"
#include "aws/cloudwatch_sink.h"
#include "aws/endpoint.h"
#include "aws/event_bridge.h"
#include "aws/event_bus_sink.h"
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
#include "aws/sqs_agent_reports.h"
#include "aws/sqs_dead_letters.h"
#include "aws/sqs_event_sender.h"
#include "aws/sqs_queue.h"
#include "aws/sqs_scan_requests.h"
#include "aws/sqs_sink.h"
#include "aws/sts_identity.h"
#include "base/text.h"
#include "core/partition.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kConnectLimit{30};

AwsOptions aws_options(const CommonOptions& options) {
  return AwsOptions{
      .region = options.region, .profile = options.profile, .endpoint_url = options.endpoint_url};
}

std::optional<std::string> configured_store(const AwsContext& context) {
  const std::optional<EndpointUrl> url = context.configured_endpoint(AwsService::s3);
  return url ? std::optional(url->text()) : std::nullopt;
}

// Stores that are not AWS may have nobody to ask who we are.
Result<AccountId> account_of(const Process& process, AwsContext& context, Deadline deadline) {
  const std::optional<std::string>& told = process.options.account;
  if (!told) {
    CORDON_TRY(CallerIdentity caller, caller_identity(context.client(), deadline, process.stop));
    return std::move(caller.account);
  }
  if (told->size() != 12 || !parse_u64(*told)) {
    return usage_error("--account (CORDON_ACCOUNT) is \"" + utf8_clean(*told, 64) +
                       "\", which is no account: write 12 digits");
  }
  return AccountId(*told);
}

// VPC endpoints have names of AWS.
StoreOwner store_owner(const AwsContext& context) {
  const std::optional<EndpointUrl> url = context.configured_endpoint(AwsService::s3);
  return !url || is_aws_host(url->host_name()) ? StoreOwner::aws : StoreOwner::other;
}

}  // namespace

struct AwsAccount::Storage {
  Storage(ServiceClient& client, BucketOwner owner, StoreOwner store_owner, const Process& process)
      : owned(client, std::move(owner)),
        objects(owned, process.clock, process.log),
        catalogue(owned),
        objects_of_anybody(client, process.clock, process.log),
        catalogue_of_anybody(client),
        census(owned),
        probe(owned, process.clock, process.random, store_owner) {}

  OwnedClient owned;
  S3Store objects;
  S3Catalogue catalogue;
  S3Store objects_of_anybody;
  S3Catalogue catalogue_of_anybody;
  S3BucketCensus census;
  S3StoreProbe probe;
};

struct AwsAccount::RegionAdapters {
  RegionAdapters(ServiceClient& client, BucketOwner owner, const AccountId& account, Log& log)
      : owned(client, std::move(owner)),
        buckets(owned, S3AdminOptions{.account = account}, log),
        topics(client),
        queues(client),
        listening(client),
        bus(client),
        shares(client),
        policies(owned) {}

  OwnedClient owned;
  S3Admin buckets;
  SnsAdmin topics;
  SqsAdmin queues;
  SnsListening listening;
  EventBridge bus;
  FileShares shares;
  S3BucketPolicies policies;
};

/// What is asked of buckets, and not of their objects, in one role and region.
struct AwsAccount::MemberBucketAdapters {
  MemberBucketAdapters(ServiceClient& client, const AccountId& account, Log& log)
      : owned(client, [account](const BucketName&) { return account; }),
        buckets(owned, S3AdminOptions{.account = account}, log),
        policies(owned) {}

  OwnedClient owned;
  S3Admin buckets;
  S3BucketPolicies policies;
};

/// Everything that speaks to S3 in one role. Objects go to and fro between accounts; buckets that
/// the settings do not know yet are the role's account's.
struct AwsAccount::MemberAdapters {
  MemberAdapters(RoleRequest as, ServiceClient& inner, BucketOwner owner, const AccountId& account,
                 const Process& process)
      : role(std::move(as)),
        client(inner, std::move(owner)),
        objects(client, process.clock, process.log),
        catalogue(client),
        own(inner, [account](const BucketName&) { return account; }),
        census(own) {}

  RoleRequest role;
  OwnedClient client;
  S3Store objects;
  S3Catalogue catalogue;
  OwnedClient own;
  S3BucketCensus census;
  std::map<Region, std::unique_ptr<MemberBucketAdapters>> buckets = {};
};

AwsAccount::AwsAccount(Process& process, AccountIdentity identity, AwsContext context)
    : process_(process), identity_(std::move(identity)), context_(std::move(context)) {
  storage_ = std::make_unique<Storage>(
      context_.client(), [this](const BucketName& bucket) { return owner_of(bucket); },
      store_owner(context_), process_);
}

AwsAccount::~AwsAccount() = default;

Result<std::unique_ptr<AwsAccount>> AwsAccount::connect(Process& process) {
  const Deadline deadline = Deadline::after(process.clock, kConnectLimit);
  CORDON_TRY(Deployment deployment, named_deployment(process.options));
  CORDON_TRY(AwsContext context,
             AwsContext::create(aws_options(process.options), process.environment, process.clock,
                                process.random, process.log, deadline, process.stop));
  CORDON_TRY(AccountId account, account_of(process, context, deadline));
  AccountIdentity identity{.deployment = std::move(deployment),
                           .account = std::move(account),
                           .region = context.region(),
                           .endpoint = configured_store(context)};
  return std::unique_ptr<AwsAccount>(
      new AwsAccount(process, std::move(identity), std::move(context)));
}

StoragePorts AwsAccount::storage() {
  return {storage_->objects,
          storage_->catalogue,
          storage_->objects_of_anybody,
          storage_->catalogue_of_anybody,
          storage_->census,
          storage_->probe};
}

void AwsAccount::expect_owners(BucketOwner owners) {
  auto next = std::make_shared<const BucketOwner>(std::move(owners));
  owners_.with([&](auto& now) { now = std::move(next); });
}

AccountId AwsAccount::owner_of(const BucketName& bucket) const {
  const auto owners = owners_.with([](const auto& now) { return now; });
  return owners ? (*owners)(bucket) : identity_.account;
}

Result<RegionPorts> AwsAccount::region(const Region& region) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<RegionAdapters>& of = regions_[region];
  if (of == nullptr) {
    of = std::make_unique<RegionAdapters>(
        context_.client_for(region), [this](const BucketName& bucket) { return owner_of(bucket); },
        identity_.account, process_.log);
  }
  return RegionPorts{.admin = {of->buckets, of->topics, of->queues},
                     .wiring = {of->listening, of->bus, of->shares},
                     .policies = of->policies};
}

AwsAccount::MemberAdapters& AwsAccount::member_adapters(const MemberAccount& account) {
  std::lock_guard lock(mutex_);
  auto& adapters = members_[{account.role_arn, account.external_id.value_or("")}];
  if (adapters == nullptr) {
    const RoleRequest role{.role_arn = account.role_arn,
                           .session_name = "cordon-" + identity_.deployment.name(),
                           .external_id = account.external_id};
    // A bucket of another region is found by the client itself.
    ServiceClient& client = context_.client_as(role, identity_.region);
    adapters = std::make_unique<MemberAdapters>(
        role, client, [this](const BucketName& bucket) { return owner_of(bucket); }, account.id,
        process_);
  }
  return *adapters;
}

MemberPorts AwsAccount::member(const MemberAccount& account) {
  MemberAdapters& of = member_adapters(account);
  MemberPorts ports{of.objects, of.catalogue, of.census, {}, {}, {}};
  const auto in_region = [this, &of, owner = account.id](const Region& where) {
    std::lock_guard lock(mutex_);
    std::unique_ptr<MemberBucketAdapters>& adapters = of.buckets[where];
    if (adapters == nullptr) {
      adapters = std::make_unique<MemberBucketAdapters>(context_.client_as(of.role, where), owner,
                                                        process_.log);
    }
    return adapters.get();
  };
  ports.buckets = [in_region](const Region& where) -> Result<BucketAdmin*> {
    return &in_region(where)->buckets;
  };
  ports.policies = [in_region](const Region& where) -> Result<BucketPolicies*> {
    return &in_region(where)->policies;
  };
  ports.check = [this, &of](Deadline deadline, std::stop_token stop) -> Result<void> {
    ServiceClient& client = context_.client_as(of.role, identity_.region);
    CORDON_TRY(caller_identity(client, deadline, std::move(stop)));
    return {};
  };
  return ports;
}

std::unique_ptr<DocumentStore> AwsAccount::document(const ObjectKey& key) {
  return std::make_unique<S3DocumentStore>(
      context_.client(),
      S3DocumentPlace{.bucket = identity_.deployment.system_bucket(identity_.account),
                      .key = key,
                      .owner = identity_.account,
                      .store = store_owner(context_)});
}

MessagePorts AwsAccount::messages() {
  ServiceClient& client = context_.client();
  const Clock& clock = process_.clock;
  Log& log = process_.log;
  MessagePorts ports;
  ports.queue = [&client, &clock, &log](EventQueuePlace place) {
    return std::make_unique<SqsQueue>(
        client,
        SqsQueueOptions{.url = std::move(place.url),
                        .dead_letter_url = std::move(place.dead_letter_url),
                        .visibility = place.visibility},
        clock, log);
  };
  ports.event_sender = [&client](std::string url) {
    return std::make_unique<SqsEventSender>(client, std::move(url));
  };
  ports.scan_requests = [&client](std::string url) {
    return std::make_unique<SqsScanRequests>(client, std::move(url));
  };
  ports.dead_letters = [&client, &clock, &log](DeadLetterUrls urls) {
    SqsDeadLettersOptions options{.url = std::move(urls.dead_letters),
                                  .event_queue_url = std::move(urls.events)};
    if (urls.sweep) options.sweep_queue_url = *std::move(urls.sweep);
    return std::make_unique<SqsDeadLetters>(client, std::move(options), clock, log);
  };
  ports.log = [&client](std::string group, std::string stream) {
    return std::make_unique<CloudWatchSink>(
        client, CloudWatchSinkOptions{.group = std::move(group), .stream = std::move(stream)});
  };
  ports.event_bus = [&client] { return std::make_unique<EventBusSink>(client); };
  ports.results = [&client](std::string url, Region region) {
    return std::make_unique<SqsSink>(
        client, SqsSinkOptions{.queue_url = std::move(url), .region = std::move(region)});
  };
  ports.agent_reports = [&client](std::string url, Region region) {
    return std::make_unique<SqsAgentReports>(client, std::move(url), std::move(region));
  };
  ports.topic = [&client](std::string topic_arn) {
    return std::make_unique<SnsSink>(client, std::move(topic_arn));
  };
  return ports;
}

}  // namespace cordon
