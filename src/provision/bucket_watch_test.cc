#include "provision/bucket_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_admins.h"
#include "testing/fake_bucket_census.h"
#include "testing/fake_wiring.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::pair<std::string, std::string> kTag{"cordon", "protect"};

// Refuses to change the notifications of some buckets.
class StubbornBuckets final : public BucketAdmin {
 public:
  explicit StubbornBuckets(FakeBucketAdmin& real) : real_(real) {}
  Result<std::vector<BucketName>> list(Deadline d, std::stop_token s) override {
    return real_.list(d, s);
  }
  Result<Region> region_of(const BucketName& b, Deadline d, std::stop_token s) override {
    return real_.region_of(b, d, s);
  }
  Result<Versioning> versioning(const BucketName& b, Deadline d, std::stop_token s) override {
    return real_.versioning(b, d, s);
  }
  Result<BucketNotifications> notifications(const BucketName& b, Deadline d,
                                            std::stop_token s) override {
    ++looks;
    return real_.notifications(b, d, s);
  }
  Result<void> set_notifications(const BucketName& b, const BucketNotifications& n, Deadline d,
                                 std::stop_token s) override {
    if (stubborn.contains(b.str())) return Error{Errc::denied, "no right on " + b.str()};
    return real_.set_notifications(b, n, d, s);
  }
  Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& b, Deadline d,
                                                              std::stop_token s) override {
    return real_.unfinished_upload_days(b, d, s);
  }
  Result<void> ensure_private(const PrivateBucket& b, Deadline d, std::stop_token s) override {
    return real_.ensure_private(b, d, s);
  }
  Result<std::vector<std::string>> private_lacks(const PrivateBucket& b, Deadline d,
                                                 std::stop_token s) override {
    return real_.private_lacks(b, d, s);
  }
  Result<std::string> policy(const BucketName& b, Deadline d, std::stop_token s) override {
    return real_.policy(b, d, s);
  }
  Result<void> set_policy(const BucketName& b, const std::string& policy, Deadline d,
                          std::stop_token s) override {
    return real_.set_policy(b, policy, d, s);
  }

  std::set<std::string> stubborn;
  std::atomic<int> looks = 0;

 private:
  FakeBucketAdmin& real_;
};

class BucketWatchTest : public testing::Test {
 protected:
  void make(const std::string& bucket, bool tagged = false) {
    real_.buckets[bucket] = {};
    census_.created[bucket] = "T1";
    if (tagged) census_.tags_of[bucket] = {{"cordon", "protect"}};
  }
  BucketWatch watch(WatchOptions options) {
    return BucketWatch(std::move(options), census_, protection_, gateways_, clock_,
                       [this](const WatchEvent& event) { events_.push_back(event); });
  }
  /// "protected a, failed b": what was told since the last call.
  std::string told() {
    std::string out;
    for (const WatchEvent& event : events_) {
      out +=
          (out.empty() ? "" : ", ") + std::string(name_of(event.kind)) + " " + event.bucket.str();
    }
    events_.clear();
    return out;
  }
  bool is_protected(const std::string& bucket) {
    return !real_.buckets.at(bucket).notifications.entries.empty();
  }

  FakeBucketAdmin real_;
  StubbornBuckets buckets_{real_};
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeTopicListening listening_;
  FakeEventBus bus_;
  FakeFileShareAdmin shares_;
  FakeBucketCensus census_{{&real_}};
  SimulatedClock clock_{SimulatedClock::Mode::manual};
  RegionAdminSource regions_ = [this](const Region&) -> Result<RegionAdmin> {
    return RegionAdmin{buckets_, topics_, queues_};
  };
  RegionWiringSource wiring_ = [this](const Region&) -> Result<RegionWiring> {
    return RegionWiring{listening_, bus_, shares_};
  };
  Protection protection_{*Deployment::create("main"),
                         AccountId("111122223333"),
                         Region("eu-west-1"),
                         regions_,
                         wiring_,
                         no_members(),
                         /*tls_only=*/true};
  GatewayLink gateways_{*Deployment::create("main"), AccountId("111122223333"), regions_, wiring_,
                        protection_};
  std::vector<WatchEvent> events_;
};

TEST_F(BucketWatchTest, ProtectsTaggedBucketsWhenTheyAppearAndWhenTheyGetTheTag) {
  make("first", true);
  make("other");
  BucketWatch watch = this->watch({.tag = kTag});

  EXPECT_EQ(watch.round({})->in_place, 1U);
  EXPECT_EQ(told(), "protected first");

  make("second", true);
  census_.tags_of["other"] = {{"cordon", "no"}};
  ASSERT_TRUE(watch.round({}));
  EXPECT_EQ(told(), "protected second");

  census_.tags_of["other"] = {{"cordon", "protect"}};
  EXPECT_EQ(watch.round({})->in_place, 3U);
  EXPECT_EQ(told(), "protected other");
}

