#include "provision/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provision/selftest.h"
#include "testing/fake_admins.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"
#include "testing/fake_object_store.h"
#include "testing/fake_wiring.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using State = Finding::State;
using testing::HasSubstr;

constexpr const char* kQuarantine = "cordon-quarantine-main-111122223333-eu-west-1";
constexpr const char* kSystem = "cordon-system-main-111122223333";

class FakeProbe final : public StoreProbe {
 public:
  Result<StoreTraits> traits(const BucketName& bucket, Deadline, std::stop_token) override {
    EXPECT_EQ(bucket, BucketName(kQuarantine));
    return answer;
  }
  Result<StoreTraits> answer = StoreTraits{};
};

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    buckets_.buckets["uploads"].versioning = Versioning::on;
    buckets_.buckets[kSystem].versioning = Versioning::on;
    for (const char* name : {"uploads", kQuarantine, kSystem}) store_.make_bucket(BucketName(name));
    protection_.know_register(register_);
    EXPECT_TRUE(protection_.protect(BucketName("uploads"), Deadline::never(), {}));
    for (auto& [name, queue] : queues_.queues) {
      queue.message_bytes_max = 1U << 20U;
      queue.visibility = std::chrono::seconds(120);
    }
  }

  std::vector<Finding> examine() {
    Doctor doctor(deployment_, AccountId("111122223333"), Region("eu-west-1"), protection_,
                  RegionAdmin{buckets_, topics_, queues_}, store_, probe_);
    doctor.know_register(register_);
    return doctor.examine({}, Deadline::never(), {});
  }
  std::vector<Finding> not_ok() {
    std::vector<Finding> found = examine();
    std::erase_if(found, [](const Finding& finding) { return finding.state == State::ok; });
    return found;
  }

  FakeBucketAdmin buckets_;
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeTopicListening listening_;
  FakeEventBus bus_;
  FakeFileShareAdmin shares_;
  FakeObjectStore store_;
  FakeProbe probe_;
  FakeDocumentStore set_;
  ProtectedRegister register_{set_, [](auto, auto) -> Result<void> { return {}; }, false};
  Deployment deployment_ = *Deployment::create("main");
  Protection protection_{deployment_,
                         AccountId("111122223333"),
                         Region("eu-west-1"),
                         [this](const Region&) -> Result<RegionAdmin> {
                           return RegionAdmin{buckets_, topics_, queues_};
                         },
                         [this](const Region&) -> Result<RegionWiring> {
                           return RegionWiring{listening_, bus_, shares_};
                         },
                         no_members(),
                         /*tls_only=*/true};
};

TEST_F(DoctorTest, FindsNothingWrongWhereNothingIs) {
  EXPECT_GT(examine().size(), 12U);
  for (const Finding& finding : not_ok()) ADD_FAILURE() << finding.check << ": " << finding.detail;
}

TEST_F(DoctorTest, TellsWhereTheProtectedSetAndTheBucketsDiffer) {
  const AccountId account("111122223333");
  const Region region("eu-west-1");
  ASSERT_TRUE(register_.remove(BucketName("uploads"), kByEvents, Deadline::never(), {}));
  ASSERT_EQ(not_ok().size(), 1U);
  EXPECT_EQ(not_ok()[0].check, "protected set");
  EXPECT_EQ(not_ok()[0].state, State::warning);
  EXPECT_EQ(not_ok()[0].fix, "cordon bucket protect uploads");

  // Left in the set; others' buckets, other regions' and those of file shares are no business here.
  ASSERT_TRUE(
      register_.add(BucketName("uploads"), account, region, kByEvents, Deadline::never(), {}));
  ASSERT_TRUE(register_.add(BucketName("left"), account, region, kByEvents, Deadline::never(), {}));
  ASSERT_TRUE(register_.add(BucketName("far"), account, Region("us-east-1"), kByEvents,
                            Deadline::never(), {}));
  ASSERT_TRUE(register_.add(BucketName("theirs"), AccountId("444455556666"), region, kByEvents,
                            Deadline::never(), {}));
  ASSERT_TRUE(
      register_.add(BucketName("scans"), account, region, kByGateway, Deadline::never(), {}));
  ASSERT_EQ(not_ok().size(), 1U);
  EXPECT_EQ(not_ok()[0].subject, "left");
  EXPECT_EQ(not_ok()[0].state, State::warning);  // There is no such bucket.
  EXPECT_THAT(not_ok()[0].fix, HasSubstr("cordon bucket unprotect left"));

  buckets_.buckets["left"].versioning = Versioning::on;
  ASSERT_EQ(not_ok().size(), 1U);
  EXPECT_EQ(not_ok()[0].state, State::failed);  // It is there, and nothing is scanned.
  EXPECT_THAT(not_ok()[0].fix, HasSubstr("cordon bucket protect left"));

  set_.put("nonsense");
  ASSERT_EQ(not_ok().size(), 1U);
  EXPECT_EQ(not_ok()[0].state, State::warning);
}

