#include "testing/fake_account.h"

#include <utility>

namespace cordon {
namespace {

/// What the account gives away of something that it keeps.
class LentDocument final : public DocumentStore {
 public:
  explicit LentDocument(FakeDocumentStore& kept) : kept_(kept) {}
  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known, Deadline deadline,
                                             std::stop_token stop) override {
    return kept_.read(known, deadline, std::move(stop));
  }
  Result<StoredDocument> write(const std::string& document, const std::optional<ETag>& expected,
                               Deadline deadline, std::stop_token stop) override {
    return kept_.write(document, expected, deadline, std::move(stop));
  }

 private:
  FakeDocumentStore& kept_;
};

class LentQueue final : public EventQueue {
 public:
  explicit LentQueue(FakeEventQueue& kept) : kept_(kept) {}
  Result<std::vector<Claim>> receive(int count_max, std::chrono::seconds wait, Deadline deadline,
                                     std::stop_token stop) override {
    return kept_.receive(count_max, wait, deadline, std::move(stop));
  }
  Result<void> extend(const Claim& claim, std::chrono::seconds visibility, Deadline deadline,
                      std::stop_token stop) override {
    return kept_.extend(claim, visibility, deadline, std::move(stop));
  }
  std::vector<Result<void>> extend_all(std::span<const Claim> claims,
                                       std::chrono::seconds visibility, Deadline deadline,
                                       std::stop_token stop) override {
    return kept_.extend_all(claims, visibility, deadline, std::move(stop));
  }
  Result<void> acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) override {
    return kept_.acknowledge(claim, deadline, std::move(stop));
  }
  Result<void> dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                           std::stop_token stop) override {
    return kept_.dead_letter(claim, reason, deadline, std::move(stop));
  }

 private:
  FakeEventQueue& kept_;
};

class LentSender final : public EventSender {
 public:
  explicit LentSender(FakeEventQueue& kept) : kept_(kept) {}
  Result<void> send(const std::string& body, Deadline, std::stop_token) override {
    kept_.send(body);
    return {};
  }

 private:
  FakeEventQueue& kept_;
};

class LentRequests final : public ScanRequestQueue {
 public:
  explicit LentRequests(FakeScanRequests& kept) : kept_(kept) {}
  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests,
                                           Deadline deadline, std::stop_token stop) override {
    return kept_.send(requests, deadline, std::move(stop));
  }

 private:
  FakeScanRequests& kept_;
};

class LentLetters final : public DeadLetterBox {
 public:
  explicit LentLetters(FakeDeadLetterBox& kept) : kept_(kept) {}
  Result<std::uint64_t> waiting(Deadline deadline, std::stop_token stop) override {
    return kept_.waiting(deadline, std::move(stop));
  }
  Result<std::vector<DeadLetter>> take(std::chrono::seconds hidden, Patience patience,
                                       Deadline deadline, std::stop_token stop) override {
    return kept_.take(hidden, patience, deadline, std::move(stop));
  }
  Result<void> put_back(const DeadLetter& letter, Deadline deadline,
                        std::stop_token stop) override {
    return kept_.put_back(letter, deadline, std::move(stop));
  }
  Result<void> send_again(const DeadLetter& letter, Deadline deadline,
                          std::stop_token stop) override {
    return kept_.send_again(letter, deadline, std::move(stop));
  }
  Result<void> drop(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override {
    return kept_.drop(letter, deadline, std::move(stop));
  }

 private:
  FakeDeadLetterBox& kept_;
};

class KeptReports final : public AgentReportSink {
 public:
  explicit KeptReports(std::vector<AgentReport>& kept) : kept_(kept) {}
  Result<void> send(const AgentReport& report, Deadline, std::stop_token) override {
    kept_.push_back(report);
    return {};
  }

 private:
  std::vector<AgentReport>& kept_;
};

class LentSink final : public ResultSink {
 public:
  explicit LentSink(FakeResultSink& kept) : kept_(kept) {}
  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override {
    return kept_.publish(results, deadline, std::move(stop));
  }