TEST_F(BucketWatchTest, AllMeansAllButOursTheExcludedAndThoseOfFileShares) {
  for (const char* name :
       {"a", "logs-1", "logs-2", "vault", "shown", "cordon-system-x-111122223333",
        "cordon-quarantine-main-111122223333-eu-west-1"}) {
    make(name);
  }
  shares_.shares["arn:share"] = {.arn = "arn:share", .bucket = BucketName("shown")};
  bus_.rules["cordon-gateway-main"] = {.name = "cordon-gateway-main",
                                       .pattern = R"({"resources":["arn:share"]})"};
  PolicySet policies;
  policies.defaults.quarantine = BucketName("vault");
  BucketWatch watch = this->watch(
      {.exclude = {"logs-*"}, .policies = [&](auto, auto) { return Result<PolicySet>(policies); }});

  EXPECT_EQ(watch.round({})->buckets, 2U);

  EXPECT_EQ(told(), "protected a");
  EXPECT_FALSE(is_protected("shown"));
}

TEST_F(BucketWatchTest, FollowsTheQuarantinesThatTheSettingsNameNow) {
  make("later-a-quarantine");
  make("once-a-quarantine");
  PolicySet policies;
  policies.defaults.quarantine = BucketName("once-a-quarantine");
  BucketWatch watch =
      this->watch({.policies = [&](auto, auto) { return Result<PolicySet>(policies); }});
  ASSERT_TRUE(watch.round({}));
  EXPECT_EQ(told(), "protected later-a-quarantine");
  ASSERT_TRUE(protection_.unprotect(BucketName("later-a-quarantine"), Deadline::never(), {}));

  policies.defaults.quarantine = BucketName("later-a-quarantine");
  clock_.advance(std::chrono::hours(1));
  ASSERT_TRUE(watch.round({}));

  EXPECT_EQ(told(), "protected once-a-quarantine");
  EXPECT_FALSE(is_protected("later-a-quarantine"));
}

TEST_F(BucketWatchTest, ARoundWithoutTheSettingsTouchesNothing) {
  make("a");
  BucketWatch watch = this->watch({.policies = [](auto, auto) -> Result<PolicySet> {
    return Error{Errc::unavailable, "away"};
  }});

  EXPECT_EQ(watch.round({}).error().code, Errc::unavailable);
  EXPECT_FALSE(is_protected("a"));
}

TEST_F(BucketWatchTest, OnlyTheRegionsThatWereNamed) {
  make("here");
  make("there");
  real_.buckets["there"].region = Region("us-west-2");
  BucketWatch watch = this->watch({.only_in = {Region("us-west-2")}});

  ASSERT_TRUE(watch.round({}));

  EXPECT_EQ(told(), "protected there");
}

TEST_F(BucketWatchTest, ABucketInTroubleHoldsUpNoOtherAndIsTriedEverLessOften) {
  make("bad", true);
  make("good", true);
  buckets_.stubborn = {"bad"};
  BucketWatch watch = this->watch({.tag = kTag});

  const auto round = watch.round({});
  EXPECT_EQ(round->failed, 1U);
  EXPECT_EQ(round->in_place, 1U);
  ASSERT_THAT(events_, SizeIs(2));
  EXPECT_THAT(events_[0].note, HasSubstr("no right on bad"));
  EXPECT_EQ(events_[0].retry, std::chrono::seconds(30));
  EXPECT_EQ(told(), "failed bad, protected good");

  EXPECT_EQ(watch.round({})->failed, 1U);
  EXPECT_EQ(told(), "");  // Not its time yet.
  clock_.advance(std::chrono::seconds(30));
  ASSERT_TRUE(watch.round({}));
  EXPECT_EQ(events_.at(0).retry, std::chrono::seconds(60));
  for (int i = 0; i < 12; ++i) {
    clock_.advance(events_.back().retry);
    ASSERT_TRUE(watch.round({}));
  }
  EXPECT_EQ(events_.back().retry, std::chrono::minutes(30));
  told();

  buckets_.stubborn.clear();
  clock_.advance(std::chrono::minutes(30));
  EXPECT_EQ(watch.round({})->failed, 0U);
  EXPECT_THAT(told(), HasSubstr("protected bad"));
}

TEST_F(BucketWatchTest, TagsThatCannotBeReadAreNoReasonToUnprotect) {
  make("mine", true);
  BucketWatch watch = this->watch({.tag = kTag, .unprotect = true});
  ASSERT_TRUE(watch.round({}));
  census_.tag_errors.emplace("mine", Error{Errc::denied, "AccessDenied"});

  for (int i = 0; i < 5; ++i) {
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(watch.round({})->failed, 1U);
    EXPECT_EQ(watch.round({})->failed, 1U);  // Not its time yet.
  }

  EXPECT_TRUE(is_protected("mine"));
}