TEST_F(DoctorTest, LooksAtManyBucketsWithFourRequestsForEach) {
  constexpr int kMany = 100;
  for (int i = 0; i < kMany; ++i) {
    const std::string name = "b" + std::to_string(i);
    buckets_.buckets[name].versioning = Versioning::on;
    store_.make_bucket(BucketName(name));
    ASSERT_TRUE(protection_.protect(BucketName(name), Deadline::never(), {}));
  }
  buckets_.reads = topics_.reads = queues_.reads = 0;

  EXPECT_TRUE(not_ok().empty());

  EXPECT_LE(buckets_.reads, 3 * kMany + 20);     // And one look at an object in each.
  EXPECT_LE(topics_.reads + queues_.reads, 40);  // Of the region, once.
}

TEST_F(DoctorTest, KeysOfAwsShutTheTopicAndOthersAreNamed) {
  std::string& topic = topics_.topics.begin()->second.kms_key;
  std::string& queue = queues_.queues.at("cordon-events-main").kms_key;
  const std::pair<std::string*, const char*> kOfAws[] = {{&topic, "alias/aws/sns"},
                                                         {&queue, "alias/aws/sqs"}};
  for (const auto& [key, alias] : kOfAws) {
    *key = alias;
    ASSERT_EQ(not_ok().size(), 1U);
    EXPECT_EQ(not_ok()[0].check, "encryption");
    EXPECT_EQ(not_ok()[0].state, State::failed);

    *key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    ASSERT_EQ(not_ok().size(), 1U);
    EXPECT_EQ(not_ok()[0].state, State::skipped);
    key->clear();
  }
}

