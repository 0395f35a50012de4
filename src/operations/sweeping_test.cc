#include "operations/sweeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using Call = FakeObjectStore::Call;

const BucketName kUploads("uploads");
const BucketName kTheirs("theirs");
const std::string kRole = "arn:aws:iam::444455556666:role/cordon";

class SweepingTest : public testing::Test {
 protected:
  SweepingTest() {
    settings_.accounts = {
        {.id = AccountId("444455556666"), .role_arn = kRole, .buckets = {kTheirs}}};
    account_.home().buckets.buckets[kUploads.str()] = {};
    account_.objects.make_bucket(kUploads);
    account_.queue(access_.deployment().sweep_queue());
  }

  void put(const char* key, const TagSet& tags = {}) {
    account_.objects.put(kUploads, ObjectKey(key), std::string("content of ") + key, tags);
    account_.clock.advance(std::chrono::hours(1));
  }
  std::vector<std::string> asked_for() const {
    std::vector<std::string> keys;
    for (const ObjectEvent& one : account_.scan_requests.sent) {
      keys.push_back(one.object.key.str());
    }
    return keys;
  }
  SweepWiring wiring() {
    return {.access = access_,
            .buckets = buckets_,
            .runtime = runtime_.runtime,
            .policy = [](const BucketName&, const ObjectKey&) { return Policy(); },
            .tag_keys = [] { return TagKeys(); }};
  }
  Result<SweepCheckpoint> sweep(const SweepWiring& with, const BucketName& bucket = kUploads) {
    return sweep_bucket(with, {.bucket = bucket}, [this](const SweepCheckpoint&) { ++pages_; }, {});
  }
  Result<std::optional<SweepCheckpoint>> last() {
    return last_sweep(access_, runtime_.runtime, kUploads, {});
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  Settings settings_;
  MemberBuckets buckets_{access_, [this] { return std::make_shared<const Settings>(settings_); }};
  int pages_ = 0;
};

TEST_F(SweepingTest, AsksForWhatHasNoVerdictAndWritesDownHowItWent) {
  put("new");
  put("clean", {{"scan-result", "Clean"}});

  const auto done = sweep(wiring());

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_THAT(asked_for(), testing::ElementsAre("new"));
  EXPECT_EQ(done->listed, 2U);
  EXPECT_GT(pages_, 0);
  const auto known = last();
  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->enqueued, 1U);
  EXPECT_TRUE((*known)->finished);
}

TEST_F(SweepingTest, LeavesWhatIsYoungToItsEventForAsLongAsItIsTold) {
  put("new");
  SweepWiring patient = wiring();
  patient.grace = std::chrono::hours(24);

  EXPECT_EQ(sweep(patient)->young, 1U);
  EXPECT_EQ(sweep(wiring())->enqueued, 1U);
}

TEST_F(SweepingTest, TwoSweepsAreToldApart) {
  ASSERT_TRUE(sweep(wiring()));
  const std::string first = (**last()).holder;
  ASSERT_TRUE(sweep(wiring()));

  EXPECT_NE((**last()).holder, first);
}

TEST_F(SweepingTest, WithoutAQueueItSaysHowOneIsMade) {
  account_.home().queues.queues.clear();

  const auto done = sweep(wiring());

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::not_found);
  EXPECT_THAT(done.error().what, HasSubstr("cordon bucket protect"));
}

TEST_F(SweepingTest, ARefusalInAMembersBucketSaysWhoseItIs) {
  account_.member_of(kRole).catalogue.list_fails.emplace(kTheirs, Error{Errc::denied, "no"});

  const auto done = sweep(wiring(), kTheirs);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::denied);
  EXPECT_THAT(done.error().what, HasSubstr(kRole));
}

TEST_F(SweepingTest, ABucketThatWasNeverSweptHasNoLastSweep) {
  const auto known = last();

  ASSERT_TRUE(known);
  EXPECT_FALSE(*known);
}

TEST_F(SweepingTest, ACheckpointThatIsNotUnderstoodIsNoSweep) {
  account_.stored("sweeps/uploads.json").put("nonsense");

  EXPECT_EQ(last().error().code, Errc::invalid);
}

TEST_F(SweepingTest, TheScheduleSweepsEveryProtectedBucketUntilItIsStopped) {
  settings_.accounts.clear();
  ASSERT_TRUE(access_.protection().protect(kUploads, Deadline::never(), {}));
  put("new");
  int looks = 0;

  sweep_on_schedule(
      wiring(),
      [&]() -> std::optional<std::chrono::hours> {
        if (++looks == 3) runtime_.stop.request_stop();
        return std::chrono::hours(24);
      },
      runtime_.stop.get_token());

  EXPECT_THAT(asked_for(), testing::ElementsAre("new"));
  EXPECT_THAT(runtime_.logged, HasSubstr("sweep.done"));
}

}  // namespace
}  // namespace cordon
