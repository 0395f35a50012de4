#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ports/account.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_bucket_census.h"
#include "testing/fake_bucket_policies.h"
#include "testing/fake_dead_letter_box.h"
#include "testing/fake_document_store.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_object_store.h"
#include "testing/fake_result_sink.h"
#include "testing/fake_scan_requests.h"
#include "testing/fake_site.h"
#include "testing/fake_store_probe.h"
#include "testing/simulated_clock.h"

namespace cordon {

/// An account in memory: regions with buckets, topics and queues, objects, documents, messages, and
/// members that are reached by a role. Its parts are public, so that a test sets and sees them.
///
/// Buckets of administration (`site`) and of objects (`objects`) are not the same thing: a test
/// makes what it needs of both. Threads: one.
class FakeAccount final : public Account {
 public:
  /// A region with what policies its buckets have.
  struct Place {
    explicit Place(const Region& region) : site(region) {}
    FakeSite site;
    FakeBucketPolicies policies;
  };
  /// Another account, by its role.
  struct Member {
    explicit Member(const Region& home) : home_buckets(home) {}
    FakeObjectStore objects;
    FakeBucketCatalogue catalogue{objects};
    FakeSite home_buckets;
    FakeBucketCensus census{{&home_buckets.buckets}};
    FakeBucketPolicies policies;
    std::optional<Error> check_fails = std::nullopt;  ///< The role cannot be taken on.
  };

  explicit FakeAccount(Region home = Region("eu-west-1"),
                       std::vector<Region> others = {Region("us-east-1")});

  const AccountIdentity& identity() const override { return who; }
  StoragePorts storage() override;
  void expect_owners(BucketOwner owners) override { expected = std::move(owners); }
  Result<RegionPorts> region(const Region& region) override;
  MemberPorts member(const MemberAccount& account) override;
  std::unique_ptr<DocumentStore> document(const ObjectKey& key) override;
  MessagePorts messages() override;

  /// One of the regions that it was made with.
  Place& place(const Region& region) { return *places_.at(region); }
  FakeSite& home() { return place(who.region).site; }
  Member& member_of(const std::string& role_arn);
  FakeDocumentStore& stored(const std::string& key) { return documents_[key]; }
  /// The queue of this name in the home region, made where it is missing; its messages.
  FakeEventQueue& queue(const std::string& name);

  AccountIdentity who;
  SimulatedClock clock;
  FakeObjectStore objects;
  FakeBucketCatalogue catalogue{objects};
  FakeStoreProbe probe;
  FakeDeadLetterBox dead_letters;
  FakeScanRequests scan_requests;
  FakeResultSink log;
  FakeResultSink event_bus;
  FakeResultSink results_queue;
  std::vector<AgentReport> agent_reports;
  std::map<std::string, FakeResultSink> topics;  ///< By ARN.
  BucketOwner expected = nullptr;                ///< As it was told last.

 private:
  std::map<Region, std::unique_ptr<Place>> places_;
  std::map<std::string, std::unique_ptr<Member>> members_;
  std::map<std::string, FakeDocumentStore> documents_;
  std::map<std::string, std::unique_ptr<FakeEventQueue>> queues_;  ///< By URL.
  std::unique_ptr<FakeBucketCensus> census_;

 public:
  FakeBucketCensus& census() { return *census_; }
};

}  // namespace cordon