TEST_F(BucketWatchTest, TakesTheProtectionAwayOnlyWhenToldAndWhenTheTagStaysAway) {
  make("mine", true);
  make("by-hand");
  ASSERT_TRUE(protection_.protect(BucketName("by-hand"), Deadline::never(), {}));
  BucketWatch careful = this->watch({.tag = kTag});
  BucketWatch strict = this->watch({.tag = kTag, .exclude = {}, .unprotect = true});
  ASSERT_TRUE(careful.round({}));
  EXPECT_EQ(told(), "protected mine");
  ASSERT_TRUE(strict.round({}));
  census_.tags_of.clear();

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(careful.round({}));
  EXPECT_EQ(told(), "");

  ASSERT_TRUE(strict.round({}));
  EXPECT_EQ(told(), "unprotected by-hand");  // The second round without the tag.
  EXPECT_TRUE(is_protected("mine"));         // The first one.
  ASSERT_TRUE(strict.round({}));
  EXPECT_EQ(told(), "unprotected mine");
  const int looks = buckets_.looks;
  ASSERT_TRUE(strict.round({}));
  EXPECT_EQ(buckets_.looks, looks);

  census_.tags_of["mine"] = {{"cordon", "protect"}};
  ASSERT_TRUE(strict.round({}));
  EXPECT_EQ(told(), "protected mine");
}

TEST_F(BucketWatchTest, RepairsWhatSomebodyChangedAndAsksForNothingInBetween) {
  make("mine", true);
  BucketWatch watch = this->watch({.tag = kTag});
  ASSERT_TRUE(watch.round({}));
  EXPECT_EQ(told(), "protected mine");
  real_.buckets["mine"].notifications.entries.clear();
  const int looks = buckets_.looks;

  ASSERT_TRUE(watch.round({}));
  EXPECT_EQ(buckets_.looks, looks);
  clock_.advance(std::chrono::minutes(10));
  ASSERT_TRUE(watch.round({}));

  EXPECT_EQ(events_.at(0).note, "notification");
  EXPECT_EQ(told(), "repaired mine");
  EXPECT_TRUE(is_protected("mine"));
}

TEST_F(BucketWatchTest, ABucketThatWasMadeAnewIsANewOne) {
  make("mine", true);
  BucketWatch watch = this->watch({.tag = kTag});
  ASSERT_TRUE(watch.round({}));
  told();
  make("mine", true);
  census_.created["mine"] = "T2";

  ASSERT_TRUE(watch.round({}));

  EXPECT_EQ(told(), "protected mine");
}

TEST_F(BucketWatchTest, SaysNothingOfWhatIsInPlace) {
  make("mine", true);
  ASSERT_TRUE(protection_.protect(BucketName("mine"), Deadline::never(), {}));

  EXPECT_EQ(this->watch({.tag = kTag}).round({})->in_place, 1U);

  EXPECT_EQ(told(), "");
}

TEST_F(BucketWatchTest, ARoundOverWhatIsInPlaceWritesNothing) {
  constexpr int kMany = 100;
  for (int i = 0; i < kMany; ++i) make("b" + std::to_string(i));
  ASSERT_TRUE(this->watch({}).round({}));
  const auto writes = [&] { return real_.writes + topics_.writes + queues_.writes; };
  const int before = writes();
  real_.reads = topics_.reads = queues_.reads = 0;

  EXPECT_EQ(this->watch({}).round({})->in_place, static_cast<std::size_t>(kMany));

  EXPECT_EQ(writes(), before);
  EXPECT_LE(real_.reads, 2 * kMany + 10);
  EXPECT_LE(topics_.reads + queues_.reads, 30);  // Of the region, once.
}

TEST_F(BucketWatchTest, RepairsARegionOnceForAllItsBuckets) {
  for (const char* name : {"a", "b", "c"}) make(name);
  BucketWatch watch = this->watch({});
  ASSERT_TRUE(watch.round({}));
  told();
  topics_.topics.begin()->second.subscriptions.clear();
  clock_.advance(std::chrono::minutes(10));

  EXPECT_EQ(watch.round({})->in_place, 3U);

  EXPECT_EQ(told(), "repaired a");
  EXPECT_EQ(topics_.topics.begin()->second.subscriptions.size(), 1U);
}

TEST_F(BucketWatchTest, LooksUpTheTagsOfManyBuckets) {
  for (int i = 0; i < 100; ++i) make("b" + std::to_string(1000 + i), i % 10 == 0);

  EXPECT_EQ(this->watch({.tag = kTag}).round({})->in_place, 10U);
}

TEST_F(BucketWatchTest, GoesOnAfterARoundThatCouldNotBeAndStopsAtOnce) {
  make("mine", true);
  census_.list_error = Error{Errc::unavailable, "S3 is away"};
  SimulatedClock jumping;
  std::stop_source stop;
  BucketWatch watch({.tag = kTag}, census_, protection_, gateways_, jumping,
                    [&](const WatchEvent& event) {
                      events_.push_back(event);
                      stop.request_stop();
                    });
  std::vector<std::string> troubles;

  watch.run(
      std::chrono::seconds(30),
      [&](const Error& error) {
        troubles.push_back(error.what);
        census_.list_error.reset();
      },
      stop.get_token());

  EXPECT_THAT(troubles, ElementsAre("S3 is away"));
  EXPECT_EQ(told(), "protected mine");
}

}  // namespace
}  // namespace cordon
