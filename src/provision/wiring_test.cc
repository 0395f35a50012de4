#include "provision/wiring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provision/dry_run.h"
#include "provision/protection.h"
#include "testing/fake_admins.h"
#include "testing/fake_wiring.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;
using Target = NotificationEntry::Target;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTheirTopic = "arn:aws:sns:eu-west-1:111122223333:theirs";
constexpr const char* kOurTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main";
constexpr const char* kOurQueue = "arn:aws:sqs:eu-west-1:111122223333:cordon-events-main";

class WiringTest : public testing::Test {
 protected:
  WiringTest() {
    buckets_.buckets["uploads"] = {};
    buckets_.buckets["other"] = {};
  }

  ProvisionReport protect(const char* bucket = "uploads") {
    auto report = protection_.protect(BucketName(bucket), Deadline::never(), {});
    EXPECT_TRUE(report) << report.error().what;
    return report ? *report : ProvisionReport{};
  }
  ProvisionReport unprotect(const char* bucket = "uploads") {
    return *protection_.unprotect(BucketName(bucket), Deadline::never(), {});
  }
  bool is_protected(const char* bucket = "uploads") {
    return protection_.status(BucketName(bucket), Deadline::never(), {})->is_protected;
  }
  bool leads_here(const char* bucket = "uploads") {
    return protection_.leads_here(BucketName(bucket), Deadline::never(), {}).value();
  }
  BucketNotifications& configuration(const char* bucket = "uploads") {
    return buckets_.buckets[bucket].notifications;
  }
  void sends(Target target, std::string arn, std::string prefix = "",
             const char* bucket = "uploads") {
    configuration(bucket).entries.push_back({.id = "theirs",
                                             .target = target,
                                             .arn = std::move(arn),
                                             .events = {"s3:ObjectCreated:*"},
                                             .prefix = std::move(prefix),
                                             .suffix = "",
                                             .verbatim = "<as><it>was</it></as>"});
  }
  Listening heard() { return listening_.listeners[{kTheirTopic, kOurQueue}]; }
  const std::string& queue_policy() { return queues_.queues.at("cordon-events-main").policy; }

