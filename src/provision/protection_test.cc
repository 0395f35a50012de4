#include "provision/protection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "testing/fake_admins.h"
#include "testing/fake_document_store.h"
#include "testing/fake_wiring.h"

namespace cordon {
namespace {

using testing::HasSubstr;

class ProtectionTest : public testing::Test {
 protected:
  ProtectionTest() {
    buckets_.buckets["uploads"] = {};
    buckets_.buckets["versioned"].versioning = Versioning::on;
  }

  Result<ProvisionReport> protect(const char* bucket) {
    return protection_.protect(BucketName(bucket), Deadline::never(), {});
  }
  Result<ProvisionReport> unprotect(const char* bucket) {
    return protection_.unprotect(BucketName(bucket), Deadline::never(), {});
  }
  Result<ProvisionReport> status(const char* bucket) {
    return protection_.status(BucketName(bucket), Deadline::never(), {});
  }
  std::vector<NotificationEntry>& entries(const char* bucket) {
    return buckets_.buckets[bucket].notifications.entries;
  }

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

const ProvisionStep* step(const ProvisionReport& report, const std::string& what) {
  for (const ProvisionStep& candidate : report.steps) {
    if (name_of(candidate.part) == what) return &candidate;
  }
  return nullptr;
}

TEST_F(ProtectionTest, LetsTheQuarantineExpireOnlyWhenTold) {
  const std::string quarantine = "cordon-quarantine-main-111122223333-eu-west-1";
  ASSERT_TRUE(protect("uploads"));
  EXPECT_EQ(buckets_.buckets.at(quarantine).expire_days, 0U);

  protection_.expire_quarantine_after(90);
  const auto report = protect("uploads");
  EXPECT_EQ(buckets_.buckets.at(quarantine).expire_days, 90U);
  EXPECT_THAT(step(*report, "quarantine bucket")->note, HasSubstr("90 days"));

  protection_.expire_quarantine_after(0);
  ASSERT_TRUE(protect("uploads"));
  EXPECT_EQ(buckets_.buckets.at(quarantine).expire_days, 0U);
}

TEST_F(ProtectionTest, CreatesEverythingThatTheFirstBucketOfARegionNeeds) {
  auto report = protect("uploads");

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->is_protected);
  ASSERT_TRUE(topics_.topics.contains("arn:aws:sns:eu-west-1:111122223333:cordon-events-main"));
  const auto& topic = topics_.topics.begin()->second;
  EXPECT_THAT(topic.policy, HasSubstr("s3.amazonaws.com"));
  EXPECT_THAT(topic.policy, HasSubstr(R"("aws:SourceAccount":"111122223333")"));
  ASSERT_EQ(topic.subscriptions.size(), 1U);
  EXPECT_EQ(topic.subscriptions[0].endpoint, queues_.queues.at("cordon-events-main").arn);
  EXPECT_TRUE(report->has(ProvisionPart::subscription, ProvisionStep::State::created));
  EXPECT_EQ(queues_.queues.at("cordon-events-main").dead_letter_arn,
            queues_.queues.at("cordon-events-dead-main").arn);
  EXPECT_THAT(queues_.queues.at("cordon-events-main").policy,
              HasSubstr(topics_.topics.begin()->first));
  const auto& quarantine = buckets_.buckets.at("cordon-quarantine-main-111122223333-eu-west-1");
  EXPECT_EQ(quarantine.versioning, Versioning::on);
  EXPECT_THAT(quarantine.policy, HasSubstr("aws:SecureTransport"));
  ASSERT_EQ(entries("uploads").size(), 1U);
  EXPECT_EQ(entries("uploads")[0].events, std::vector<std::string>{"s3:ObjectCreated:*"});
}

TEST_F(ProtectionTest, ASecondRunChangesNothing) {
  ASSERT_TRUE(protect("uploads"));
  const BucketNotifications first = buckets_.buckets["uploads"].notifications;
  const std::string policy = topics_.topics.begin()->second.policy;

  auto report = protect("uploads");

  ASSERT_TRUE(report);
  EXPECT_EQ(buckets_.buckets["uploads"].notifications, first);
  EXPECT_EQ(topics_.topics.begin()->second.policy, policy);
  EXPECT_EQ(buckets_.configuration_writes, 1);
  EXPECT_EQ(step(*report, "topic")->state, ProvisionStep::State::present);
}

TEST_F(ProtectionTest, ASecondRunWritesNothingAtAll) {
  ASSERT_TRUE(protect("uploads"));
  const auto writes = [&] { return buckets_.writes + topics_.writes + queues_.writes; };
  const int before = writes();

  const auto report = protect("uploads");

  EXPECT_EQ(writes(), before);
  for (const ProvisionStep& step : report->steps) {
    if (step.part == ProvisionPart::versioning) continue;  // A recommendation.
    EXPECT_EQ(step.state, ProvisionStep::State::present) << name_of(step.part);
  }
}

TEST_F(ProtectionTest, AQueueThatIsMorePatientThanMeantStaysSo) {
  ASSERT_TRUE(protect("uploads"));
  QueueInfo& queue = queues_.queues.at("cordon-events-main");
  queue.visibility = std::chrono::seconds(600);
  queue.receives_max = 20;

  ASSERT_TRUE(protect("uploads"));

  EXPECT_EQ(queue.visibility, std::chrono::seconds(600));
  EXPECT_EQ(queue.receives_max, 20);
}

TEST_F(ProtectionTest, AnOpenedQuarantineIsSeenAndClosedAgain) {
  const std::string name = "cordon-quarantine-main-111122223333-eu-west-1";
  ASSERT_TRUE(protect("uploads"));
  FakeBucketAdmin::Bucket& quarantine = buckets_.buckets.at(name);
  const std::pair<const char*, std::function<void()>> kChanges[] = {
      {"public access block", [&] { quarantine.lacks = {"public access block"}; }},
      {"encryption", [&] { quarantine.lacks = {"encryption"}; }},
      {"versioning", [&] { quarantine.versioning = Versioning::suspended; }},
      {"policy", [&] { quarantine.policy.clear(); }},
  };
  for (const auto& [what, change] : kChanges) {
    SCOPED_TRACE(what);
    change();

    EXPECT_FALSE(status("uploads")->is_protected);
    const auto repaired = protect("uploads");
    EXPECT_EQ(step(*repaired, "quarantine bucket")->state, ProvisionStep::State::changed);
    EXPECT_TRUE(status("uploads")->is_protected);
  }
}

TEST_F(ProtectionTest, AKeyUnderWhichNoEventArrivesIsSeen) {
  ASSERT_TRUE(protect("uploads"));
  std::string& of_topic = topics_.topics.begin()->second.kms_key;
  std::string& of_queue = queues_.queues.at("cordon-events-main").kms_key;

  for (const auto& [key, of_aws] :
       {std::pair(&of_topic, "alias/aws/sns"), std::pair(&of_queue, "alias/aws/sqs")}) {
    *key = of_aws;
    EXPECT_FALSE(status("uploads")->is_protected) << of_aws;
    *key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    EXPECT_TRUE(status("uploads")->is_protected) << of_aws;
  }
}

TEST_F(ProtectionTest, LooksAtManyBucketsWithTwoRequestsForEach) {
  constexpr int kMany = 200;
  for (int i = 0; i < kMany; ++i) buckets_.buckets["b" + std::to_string(i)] = {};
  ASSERT_TRUE(protect("b7"));
  const std::size_t all = buckets_.buckets.size();
  buckets_.reads = topics_.reads = queues_.reads = 0;

  const auto reports = protection_.list(Deadline::never(), {});

  ASSERT_EQ(reports->size(), all);
  EXPECT_LE(static_cast<std::size_t>(buckets_.reads), 2 * all + 1);
  EXPECT_LE(topics_.reads + queues_.reads, 10);  // Of the region, once.
  for (const ProvisionReport& report : *reports) {
    EXPECT_EQ(report.is_protected, report.bucket == BucketName("b7")) << report.bucket.str();
  }
}

TEST_F(ProtectionTest, RemembersWhatOughtToBeProtected) {
  FakeDocumentStore set;
  ProtectedRegister known(
      set, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(known);
  ASSERT_TRUE(protect("uploads"));
  entries("uploads").clear();

  const auto report = status("uploads");

  EXPECT_FALSE(report->is_protected);
  EXPECT_THAT(step(*report, "notification")->note, HasSubstr("somebody took this away"));
  ASSERT_TRUE(protect("uploads"));
  EXPECT_TRUE(status("uploads")->is_protected);
}

TEST_F(ProtectionTest, WhatKeepsEventsAwayIsSeenAndRepaired) {
  ASSERT_TRUE(protect("uploads"));
  const std::string subscription = topics_.topics.begin()->second.subscriptions[0].arn;
  const std::pair<const char*, std::function<void()>> kChanges[] = {
      {"subscription", [&] { topics_.filters[subscription] = R"({"a":["b"]})"; }},
      {"queue", [&] { queues_.queues.at("cordon-events-main").receives_max = 1; }},
      {"queue",
       [&] { queues_.queues.at("cordon-events-main").retention = std::chrono::seconds(60); }},
      {"dead letters",
       [&] { queues_.queues.at("cordon-events-dead-main").retention = std::chrono::seconds(60); }},
      {"sweep queue",
       [&] { queues_.queues.at("cordon-sweep-main").retention = std::chrono::seconds(60); }},
  };
  for (const auto& [part, change] : kChanges) {
    SCOPED_TRACE(part);
    change();

    EXPECT_FALSE(status("uploads")->is_protected);
    EXPECT_EQ(step(*status("uploads"), part)->state, ProvisionStep::State::missing);
    EXPECT_EQ(step(*protect("uploads"), part)->state, ProvisionStep::State::changed);
    EXPECT_TRUE(status("uploads")->is_protected);
  }
}

TEST_F(ProtectionTest, KeepsTheOwnersNotificationsAndEventBridge) {
  const NotificationEntry owners{.id = "thumbnails",
                                 .target = NotificationEntry::Target::function,
                                 .arn = "arn:aws:lambda:eu-west-1:111122223333:function:t",
                                 .events = {"s3:ObjectRemoved:*"},
                                 .prefix = "",
                                 .suffix = "",
                                 .verbatim = "<CloudFunctionConfiguration>...</>"};
  buckets_.buckets["uploads"].notifications = {{owners}, true};

  ASSERT_TRUE(protect("uploads"));
  EXPECT_EQ(entries("uploads").size(), 2U);
  EXPECT_EQ(entries("uploads")[0], owners);
  EXPECT_TRUE(buckets_.buckets["uploads"].notifications.event_bridge);

  ASSERT_TRUE(unprotect("uploads"));
  EXPECT_EQ(buckets_.buckets["uploads"].notifications, (BucketNotifications{{owners}, true}));
}

TEST_F(ProtectionTest, RepairsAnEntryThatSomebodyNarrowed) {
  ASSERT_TRUE(protect("uploads"));
  entries("uploads")[0].prefix = "only/";
  EXPECT_FALSE(status("uploads")->is_protected);

  auto report = protect("uploads");

  ASSERT_TRUE(report);
  EXPECT_EQ(step(*report, "notification")->state, ProvisionStep::State::changed);
  EXPECT_EQ(entries("uploads")[0].prefix, "");
  EXPECT_TRUE(status("uploads")->is_protected);
}

TEST_F(ProtectionTest, StatusNamesWhatIsMissing) {
  ASSERT_TRUE(protect("uploads"));
  queues_.queues.erase("cordon-events-main");

  auto report = status("uploads");

  ASSERT_TRUE(report);
  EXPECT_FALSE(report->is_protected);
  EXPECT_EQ(step(*report, "queue")->state, ProvisionStep::State::missing);
  EXPECT_EQ(step(*report, "topic")->state, ProvisionStep::State::present);
  EXPECT_THAT(step(*report, "queue")->note, HasSubstr("cordon bucket protect uploads"));
}

TEST_F(ProtectionTest, KeepsWhatOthersWroteIntoThePoliciesOfTopicAndQueue) {
  ASSERT_TRUE(protect("uploads"));
  auto& topic = topics_.topics.begin()->second.policy;
  auto& queue = queues_.queues.at("cordon-events-main").policy;
  const std::string partner = R"({"Version":"2008-10-17","Id":"theirs","Statement":[)"
                              R"({"Sid":"Partner","Effect":"Allow","Principal":"*"}]})";
  topic = partner;
  queue = partner;
  EXPECT_FALSE(status("uploads")->is_protected);

  auto report = protect("uploads");

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(step(*report, "topic")->state, ProvisionStep::State::changed);
  EXPECT_EQ(step(*report, "queue")->state, ProvisionStep::State::changed);
  for (const std::string& policy : {topic, queue}) {
    EXPECT_TRUE(has_statement(policy, "Partner"));
    EXPECT_THAT(policy, HasSubstr(R"("Version":"2008-10-17","Id":"theirs")"));
  }
  EXPECT_TRUE(has_statement(topic, kTopicFromS3Sid));
  EXPECT_TRUE(has_statement(queue, kQueueFromTopicSid));
  EXPECT_TRUE(status("uploads")->is_protected);
}

TEST_F(ProtectionTest, KeepsWhatOthersWroteIntoThePolicyOfTheQuarantine) {
  ASSERT_TRUE(protect("uploads"));
  auto& policy = buckets_.buckets.at("cordon-quarantine-main-111122223333-eu-west-1").policy;
  const std::string ours = policy;
  policy =
      R"({"Version":"2012-10-17","Id":"theirs","Statement":[{"Sid":"Auditor","Effect":"Deny"}]})";

  ASSERT_TRUE(protect("uploads"));

  EXPECT_TRUE(has_statement(policy, "Auditor"));
  EXPECT_TRUE(has_statement(policy, "CordonTlsOnly"));
  EXPECT_THAT(policy, HasSubstr(R"("Id":"theirs")"));
  const int writes = buckets_.policy_writes;
  ASSERT_TRUE(protect("uploads"));
  EXPECT_EQ(buckets_.policy_writes, writes) << "nothing is written that is there";
}

TEST_F(ProtectionTest, WritesOverNoPolicyThatItCannotReadOrMayNotSee) {
  ASSERT_TRUE(protect("uploads"));
  auto& queue = queues_.queues.at("cordon-events-main").policy;
  auto& topic = topics_.topics.begin()->second.policy;
  auto& quarantine = buckets_.buckets.at("cordon-quarantine-main-111122223333-eu-west-1").policy;
  for (std::string* policy : {&queue, &topic, &quarantine}) {
    const std::string before = std::exchange(*policy, "{\"Statement\":");
    EXPECT_EQ(protect("uploads").error().code, Errc::invalid);
    EXPECT_EQ(*policy, "{\"Statement\":");
    *policy = before;
  }
  EXPECT_FALSE([&] {
    topic = "{";
    return status("uploads")->is_protected;
  }()) << "and says so";
  topic = "{}";

  queue = R"({"Version":"2012-10-17","Statement":[{"Sid":"Partner"}]})";
  queues_.find_fails = Error{Errc::throttled, "slow down"};
  EXPECT_EQ(protect("uploads").error().code, Errc::throttled);
  EXPECT_TRUE(has_statement(queue, "Partner"));
  EXPECT_FALSE(has_statement(queue, kQueueFromTopicSid));
}

TEST_F(ProtectionTest, RepairsAPolicyThatSomebodyWidenedForAnotherAccount) {
  ASSERT_TRUE(protect("uploads"));
  std::string& policy = topics_.topics.begin()->second.policy;
  const std::string meant = policy;
  const std::size_t at = policy.find(R"("aws:SourceAccount":"111122223333")");
  policy.replace(at, 34, R"("aws:SourceAccount":"999999999999")");

  EXPECT_FALSE(status("uploads")->is_protected);
  ASSERT_TRUE(protect("uploads"));

  EXPECT_EQ(policy, meant);
}

TEST_F(ProtectionTest, StatusOfAnUntouchedBucketIsNotAnError) {
  auto report = status("uploads");

  ASSERT_TRUE(report);
  EXPECT_FALSE(report->is_protected);
}

TEST_F(ProtectionTest, RecommendsVersioningOnlyWhereItIsOff) {
  EXPECT_NE(step(*protect("uploads"), "versioning"), nullptr);
  EXPECT_EQ(step(*protect("versioned"), "versioning"), nullptr);
}

TEST_F(ProtectionTest, NeverProtectsItsOwnQuarantine) {
  ASSERT_TRUE(protect("uploads"));

  auto report = protect("cordon-quarantine-main-111122223333-eu-west-1");

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::invalid);
}

TEST_F(ProtectionTest, SaysWhyABucketOfAnotherKindIsNotProtected) {
  const std::pair<const char*, const char*> kRows[] = {
      {"logs--euw1-az1--x-s3", "directory bucket"},
      {"2f8d3c--table-s3", "table bucket"},
      {"arn:aws:s3tables:eu-west-1:111122223333:bucket/t", "table bucket"},
      {"reports-abcdef-s3alias", "access point"},
      {"mfzwi23gnjvgw.mrap", "access point"}};
  for (const auto& [name, why] : kRows) {
    SCOPED_TRACE(name);
    const auto report = protect(name);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().cause, ErrorCause::usage);
    EXPECT_THAT(report.error().what, HasSubstr(why));
  }
}

TEST_F(ProtectionTest, ATooLongNameIsRefusedBeforeTheFirstChange) {
  const RegionAdminSource regions = [this](const Region&) -> Result<RegionAdmin> {
    return RegionAdmin{buckets_, topics_, queues_};
  };
  const RegionWiringSource wiring = [this](const Region&) -> Result<RegionWiring> {
    return RegionWiring{listening_, bus_, shares_};
  };
  Protection longer(Deployment::create("twenty-letters-long-")
                        ->with_account_regional_buckets(Region("eu-west-1")),
                    AccountId("111122223333"), Region("eu-west-1"), regions, wiring, no_members(),
                    true);

  const auto refused = longer.protect(BucketName("uploads"), Deadline::never(), {});

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("at most 19 characters"));
  EXPECT_TRUE(topics_.topics.empty());
  EXPECT_TRUE(queues_.queues.empty());
  EXPECT_EQ(buckets_.buckets.size(), 2U);
  ProvisionReport report;
  EXPECT_FALSE(longer.prepare(Region("eu-west-1"), report, Deadline::never(), {}));
  EXPECT_TRUE(topics_.topics.empty());
}

