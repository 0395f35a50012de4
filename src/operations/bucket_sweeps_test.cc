#include "operations/bucket_sweeps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const BucketName kUploads("uploads");
const BucketName kOthers("others");
const BucketName kTheirs("theirs");
const BucketName kQuarantine("cordon-quarantine-main-111122223333-eu-west-1");
const std::string kRole = "arn:aws:iam::444455556666:role/cordon";

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

class BucketSweepsTest : public testing::Test {
 protected:
  BucketSweepsTest() {
    for (const BucketName& bucket : {kUploads, kOthers}) {
      account_.home().buckets.buckets[bucket.str()] = {};
      account_.objects.make_bucket(bucket);
    }
    account_.queue(access_.deployment().sweep_queue());
  }

  void put(const BucketName& bucket, const char* key, const TagSet& tags = {}) {
    account_.objects.put(bucket, ObjectKey(key), std::string("content of ") + key, tags);
    account_.clock.advance(std::chrono::hours(1));
  }
  void protect(const BucketName& bucket) {
    ASSERT_TRUE(access_.protection().protect(bucket, Deadline::never(), {}));
  }
  void add_member_out_of_reach() {
    settings_.accounts = {
        {.id = AccountId("444455556666"), .role_arn = kRole, .buckets = {kTheirs}}};
    account_.member_of(kRole).check_fails = Error{Errc::denied, "no"};
  }
  std::vector<std::string> asked_for() const {
    std::vector<std::string> keys;
    for (const ObjectEvent& one : account_.scan_requests.sent) {
      keys.push_back(one.object.key.str());
    }
    return keys;
  }
  Result<SweepBucketsReport> sweep(const SweepBucketsRequest& request) {
    swept_.clear();
    return sweep_buckets(
        access_, runtime_.runtime, settings_, request,
        {.on_page = [this](const BucketName&, const SweepCheckpoint&) { ++pages_; },
         .on_done = [this](const SweepReport& report) { swept_.push_back(report.bucket); }});
  }
  Result<WatchedBuckets> status(const std::vector<BucketName>& buckets) {
    statuses_.clear();
    return sweep_status(access_, runtime_.runtime, settings_, buckets,
                        [this](const SweepStatus& one) { statuses_.push_back(one); });
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  Settings settings_;
  std::vector<BucketName> swept_;
  std::vector<SweepStatus> statuses_;
  int pages_ = 0;
};

// --- sweep -------------------------------------------------------------------------------------

TEST_F(BucketSweepsTest, SweepsTheNamedBucketsInTurn) {
  put(kUploads, "new");
  put(kUploads, "clean", {{"scan-result", "Clean"}});
  put(kOthers, "other");

  const auto report = sweep({.buckets = {kOthers, kUploads}});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_FALSE(report->failure) << report->failure->what;
  EXPECT_THAT(swept_, ElementsAre(kOthers, kUploads));
  EXPECT_THAT(asked_for(), ElementsAre("other", "new"));
  EXPECT_GE(pages_, 2);
}

TEST_F(BucketSweepsTest, WithoutANameItSweepsEveryProtectedBucket) {
  protect(kUploads);
  put(kUploads, "new");
  put(kOthers, "other");

  const auto report = sweep({});

  ASSERT_TRUE(report);
  EXPECT_THAT(report->found.buckets, ElementsAre(kUploads));
  EXPECT_THAT(asked_for(), ElementsAre("new"));
}

TEST_F(BucketSweepsTest, WithoutAProtectedBucketThereIsNothingToSweep) {
  const auto report = sweep({});

  ASSERT_TRUE(report);
  EXPECT_THAT(report->found.buckets, IsEmpty());
  EXPECT_FALSE(report->failure);
}

TEST_F(BucketSweepsTest, LooksForWhatIsSought) {
  put(kUploads, "a/clean", {{"scan-result", "Clean"}});
  put(kUploads, "b/clean", {{"scan-result", "Clean"}});

  ASSERT_TRUE(sweep({.buckets = {kUploads}, .sought = {.prefix = "a/", .every = true}}));

  EXPECT_THAT(asked_for(), ElementsAre("a/clean"));
}

TEST_F(BucketSweepsTest, LeavesWhatIsYoungToItsEvent) {
  put(kUploads, "new");

  ASSERT_TRUE(sweep({.buckets = {kUploads}, .grace = std::chrono::hours(24)}));

  EXPECT_THAT(asked_for(), IsEmpty());
}

TEST_F(BucketSweepsTest, FollowsTheSettings) {
  settings_.tags.keys.result = "verdict";
  settings_.policies.defaults.exclude = {"*.log"};
  put(kUploads, "a.log");
  put(kUploads, "clean", {{"verdict", "Clean"}});
  put(kUploads, "new", {{"scan-result", "Clean"}});

  ASSERT_TRUE(sweep({.buckets = {kUploads}}));

  EXPECT_THAT(asked_for(), ElementsAre("new"));
}

TEST_F(BucketSweepsTest, WithAKeyTagsAloneAreNoVerdict) {
  put(kUploads, "stated", {{"scan-result", "Clean"}});

  ASSERT_TRUE(sweep({.buckets = {kUploads}, .seal_keys = ring()}));

  EXPECT_THAT(asked_for(), ElementsAre("stated"));
}

TEST_F(BucketSweepsTest, ChecksNoSealsWithoutAKey) {
  put(kUploads, "new");

  const auto report = sweep({.buckets = {kUploads}, .sought = {.check_seals = true}});

  ASSERT_TRUE(report && report->failure);
  EXPECT_EQ(report->failure->code, Errc::invalid);
  EXPECT_THAT(asked_for(), IsEmpty());
  EXPECT_FALSE(sweep({.buckets = {kUploads}, .sought = {.check_seals = true}, .seal_keys = ring()})
                   ->failure);
}

TEST_F(BucketSweepsTest, CordonsOwnBucketsAreNotSweptAndWhatWasDoneIsTold) {
  put(kUploads, "new");
  put(kOthers, "other");

  const auto report = sweep({.buckets = {kUploads, kQuarantine, kOthers}});

  ASSERT_TRUE(report && report->failure);
  EXPECT_EQ(report->failure->code, Errc::invalid);
  EXPECT_THAT(report->failure->what, HasSubstr("belongs to Cordon"));
  EXPECT_THAT(swept_, ElementsAre(kUploads));
  EXPECT_THAT(asked_for(), ElementsAre("new"));
}

TEST_F(BucketSweepsTest, ABucketThatFailsEndsTheSweep) {
  account_.catalogue.list_fails.emplace(kUploads, Error{Errc::denied, "no"});

  const auto report = sweep({.buckets = {kUploads, kOthers}});

  ASSERT_TRUE(report && report->failure);
  EXPECT_EQ(report->failure->code, Errc::denied);
  EXPECT_THAT(swept_, IsEmpty());
}

TEST_F(BucketSweepsTest, TellsWhichBucketsItCouldNotFindOutAbout) {
  protect(kUploads);
  add_member_out_of_reach();

  const auto report = sweep({});

  ASSERT_TRUE(report);
  EXPECT_THAT(swept_, ElementsAre(kUploads));
  ASSERT_EQ(report->found.unknown.size(), 1U);
  EXPECT_EQ(report->found.unknown[0].first, kTheirs);
}

TEST_F(BucketSweepsTest, WhereTheBucketsCannotBeFoundThereIsNoReport) {
  account_.who.region = Region("nowhere-1");

  EXPECT_EQ(sweep({}).error().code, Errc::unavailable);
  EXPECT_EQ(status({}).error().code, Errc::unavailable);
}

TEST_F(BucketSweepsTest, WithoutASystemBucketNothingIsBegun) {
  put(kUploads, "new");
  account_.who.region = Region("nowhere-1");

  const auto report = sweep({.buckets = {kUploads}});

  ASSERT_TRUE(report && report->failure);
  EXPECT_EQ(report->failure->code, Errc::unavailable);
  EXPECT_THAT(asked_for(), IsEmpty());
}

// --- status ------------------------------------------------------------------------------------

TEST_F(BucketSweepsTest, TellsHowTheLastSweepsWent) {
  put(kUploads, "new");
  ASSERT_TRUE(sweep({.buckets = {kUploads}}));

  ASSERT_TRUE(status({kUploads, kOthers}));

  ASSERT_EQ(statuses_.size(), 2U);
  ASSERT_TRUE(statuses_[0].last);
  EXPECT_EQ(statuses_[0].last->bucket, kUploads);
  EXPECT_EQ(statuses_[0].last->checkpoint.enqueued, 1U);
  EXPECT_FALSE(is_under_way(*statuses_[0].last));
  EXPECT_EQ(statuses_[1].bucket, kOthers);
  EXPECT_FALSE(statuses_[1].last);
}

TEST_F(BucketSweepsTest, TheStatusIsThatOfEveryProtectedBucketUnlessSomeAreNamed) {
  protect(kUploads);
  add_member_out_of_reach();

  const auto found = status({});

  ASSERT_TRUE(found);
  EXPECT_EQ(statuses_.size(), 1U);
  EXPECT_EQ(found->unknown.size(), 1U);
}

TEST_F(BucketSweepsTest, AStatusThatCannotBeReadEndsTheReport) {
  account_.stored("sweeps/others.json").put("nonsense");

  EXPECT_EQ(status({kUploads, kOthers}).error().code, Errc::invalid);
  EXPECT_EQ(statuses_.size(), 1U);
}

// --- documents ---------------------------------------------------------------------------------

SystemTime at(int seconds) { return SystemTime(std::chrono::seconds(seconds)); }

TEST(SweepDocument, TellsHowFarItIsAndWhoIsAtIt) {
  const SweepReport report{.bucket = kUploads,
                           .checkpoint = {.purpose = "unscanned",
                                          .holder = "host/1",
                                          .lease_until = at(20),
                                          .started = at(1),
                                          .listed = 1,
                                          .enqueued = 2,
                                          .excluded = 3,
                                          .young = 4,
                                          .unknown = 5,
                                          .refused = 6,
                                          .archived = 7,
                                          .unproven = 8,
                                          .oldest = at(3)},
                           .time = at(10)};

  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.sweep-report/1","bucket":"uploads","purpose":"unscanned",)"
            R"("started":"1970-01-01T00:00:01.000Z","finished":null,"sweptBy":"host/1",)"
            R"("listed":1,"enqueued":2,"excluded":3,"young":4,"unreadable":5,"refused":6,)"
            R"("archived":7,"unproven":8,"oldestUnscannedSeconds":7})");
}

TEST(SweepDocument, WhenItIsDoneNobodyIsAtIt) {
  SweepReport report{.bucket = kUploads,
                     .checkpoint = {.holder = "host/1", .lease_until = at(10), .finished = at(9)},
                     .time = at(10)};

  EXPECT_FALSE(is_under_way(report));
  EXPECT_TRUE(document_of(report).at("sweptBy").is_null());
  EXPECT_EQ(document_of(report).at("finished").as_string(), "1970-01-01T00:00:09.000Z");
  report.checkpoint.lease_until.reset();
  EXPECT_FALSE(is_under_way(report));
}

}  // namespace
}  // namespace cordon