  FakeBucketAdmin buckets_;
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeTopicListening listening_;
  FakeEventBus bus_;
  FakeFileShareAdmin shares_;
  Protection protection_{*Deployment::create("main"),
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

const ProvisionStep* notification(const ProvisionReport& report, State state) {
  for (const ProvisionStep& step : report.steps) {
    if (step.part == ProvisionPart::notification && step.state == state) return &step;
  }
  return nullptr;
}

TEST_F(WiringTest, ListensAtTheBucketsOwnTopicForThisBucketOnly) {
  sends(Target::topic, kTheirTopic);
  const BucketNotifications before = configuration();

  const ProvisionReport report = protect();

  EXPECT_TRUE(report.is_protected);
  EXPECT_EQ(configuration(), before);
  EXPECT_THAT(heard().buckets, ElementsAre(BucketName("uploads")));
  EXPECT_THAT(topics_let_in(queue_policy()), ElementsAre(kOurTopic, kTheirTopic));
  ASSERT_NE(notification(report, State::created), nullptr);
  EXPECT_EQ(notification(report, State::created)->name, kTheirTopic);
  EXPECT_TRUE(is_protected());

  unprotect();
  EXPECT_TRUE(listening_.listeners.empty());
  EXPECT_THAT(topics_let_in(queue_policy()), ElementsAre(kOurTopic));
  EXPECT_FALSE(is_protected());
}

TEST_F(WiringTest, TwoBucketsShareASubscriptionAndPartFromItOneByOne) {
  sends(Target::topic, kTheirTopic);
  sends(Target::topic, kTheirTopic, "", "other");
  protect("uploads");
  protect("other");
  EXPECT_THAT(heard().buckets, ElementsAre(BucketName("other"), BucketName("uploads")));

  unprotect("uploads");

  EXPECT_THAT(heard().buckets, ElementsAre(BucketName("other")));
  EXPECT_TRUE(is_protected("other"));
  EXPECT_THAT(topics_let_in(queue_policy()), ElementsAre(kOurTopic, kTheirTopic));
}

TEST_F(WiringTest, LeavesASubscriptionAloneThatSomebodyElseMade) {
  sends(Target::topic, kTheirTopic);
  listening_.listeners[{kTheirTopic, kOurQueue}] = {.subscribed = true, .unfiltered = true};

  EXPECT_TRUE(protect().is_protected);
  const ProvisionReport report = unprotect();

  EXPECT_TRUE(heard().unfiltered);
  EXPECT_EQ(report.steps.back().state, State::kept);
}

TEST_F(WiringTest, TakesTheBusWhereSomebodysConditionHoldsTheSubscription) {
  sends(Target::topic, kTheirTopic);
  listening_.listeners[{kTheirTopic, kOurQueue}] = {.subscribed = true};

  EXPECT_TRUE(protect().is_protected);

  EXPECT_TRUE(configuration().event_bridge);
  EXPECT_EQ(bus_.rules.size(), 1U);
}

TEST_F(WiringTest, GoesByTheBusAroundAQueueAndPutsTheSwitchBack) {
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest", "in/");
  const BucketNotifications before = configuration();

  const ProvisionReport report = protect();

  EXPECT_TRUE(report.is_protected);
  EXPECT_EQ(configuration().entries, before.entries);
  EXPECT_TRUE(configuration().event_bridge);
  const EventRule rule = bus_.rules.begin()->second;
  EXPECT_LE(rule.name.size(), 64U);
  EXPECT_THAT(rule.pattern, HasSubstr(R"("name":["uploads"])"));
  EXPECT_THAT(rule.targets, ElementsAre(kOurTopic));
  EXPECT_TRUE(has_statement(topics_.topics.at(kOurTopic).policy, kTopicFromEventBusSid));
  EXPECT_THAT(notification(report, State::created)->note, HasSubstr("ingest"));

  unprotect();
  EXPECT_EQ(configuration(), before);
  EXPECT_TRUE(bus_.rules.empty());
}

TEST_F(WiringTest, LeavesEventBridgeOnWhereItWasOn) {
  sends(Target::function, "arn:aws:lambda:eu-west-1:111122223333:function:f");
  configuration().event_bridge = true;
  const BucketNotifications before = configuration();

  protect();
  protect();  // The second run must not take our doing for what was there.
  EXPECT_EQ(buckets_.configuration_writes, 0);
  unprotect();

  EXPECT_EQ(configuration(), before);
}

TEST_F(WiringTest, RemembersThatItSwitchedEventBridgeOnHoweverOftenItRuns) {
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
  const BucketNotifications before = configuration();
  protect();
  bus_.rules.begin()->second.targets.clear();  // Somebody broke the rule.
  EXPECT_FALSE(is_protected());

  protect();
  EXPECT_TRUE(is_protected());
  unprotect();

  EXPECT_EQ(configuration(), before);
}

TEST_F(WiringTest, ABrokenPartOfTheWayIsSeenAndRepaired) {
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
  protect();
  const std::pair<const char*, std::function<void()>> kDamages[] = {
      {"EventBridge switched off", [&] { configuration().event_bridge = false; }},
      {"the rule disabled", [&] { bus_.rules.begin()->second.enabled = false; }},
      {"the rule for another bucket",
       [&] { bus_.rules.begin()->second.pattern = R"({"source":["aws.s3"]})"; }},
      {"the rule deleted", [&] { bus_.rules.clear(); }},
  };
  for (const auto& [damage, inflict] : kDamages) {
    SCOPED_TRACE(damage);
    inflict();
    EXPECT_FALSE(is_protected());

    EXPECT_TRUE(protect().is_protected);

    EXPECT_TRUE(is_protected());
  }
}

TEST_F(WiringTest, MovesToTheBusWhenTheSharedTopicIsNarrowedAndStopsListening) {
  sends(Target::topic, kTheirTopic);
  protect();
  configuration().entries[0].prefix = "in/";
  EXPECT_FALSE(is_protected());

  protect();

  EXPECT_TRUE(is_protected());
  EXPECT_EQ(bus_.rules.size(), 1U);
  EXPECT_TRUE(listening_.listeners.empty());
}

TEST_F(WiringTest, KeepsAWayThatWorksThoughABetterOneOpened) {
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
  protect();
  configuration().entries.clear();

  const ProvisionReport report = protect();

  EXPECT_NE(notification(report, State::present), nullptr);
  EXPECT_TRUE(configuration().entries.empty());
}

TEST_F(WiringTest, AFullConfigurationNeedsNoEntryOfOurs) {
  for (int i = 0; i < 100; ++i) {
    configuration().entries.push_back({.id = std::to_string(i),
                                       .target = Target::queue,
                                       .arn = "arn:aws:sqs:eu-west-1:111122223333:q",
                                       .events = {"s3:ObjectRemoved:*"},
                                       .prefix = std::to_string(1000 + i) + "/",
                                       .suffix = "",
                                       .verbatim = "x"});
  }
  const BucketNotifications before = configuration();

  EXPECT_TRUE(protect().is_protected);
  EXPECT_EQ(configuration().entries, before.entries);

  unprotect();
  EXPECT_EQ(configuration(), before);
}

TEST_F(WiringTest, ADryRunReportsTheSameAndChangesNothing) {
  const std::pair<const char*, std::function<void()>> kBuckets[] = {
      {"nothing there", [] {}},
      {"its own topic", [&] { sends(Target::topic, kTheirTopic); }},
      {"a queue",
       [&] {
         configuration().entries.clear();
         sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
       }},
  };
  for (const auto& [phrase, arrange] : kBuckets) {
    SCOPED_TRACE(phrase);
    arrange();
    const BucketNotifications before = configuration();
    const auto queues_before = queues_.queues.size();
    const auto policies = [&] {
      return topics_.topics.empty() ? "" : topics_.topics.begin()->second.policy;
    };
    const std::string policy_before = policies();
    DryRun dry_run(
        AccountId("111122223333"),
        [this](const Region&) -> Result<RegionAdmin> {
          return RegionAdmin{buckets_, topics_, queues_};
        },
        [this](const Region&) -> Result<RegionWiring> {
          return RegionWiring{listening_, bus_, shares_};
        });
    Protection dry_run_of(*Deployment::create("main"), AccountId("111122223333"),
                          Region("eu-west-1"), dry_run.regions(), dry_run.wiring(), no_members(),
                          /*tls_only=*/true);

    const auto told = dry_run_of.protect(BucketName("uploads"), Deadline::never(), {});

    ASSERT_TRUE(told) << told.error().what;
    EXPECT_EQ(configuration(), before);
    EXPECT_EQ(queues_.queues.size(), queues_before);
    EXPECT_EQ(policies(), policy_before);
    EXPECT_TRUE(listening_.listeners.empty());
    EXPECT_TRUE(bus_.rules.empty());
    const ProvisionReport done = protect();
    ASSERT_EQ(told->steps.size(), done.steps.size());
    for (std::size_t i = 0; i < done.steps.size(); ++i) {
      EXPECT_EQ(told->steps[i].state, done.steps[i].state) << name_of(done.steps[i].part);
      EXPECT_EQ(told->steps[i].part, done.steps[i].part);
    }
    unprotect();
  }
}

TEST_F(WiringTest, SaysWhenEventsStillComeAfterTheyWereTurnedOff) {
  protect();
  buckets_.swallows_notifications = true;
  const auto left = protection_.unprotect(BucketName("uploads"), Deadline::never(), {});
  EXPECT_TRUE(!left || left->left) << "the notification is still there";

  buckets_.swallows_notifications = false;
  unprotect();
  EXPECT_FALSE(is_protected());
}

TEST_F(WiringTest, UnprotectTwiceIsFineByEveryWay) {
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
  protect();
  unprotect();

  EXPECT_NE(notification(unprotect(), State::missing), nullptr);
}

// --- what an agent asks ------------------------------------------------------------------------

TEST_F(WiringTest, AnAgentSeesEveryWayAndItsEnd) {
  EXPECT_FALSE(leads_here());

  protect();
  EXPECT_TRUE(leads_here());
  EXPECT_FALSE(leads_here("other"));
  unprotect();
  EXPECT_FALSE(leads_here());

  sends(Target::topic, kTheirTopic);
  sends(Target::topic, kTheirTopic, "", "other");
  protect();
  EXPECT_TRUE(leads_here());
  EXPECT_FALSE(leads_here("other"));  // It tells the same topic, where we do not listen for it.
  unprotect();
  EXPECT_FALSE(leads_here());

  configuration() = {};
  sends(Target::queue, "arn:aws:sqs:eu-west-1:111122223333:ingest");
  protect();
  EXPECT_TRUE(leads_here());
  configuration("other").event_bridge = true;
  EXPECT_FALSE(leads_here("other"));
  unprotect();
  EXPECT_FALSE(leads_here());
}

TEST_F(WiringTest, AnAgentSeesWhatSomebodyWiredByHand) {
  sends(Target::topic, kOurTopic, "only/this/");
  EXPECT_TRUE(leads_here());
  sends(Target::queue, kOurQueue, "", "other");
  EXPECT_TRUE(leads_here("other"));
}

TEST_F(WiringTest, AnAgentIsToldOfABucketThatIsNotThere) {
  EXPECT_EQ(protection_.leads_here(BucketName("nowhere"), Deadline::never(), {}).error().code,
            Errc::not_found);
}

}  // namespace
}  // namespace cordon
