#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "core/object_ref.h"
#include "core/ports/agent_report_sink.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/bucket_census.h"
#include "core/ports/bucket_policies.h"
#include "core/ports/dead_letter_box.h"
#include "core/ports/document_store.h"
#include "core/ports/event_queue.h"
#include "core/ports/event_sender.h"
#include "core/ports/object_store.h"
#include "core/ports/region.h"
#include "core/ports/result_sink.h"
#include "core/ports/scan_request_queue.h"
#include "core/ports/store_probe.h"

namespace cordon {

/// Which deployment, in which account, and where.
struct AccountIdentity {
  Deployment deployment;
  AccountId account;
  Region region;  ///< Where commands and agents work; buckets of all regions are reached from it.
  /// The endpoint that was configured in place of AWS's own; none: it is AWS.
  std::optional<std::string> endpoint = std::nullopt;

  /// False where the store is spoken to without TLS, which only a configured endpoint can mean.
  bool uses_tls() const { return !endpoint || !endpoint->starts_with("http://"); }
};

/// Objects, with the account's own rights.
struct StoragePorts {
  /// Every request says whose the bucket has to be (Account::expect_owners).
  ObjectStore& objects;
  BucketCatalogue& catalogue;
  /// Without saying so: for what anybody may offer and is proven by other means.
  ObjectStore& objects_of_anybody;
  BucketCatalogue& catalogue_of_anybody;
  BucketCensus& census;  ///< The account's buckets, in every region.
  StoreProbe& probe;
};

/// Everything of one region.
struct RegionPorts {
  RegionAdmin admin;
  RegionWiring wiring;
  BucketPolicies& policies;
};

/// Buckets and objects of another account, with the rights of a role there.
struct MemberPorts {
  ObjectStore& objects;
  BucketCatalogue& catalogue;
  BucketCensus& census;
  /// What is set up in one region; valid as long as the account.
  std::function<Result<BucketAdmin*>(const Region& region)> buckets;
  std::function<Result<BucketPolicies*>(const Region& region)> policies;
  /// Takes the role on, once. Errors: denied (says what its trust policy must say), unavailable.
  std::function<Result<void>(Deadline deadline, std::stop_token stop)> check;
};

/// A queue to take messages from, by its URL.
struct EventQueuePlace {
  std::string url;
  std::string dead_letter_url;         ///< For what cannot be handled.
  std::chrono::seconds visibility{0};  ///< How long each claim lasts, whatever the queue is set to.
};

/// The queues that dead letters go between, by their URLs.
struct DeadLetterUrls {
  std::string dead_letters;
  std::string events;
  std::optional<std::string> sweep = std::nullopt;  ///< None: there is no such queue.
};

/// Messages of queues and topics of `AccountIdentity::region`, and the log. What is made outlives
/// no account.
struct MessagePorts {
  std::function<std::unique_ptr<EventQueue>(EventQueuePlace place)> queue;
  /// Puts events that were brought to us into a queue.
  std::function<std::unique_ptr<EventSender>(std::string url)> event_sender;
  std::function<std::unique_ptr<ScanRequestQueue>(std::string url)> scan_requests;
  std::function<std::unique_ptr<DeadLetterBox>(DeadLetterUrls urls)> dead_letters;
  /// One line per result in a log group, in a stream of this name.
  std::function<std::unique_ptr<ResultSink>(std::string group, std::string stream)> log;
  /// One event per result, on the region's default event bus.
  std::function<std::unique_ptr<ResultSink>()> event_bus;
  /// One message per result, for a console.
  std::function<std::unique_ptr<ResultSink>(std::string url, Region region)> results;
  /// How an agent is, in the same queue.
  std::function<std::unique_ptr<AgentReportSink>(std::string url, Region region)> agent_reports;
  /// One notification per result; the topic may be in any region.
  std::function<std::unique_ptr<ResultSink>(std::string topic_arn)> topic;
};

/// The account that a program works in, seen as the ports that it gives.
///
/// Threads: any. Everything that it gives is valid as long as the account, and asks nobody before
/// it is used.
class Account {
 public:
  virtual ~Account() = default;

  virtual const AccountIdentity& identity() const = 0;
  virtual StoragePorts storage() = 0;
  /// From now on whose each bucket has to be, in every request about objects; before: ours.
  virtual void expect_owners(BucketOwner owners) = 0;
  /// Errors: invalid (no name of a region).
  virtual Result<RegionPorts> region(const Region& region) = 0;
  /// In the role `account.role_arn`, with its external id; nothing else of `account` is looked at.
  virtual MemberPorts member(const MemberAccount& account) = 0;
  /// One small document in the system bucket.
  virtual std::unique_ptr<DocumentStore> document(const ObjectKey& key) = 0;
  virtual MessagePorts messages() = 0;
};

}  // namespace cordon