TEST_F(ProtectionTest, NeverProtectsAQuarantineThatTheSettingsName) {
  PolicySet policies;
  policies.buckets.push_back({BucketName("versioned"), "", {.quarantine = BucketName("uploads")}});
  protection_.know_policies([&](auto, auto) { return Result<PolicySet>(policies); });

  EXPECT_EQ(protect("uploads").error().code, Errc::invalid);
  EXPECT_TRUE(buckets_.buckets.at("uploads").notifications.entries.empty());

  policies.buckets.clear();
  EXPECT_TRUE(protect("uploads"));
}

TEST_F(ProtectionTest, WithoutTheSettingsNothingIsProtected) {
  protection_.know_policies([](auto, auto) -> Result<PolicySet> {
    return Error{Errc::unavailable, "away"};
  });

  EXPECT_EQ(protect("uploads").error().code, Errc::unavailable);
}

TEST_F(ProtectionTest, WritesDownWhatIsProtectedAndWhatIsNoLonger) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(protected_register);
  const auto listed = [&] {
    const auto document = protected_register.current(Deadline::never(), {});
    return document->buckets.contains(BucketName("uploads"));
  };

  EXPECT_EQ(step(*protect("uploads"), "protected set")->state, ProvisionStep::State::created);
  EXPECT_TRUE(listed());
  EXPECT_EQ(step(*protect("uploads"), "protected set")->state, ProvisionStep::State::present);
  EXPECT_EQ(step(*unprotect("uploads"), "protected set")->state, ProvisionStep::State::removed);
  EXPECT_FALSE(listed());
  EXPECT_EQ(step(*unprotect("uploads"), "protected set"), nullptr);
}

