#include "provision/region_upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "provision/dry_run.h"
#include "testing/fake_bucket_census.h"
#include "testing/fake_site.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Region kDublin("eu-west-1");
const Region kOregon("us-west-2");
const AccountId kAccount("111122223333");
const char* const kQuarantine = "cordon-quarantine-main-111122223333-us-west-2";

// A bucket's region is known everywhere; what else there is of it, in its own region alone.
class TwoRegionBuckets final : public BucketAdmin {
 public:
  TwoRegionBuckets(FakeBucketAdmin& own, FakeBucketAdmin& other) : own_(own), other_(other) {}
  Result<std::vector<BucketName>> list(Deadline d, std::stop_token s) override {
    std::vector<BucketName> all = *own_.list(d, s);
    const std::vector<BucketName> others = *other_.list(d, s);
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }
  Result<Region> region_of(const BucketName& bucket, Deadline d, std::stop_token s) override {
    auto found = own_.region_of(bucket, d, s);
    return found ? found : other_.region_of(bucket, d, s);
  }
  Result<Versioning> versioning(const BucketName& b, Deadline d, std::stop_token s) override {
    return own_.versioning(b, d, s);
  }
  Result<BucketNotifications> notifications(const BucketName& b, Deadline d,
                                            std::stop_token s) override {
    if (forbidden == b.str()) return Error{Errc::denied, "you may not look at " + b.str()};
    return own_.notifications(b, d, s);
  }
  Result<void> set_notifications(const BucketName& b, const BucketNotifications& n, Deadline d,
                                 std::stop_token s) override {
    return own_.set_notifications(b, n, d, s);
  }
  Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& b, Deadline d,
                                                              std::stop_token s) override {
    return own_.unfinished_upload_days(b, d, s);
  }
  Result<void> ensure_private(const PrivateBucket& b, Deadline d, std::stop_token s) override {
    return own_.ensure_private(b, d, s);
  }
  Result<std::vector<std::string>> private_lacks(const PrivateBucket& b, Deadline d,
                                                 std::stop_token s) override {
    return own_.private_lacks(b, d, s);
  }
  Result<std::string> policy(const BucketName& b, Deadline d, std::stop_token s) override {
    return own_.policy(b, d, s);
  }
  Result<void> set_policy(const BucketName& b, const std::string& policy, Deadline d,
                          std::stop_token s) override {
    return own_.set_policy(b, policy, d, s);
  }

  std::string forbidden;

 private:
  FakeBucketAdmin& own_;
  FakeBucketAdmin& other_;
};

class RegionUpkeepTest : public testing::Test {
 protected:
  RegionUpkeepTest() {
    dublin_.buckets.buckets["near"] = {.region = kDublin};
    oregon_.buckets.buckets["far"] = {.region = kOregon};
    oregon_.buckets.buckets["far-too"] = {.region = kOregon};
  }

  void protect(const char* bucket) {
    const auto done = protection_.protect(BucketName(bucket), Deadline::never(), {});
    ASSERT_TRUE(done) << done.error().what;
  }
  void unprotect(const char* bucket) {
    ASSERT_TRUE(protection_.unprotect(BucketName(bucket), Deadline::never(), {}));
  }
  Result<RegionRemoval> remove(const Region& region, RegionRemovalOptions options = {}) {
    report_ = {};
    return upkeep_.remove(region, options, report_, Deadline::never(), {});
  }
  std::string notes() const {
    std::string all;
    for (const ProvisionStep& step : report_.steps) {
      all += std::string(name_of(step.part)) + " " + std::string(name_of(step.state)) + " " +
             step.note + "\n";
    }
    return all;
  }
  bool has_all_of_oregon() const {
    return oregon_.topics.topics.size() == 1 && oregon_.queues.queues.size() == 3 &&
           oregon_.buckets.buckets.contains(kQuarantine);
  }