 private:
  FakeResultSink& kept_;
};

}  // namespace

FakeAccount::FakeAccount(Region home, std::vector<Region> others)
    : who{.deployment = Deployment::create("main").value(),
          .account = AccountId("111122223333"),
          .region = home} {
  others.push_back(std::move(home));
  std::vector<FakeBucketAdmin*> all;
  for (const Region& region : others) {
    auto& place = places_[region] = std::make_unique<Place>(region);
    all.push_back(&place->site.buckets);
  }
  census_ = std::make_unique<FakeBucketCensus>(std::move(all));
}

StoragePorts FakeAccount::storage() {
  return {objects, catalogue, objects, catalogue, *census_, probe};
}

Result<RegionPorts> FakeAccount::region(const Region& region) {
  const auto at = places_.find(region);
  if (at == places_.end()) {
    return Error{Errc::unavailable, "there is no region " + region.str() + " in this test"};
  }
  FakeSite& site = at->second->site;
  return RegionPorts{.admin = {site.buckets, site.topics, site.queues},
                     .wiring = {site.listening, site.bus, site.shares},
                     .policies = at->second->policies};
}

FakeAccount::Member& FakeAccount::member_of(const std::string& role_arn) {
  auto& member = members_[role_arn];
  if (member == nullptr) member = std::make_unique<Member>(who.region);
  return *member;
}

MemberPorts FakeAccount::member(const MemberAccount& account) {
  Member& member = member_of(account.role_arn);
  return {
      .objects = member.objects,
      .catalogue = member.catalogue,
      .census = member.census,
      .buckets = [&member](const Region&) -> Result<BucketAdmin*> {
        return &member.home_buckets.buckets;
      },
      .policies = [&member](const Region&) -> Result<BucketPolicies*> { return &member.policies; },
      .check = [&member](Deadline, std::stop_token) -> Result<void> {
        if (member.check_fails) return *member.check_fails;
        return {};
      }};
}

std::unique_ptr<DocumentStore> FakeAccount::document(const ObjectKey& key) {
  return std::make_unique<LentDocument>(documents_[key.str()]);
}

FakeEventQueue& FakeAccount::queue(const std::string& name) {
  const Result<QueueInfo> made = home().queues.ensure(name, {}, Deadline::never(), {});
  auto& queue = queues_[made.value().url];
  if (queue == nullptr) queue = std::make_unique<FakeEventQueue>(clock);
  return *queue;
}

MessagePorts FakeAccount::messages() {
  MessagePorts ports;
  ports.queue = [this](const EventQueuePlace& place) {
    auto& queue = queues_[place.url];
    if (queue == nullptr) queue = std::make_unique<FakeEventQueue>(clock);
    return std::make_unique<LentQueue>(*queue);
  };
  ports.event_sender = [this](const std::string& url) {
    auto& queue = queues_[url];
    if (queue == nullptr) queue = std::make_unique<FakeEventQueue>(clock);
    return std::make_unique<LentSender>(*queue);
  };
  ports.scan_requests = [this](const std::string&) {
    return std::make_unique<LentRequests>(scan_requests);
  };
  ports.dead_letters = [this](const DeadLetterUrls&) {
    return std::make_unique<LentLetters>(dead_letters);
  };
  ports.log = [this](const std::string&, const std::string&) {
    return std::make_unique<LentSink>(log);
  };
  ports.event_bus = [this] { return std::make_unique<LentSink>(event_bus); };
  ports.results = [this](const std::string&, const Region&) {
    return std::make_unique<LentSink>(results_queue);
  };
  ports.agent_reports = [this](const std::string&, const Region&) {
    return std::make_unique<KeptReports>(agent_reports);
  };
  ports.topic = [this](const std::string& arn) { return std::make_unique<LentSink>(topics[arn]); };
  return ports;
}

}  // namespace cordon
