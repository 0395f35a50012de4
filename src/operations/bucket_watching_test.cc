#include "operations/bucket_watching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "settings/settings_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r"};

class BucketWatchingTest : public testing::Test {
 protected:
  BucketWatchingTest() {
    account_.home().buckets.buckets["ours"] = {};
    member().home_buckets.buckets.buckets["theirs"] = {};
  }

  FakeAccount::Member& member() { return account_.member_of(kMember.role_arn); }
  void know_member() {
    Settings settings;
    settings.accounts = {kMember};
    account_.stored("settings.json").put(to_json_line(settings));
  }
  WatchListener listener() {
    return {.event =
                [this](const WatchEvent& event) {
                  events_.push_back(std::string(name_of(event.kind)) + " " + event.bucket.str());
                },
            .trouble = [this](const Error& why) { troubles_.push_back(why.what); }};
  }
  Result<WatchRound> once(const WatchRequest& request) {
    return watch_once(access_, runtime_.runtime, request, listener());
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  std::vector<std::string> events_;
  std::vector<std::string> troubles_;
};

TEST_F(BucketWatchingTest, OneLookProtectsWhatIsThere) {
  const auto round = once({});

  ASSERT_TRUE(round) << round.error().what;
  EXPECT_EQ(round->chosen, 1U);
  EXPECT_EQ(round->in_place, 1U);
  EXPECT_EQ(round->failed, 0U);
  EXPECT_THAT(events_, ElementsAre("protected ours"));
}

TEST_F(BucketWatchingTest, AnotherAccountIsWatchedInItsRole) {
  const auto round = once({.member = kMember});

  ASSERT_TRUE(round) << round.error().what;
  EXPECT_THAT(events_, ElementsAre("protected theirs"));
  EXPECT_THAT(member().home_buckets.buckets.buckets.at("theirs").notifications.entries, SizeIs(1));
}

TEST_F(BucketWatchingTest, AllMembersAreThoseOfTheSettings) {
  know_member();

  const auto round = once({.all_members = true});

  ASSERT_TRUE(round) << round.error().what;
  EXPECT_EQ(round->in_place, 2U);
  EXPECT_THAT(events_, ElementsAre("protected ours", "protected theirs"));
}

TEST_F(BucketWatchingTest, AnAccountInTroubleHoldsUpNoOther) {
  know_member();
  member().check_fails = Error{Errc::denied, "no"};

  const auto round = once({.all_members = true});

  ASSERT_TRUE(round) << round.error().what;
  EXPECT_EQ(round->in_place, 1U);
  EXPECT_EQ(round->failed, 1U);
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("account 444455556666: ")));

  account_.census().list_error = Error{Errc::denied, "nobody lists"};
  EXPECT_EQ(once({.all_members = true})->failed, 2U);
  EXPECT_THAT(troubles_.at(1), HasSubstr("account 111122223333: "));
}

TEST_F(BucketWatchingTest, WhatNoRoundWouldMendIsSaidAtOnce) {
  member().check_fails = Error{Errc::denied, "no"};
  EXPECT_EQ(once({.member = kMember}).error().code, Errc::denied);
  EXPECT_EQ(watch_buckets(access_, runtime_.runtime, {.member = kMember}, seconds(30), listener())
                .error()
                .code,
            Errc::denied);

  account_.stored("settings.json").put("{");
  EXPECT_EQ(once({}).error().code, Errc::invalid);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(BucketWatchingTest, LooksAgainUntilItIsStopped) {
  WatchListener told = listener();
  told.event = [&, inner = told.event](const WatchEvent& event) {
    inner(event);
    if (event.bucket == BucketName("ours")) {
      account_.home().buckets.buckets["late"] = {};
    } else {
      runtime_.stop.request_stop();
    }
  };

  const auto done = watch_buckets(access_, runtime_.runtime, {}, seconds(30), told);

  EXPECT_TRUE(done);
  EXPECT_THAT(events_, ElementsAre("protected ours", "protected late"));
  EXPECT_THAT(troubles_, IsEmpty());
}

TEST_F(BucketWatchingTest, ARoundThatCannotBeIsTold) {
  account_.census().list_error = Error{Errc::unavailable, "away"};

  WatchListener told = listener();
  told.trouble = [&, inner = told.trouble](const Error& why) {
    inner(why);
    runtime_.stop.request_stop();
  };

  EXPECT_TRUE(watch_buckets(access_, runtime_.runtime, {}, seconds(30), told));

  EXPECT_THAT(troubles_, ElementsAre("away"));
}

TEST(WatchDocument, HasARetryWhereThereIsOne) {
  SimulatedClock clock;
  WatchEvent event{.bucket = BucketName("b"), .region = Region("eu-west-1"), .note = "n"};
  EXPECT_EQ(boost::json::serialize(document_of(event, clock.system_now())),
            R"({"schema":"cordon.watch-event/1","time":"2026-11-22T15:50:33.000Z","bucket":"b","region":"eu-west-1",)"
            R"("did":"protected","note":"n"})");

  event = {.bucket = BucketName("b"), .kind = WatchEvent::Kind::fail, .retry = seconds(30)};
  EXPECT_EQ(boost::json::serialize(document_of(event, clock.system_now())),
            R"({"schema":"cordon.watch-event/1","time":"2026-11-22T15:50:33.000Z","bucket":"b","region":null,)"
            R"("did":"failed","note":"","retrySeconds":30})");
}

}  // namespace
}  // namespace cordon