  FakeSite dublin_{kDublin};
  FakeSite oregon_{kOregon};
  TwoRegionBuckets in_dublin_{dublin_.buckets, oregon_.buckets};
  TwoRegionBuckets in_oregon_{oregon_.buckets, dublin_.buckets};
  FakeBucketCensus census_{{&dublin_.buckets, &oregon_.buckets}};
  RegionAdminSource regions_ = [this](const Region& region) -> Result<RegionAdmin> {
    if (region == kDublin) return RegionAdmin{in_dublin_, dublin_.topics, dublin_.queues};
    return RegionAdmin{in_oregon_, oregon_.topics, oregon_.queues};
  };
  RegionWiringSource wiring_ = [this](const Region& region) -> Result<RegionWiring> {
    FakeSite& site = region == kDublin ? dublin_ : oregon_;
    return RegionWiring{site.listening, site.bus, site.shares};
  };
  Protection protection_{*Deployment::create("main"),
                         kAccount,
                         kDublin,
                         regions_,
                         wiring_,
                         no_members(),
                         /*tls_only=*/true};
  RegionUpkeep upkeep_{*Deployment::create("main"), kAccount, regions_, wiring_, census_};
  ProvisionReport report_;
};

TEST_F(RegionUpkeepTest, EachRegionGetsItsOwnResourcesWithItsFirstBucket) {
  protect("near");
  EXPECT_THAT(oregon_.topics.topics, IsEmpty());
  protect("far");

  EXPECT_TRUE(has_all_of_oregon());
  EXPECT_EQ(dublin_.topics.topics.begin()->first,
            "arn:aws:sns:eu-west-1:111122223333:cordon-events-main");
  EXPECT_EQ(oregon_.buckets.buckets.at("far").notifications.entries.at(0).arn,
            "arn:aws:sns:us-west-2:111122223333:cordon-events-main");
}

TEST_F(RegionUpkeepTest, RemovesEverythingWithTheLastBucketAndNothingElsewhere) {
  protect("near");
  protect("far");
  unprotect("far");

  EXPECT_EQ(remove(kOregon).value(), RegionRemoval::removed) << notes();

  EXPECT_THAT(oregon_.topics.topics, IsEmpty());
  EXPECT_THAT(oregon_.queues.queues, IsEmpty());
  EXPECT_FALSE(oregon_.buckets.buckets.contains(kQuarantine));
  EXPECT_THAT(dublin_.topics.topics, SizeIs(1));
  EXPECT_EQ(remove(kDublin).value(), RegionRemoval::in_use);
  // Again: nothing is there, and that is no error.
  EXPECT_EQ(remove(kOregon).value(), RegionRemoval::removed) << notes();
}

TEST_F(RegionUpkeepTest, KeepsEverythingWhileABucketUsesIt) {
  for (const bool tells : {true, false}) {
    census_.tells_regions = tells;
    protect("far");
    protect("far-too");
    unprotect("far");

    EXPECT_EQ(remove(kOregon).value(), RegionRemoval::in_use);

    EXPECT_THAT(notes(), HasSubstr("bucket far-too still uses"));
    EXPECT_TRUE(has_all_of_oregon());
  }
}

TEST_F(RegionUpkeepTest, WhatItCannotSeeCountsAsUse) {
  protect("far");
  unprotect("far");
  in_oregon_.forbidden = "far-too";

  EXPECT_EQ(remove(kOregon).value(), RegionRemoval::in_use);

  EXPECT_THAT(notes(), HasSubstr("you may not look at far-too"));
  EXPECT_TRUE(has_all_of_oregon());
}

TEST_F(RegionUpkeepTest, KeepsWhatARuleALinkedShareABorrowedTopicOrAStrangerUses) {
  const std::string topic = "arn:aws:sns:us-west-2:111122223333:cordon-events-main";
  const std::string queue = "arn:aws:sqs:us-west-2:111122223333:cordon-events-main";
  const std::string theirs = "arn:aws:sns:us-west-2:111122223333:theirs";
  const auto far_rule = Deployment::create("main")->bucket_rule(BucketName("far"));
  const std::pair<std::function<void()>, const char*> kUses[] = {
      {[&] { oregon_.bus.rules[far_rule] = {.name = far_rule}; }, "bucket far still uses"},
      {[&] { oregon_.bus.rules["cordon-gateway-main"] = {.name = "cordon-gateway-main"}; },
       "file shares are linked"},
      {[&] {
         QueueInfo& info = oregon_.queues.queues.at("cordon-events-main");
         info.policy = event_queue_policy(info.policy, queue, {topic, theirs}).value();
         oregon_.listening.listeners[{theirs, queue}] = {.subscribed = true};
       },
       "still listens at"},
      {[&] {
         oregon_.topics.topics.at(topic).subscriptions.push_back({"s", "email", "a@b.c"});
       },
       "email a@b.c"}};
  for (const auto& [use, note] : kUses) {
    SCOPED_TRACE(note);
    oregon_.bus.rules.clear();
    oregon_.listening.listeners.clear();
    protect("far");
    unprotect("far");
    use();

    EXPECT_EQ(remove(kOregon).value(), RegionRemoval::in_use);

    EXPECT_THAT(notes(), HasSubstr(note));
    EXPECT_TRUE(has_all_of_oregon());
  }
}