TEST_F(ProtectionTest, ProtectsAlsoWhereTheSetMayNotBeWritten) {
  FakeDocumentStore store;
  store.fail_with(Error{Errc::denied, "no right"});
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(protected_register);

  const auto report = protect("uploads");

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_protected);
  EXPECT_EQ(step(*report, "protected set")->state, ProvisionStep::State::kept);
}

TEST_F(ProtectionTest, AnEntryThatCannotBeTakenOutIsAFailure) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(protected_register);
  ASSERT_TRUE(protect("uploads"));
  for (const Errc code : {Errc::denied, Errc::invalid, Errc::unavailable}) {
    store.fail_with(Error{code, "no"});
    const auto report = unprotect("uploads");
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, code);
    EXPECT_NE(report.error().what.find("agents go on acting"), std::string::npos);
  }

  store.recover();
  EXPECT_EQ(step(*unprotect("uploads"), "protected set")->state, ProvisionStep::State::removed);
}

TEST_F(ProtectionTest, ABucketThatIsGoneIsTakenOutOfTheSet) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(protected_register);
  ASSERT_TRUE(protect("uploads"));
  buckets_.buckets.erase("uploads");

  EXPECT_EQ(step(*unprotect("uploads"), "protected set")->state, ProvisionStep::State::removed);

  EXPECT_TRUE(protected_register.current(Deadline::never(), {})->buckets.empty());
  EXPECT_EQ(unprotect("uploads").error().code, Errc::not_found);
}

TEST_F(ProtectionTest, WhatIsNotWiredIsNotWrittenDown) {
  FakeDocumentStore store;
  ProtectedRegister protected_register(
      store, [](auto, auto) -> Result<void> { return {}; }, false);
  protection_.know_register(protected_register);

  EXPECT_FALSE(protect("nowhere"));

  EXPECT_TRUE(protected_register.current(Deadline::never(), {})->buckets.empty());
}

TEST_F(ProtectionTest, AMissingBucketIsNotFound) {
  EXPECT_EQ(protect("nowhere").error().code, Errc::not_found);
}

TEST_F(ProtectionTest, UnprotectTwiceIsFine) {
  ASSERT_TRUE(protect("uploads"));
  ASSERT_TRUE(unprotect("uploads"));

  auto report = unprotect("uploads");

  ASSERT_TRUE(report);
  EXPECT_EQ(step(*report, "notification")->state, ProvisionStep::State::missing);
}

}  // namespace
}  // namespace cordon