TEST_F(DoctorTest, EveryDamageIsFoundWithItsFix) {
  const struct {
    const char* check;
    State state;
    const char* fix;
    std::function<void()> inflict;
  } kDamages[] = {
      {"topic", State::failed, "cordon bucket protect", [&] { topics_.topics.clear(); }},
      {"topic policy", State::failed, "cordon bucket protect",
       [&] { topics_.topics.begin()->second.policy = "{}"; }},
      {"subscription", State::failed, "cordon bucket protect",
       [&] { topics_.topics.begin()->second.subscriptions.clear(); }},
      {"queue policy", State::failed, "cordon bucket protect",
       [&] { queues_.queues.at("cordon-events-main").policy.clear(); }},
      {"dead letters", State::failed, "cordon bucket protect",
       [&] { queues_.queues.at("cordon-events-main").dead_letter_arn.clear(); }},
      {"message size", State::failed, "cordon bucket protect",
       [&] { queues_.queues.at("cordon-events-main").message_bytes_max = 65'536; }},
      {"visibility", State::warning, "120 s",
       [&] { queues_.queues.at("cordon-events-main").visibility = std::chrono::seconds(5); }},
      {"dead letters waiting", State::warning, "cordon dead list",
       [&] { queues_.queues.at("cordon-events-dead-main").messages = 3; }},
      {"results queue", State::warning, "cordon bucket protect",
       [&] { queues_.queues.erase("cordon-results-main"); }},
      {"results dead letters", State::warning, "its log",
       [&] { queues_.queues.at("cordon-results-dead-main").messages = 1; }},
      {"system bucket", State::warning, "cordon settings apply",
       [&] { buckets_.buckets.erase(kSystem); }},
      {"versioning", State::warning, "enable versioning",
       [&] { buckets_.buckets["uploads"].versioning = Versioning::off; }},
      {"buckets", State::warning, "cordon bucket protect",
       [&] { buckets_.buckets["uploads"].notifications.entries.clear(); }},
      {"quarantine bucket", State::failed, "cordon bucket protect",
       [&] { buckets_.buckets[kQuarantine].lacks = {"public access block"}; }},
      {"quarantine policy", State::failed, "cordon bucket protect",
       [&] { buckets_.buckets[kQuarantine].policy.clear(); }},
      {"reading", State::failed, "permission",
       [&] {
         store_.fail_next(FakeObjectStore::Call::head,
                          Error{Errc::denied, "needs s3:ListBucket", ErrorCause::access_denied});
       }},
  };
  for (const auto& damage : kDamages) {
    SCOPED_TRACE(damage.check);
    const auto buckets = buckets_.buckets;
    const auto topics = topics_.topics;
    const auto queues = queues_.queues;
    damage.inflict();

    const std::vector<Finding> found = not_ok();

    const bool is_found = std::any_of(found.begin(), found.end(), [&](const Finding& finding) {
      return finding.check == damage.check && finding.state == damage.state &&
             finding.fix.find(damage.fix) != std::string::npos;
    });
    EXPECT_TRUE(is_found);
    buckets_.buckets = buckets;
    topics_.topics = topics;
    queues_.queues = queues;
  }
}

// --- selftest --------------------------------------------------------------------------------

class SelfTestTest : public testing::Test {
 protected:
  SelfTestTest() {
    store_.make_bucket(BucketName("uploads"));
    store_.make_bucket(BucketName(kQuarantine));
  }
  Result<std::vector<Trial>> run() {
    return run_selftest({.bucket = BucketName("uploads"), .quarantine = BucketName(kQuarantine)},
                        store_, catalogue_, clock_, random_, {});
  }
  /// An agent that tags whatever is looked at.
  void tag_with(const std::string& for_clean, const std::string& for_eicar) {
    store_.on_call([=, this](FakeObjectStore::Call call, const ObjectRef& object) {
      if (call == FakeObjectStore::Call::tags) {
        const bool clean = object.key.str().ends_with("clean");
        store_.owner_sets_tags(object, {{"scan-result", clean ? for_clean : for_eicar}});
      }
      return std::optional<Error>();
    });
  }

  SimulatedClock clock_{SimulatedClock::Mode::jump};
  SeededRandom random_;
  FakeObjectStore store_;
  FakeBucketCatalogue catalogue_{store_};
};

TEST_F(SelfTestTest, PassesWhereVerdictsAreRightAndLeavesNothingBehind) {
  tag_with("Clean", "Infected");

  const auto trials = run();

  ASSERT_TRUE(trials) << trials.error().what;
  ASSERT_EQ(trials->size(), 2U);
  for (const Trial& trial : *trials) EXPECT_TRUE(trial.passed) << trial.name << ": " << trial.why;
  EXPECT_TRUE(store_.all(BucketName("uploads")).empty());
}

TEST_F(SelfTestTest, FailsOnAWrongVerdict) {
  tag_with("Clean", "Clean");

  const auto trials = run();

  EXPECT_TRUE(trials->at(0).passed);
  EXPECT_FALSE(trials->at(1).passed);
  EXPECT_THAT(trials->at(1).why, HasSubstr("Clean instead of Infected"));
}

TEST_F(SelfTestTest, FailsWithAdviceWhereNobodyScans) {
  const auto trials = run();

  for (const Trial& trial : *trials) {
    EXPECT_FALSE(trial.passed);
    EXPECT_THAT(trial.why, HasSubstr("cordon doctor"));
  }
  EXPECT_TRUE(store_.all(BucketName("uploads")).empty());
}

TEST_F(DoctorTest, TellsOfAStoreThatIsNotAsGoodAsS3) {
  EXPECT_TRUE(not_ok().empty());
  probe_.answer = StoreTraits{.heeds_delete = false};

  const std::vector<Finding> weak = not_ok();

  ASSERT_EQ(weak.size(), 1U);
  EXPECT_EQ(weak[0].check, "store");
  EXPECT_EQ(weak[0].state, State::warning);
  EXPECT_NE(weak[0].fix.find("promote_without_conditions"), std::string::npos);
  probe_.answer = Error{Errc::denied, "needs s3:PutObject", ErrorCause::access_denied};
  EXPECT_EQ(not_ok().at(0).state, State::failed);
}

}  // namespace
}  // namespace cordon