TEST_F(RegionUpkeepTest, KeepsAQueueWithMessagesUntilToldOtherwise) {
  for (const char* name : {"cordon-events-main", "cordon-sweep-main", "cordon-events-dead-main"}) {
    protect("far");
    unprotect("far");
    oregon_.queues.queues.at(name).messages = 3;

    EXPECT_EQ(remove(kOregon).value(), RegionRemoval::holding);
    EXPECT_THAT(notes(), HasSubstr("it holds about 3 messages"));
    EXPECT_TRUE(has_all_of_oregon());

    EXPECT_EQ(remove(kOregon, {.discard_messages = true}).value(), RegionRemoval::removed);
    EXPECT_THAT(notes(), HasSubstr("about 3 messages went with it"));
    EXPECT_THAT(oregon_.queues.queues, IsEmpty());
  }
}

TEST_F(RegionUpkeepTest, NeverTakesAQuarantineWithObjects) {
  protect("far");
  unprotect("far");
  census_.filled.insert(kQuarantine);

  EXPECT_EQ(remove(kOregon, {.discard_messages = true}).value(), RegionRemoval::removed);

  EXPECT_TRUE(oregon_.buckets.buckets.contains(kQuarantine));
  EXPECT_THAT(oregon_.queues.queues, IsEmpty());
  EXPECT_THAT(notes(), HasSubstr("quarantine bucket kept it holds objects"));
}

TEST_F(RegionUpkeepTest, ADryRunSaysTheSameAndRemovesNothing) {
  protect("far");
  DryRun dry_run(kAccount, regions_, wiring_);
  Protection dry_run_of(*Deployment::create("main"), kAccount, kDublin, dry_run.regions(),
                        dry_run.wiring(), no_members(), /*tls_only=*/true);
  RegionUpkeep upkeep(*Deployment::create("main"), kAccount, dry_run.regions(), dry_run.wiring(),
                      census_);
  ASSERT_TRUE(dry_run_of.unprotect(BucketName("far"), Deadline::never(), {}));

  EXPECT_EQ(upkeep.remove(kOregon, {.dry_run = true}, report_, Deadline::never(), {}).value(),
            RegionRemoval::removed)
      << notes();

  EXPECT_TRUE(has_all_of_oregon());
  EXPECT_THAT(oregon_.buckets.buckets.at("far").notifications.entries, SizeIs(1));
}

TEST_F(RegionUpkeepTest, TheOverviewShowsEveryRegionWithABucketAndThoseAskedFor) {
  protect("far");
  oregon_.queues.queues.at("cordon-events-main").messages = 7;

  const auto all =
      upkeep_.overview(protection_, {Region("ap-south-1")}, Deadline::never(), {}).value();

  ASSERT_THAT(all, SizeIs(3));  // By name: ap-south-1, eu-west-1, us-west-2.
  EXPECT_EQ(all[1].region, kDublin);
  EXPECT_FALSE(all[1].has_resources);
  EXPECT_EQ(all[1].events_waiting, std::nullopt);
  EXPECT_THAT(all[1].note, HasSubstr("no topic"));
  EXPECT_EQ(all[2].region, kOregon);
  EXPECT_TRUE(all[2].has_resources) << all[2].note;
  EXPECT_EQ(all[2].protected_count, 1U);
  EXPECT_EQ(all[2].events_waiting, 7U);
  EXPECT_EQ(all[2].dead_letters, 0U);
}

}  // namespace
}  // namespace cordon
