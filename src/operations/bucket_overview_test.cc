#include "operations/bucket_overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operations/buckets.h"
#include "operations/read_gates.h"
#include "settings/settings_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::UnorderedElementsAre;

class BucketOverviewTest : public testing::Test {
 protected:
  BucketOverviewTest() {
    account_.home().buckets.buckets["uploads"] = {};
    account_.home().buckets.buckets["more"] = {};
    Settings settings;
    settings.accounts = {{.id = AccountId("444455556666"),
                          .role_arn = "arn:aws:iam::444455556666:role/r",
                          .buckets = {BucketName("theirs")}}};
    account_.stored("settings.json").put(to_json_line(settings));
    member().home_buckets.buckets.buckets["theirs"] = {};
  }
  FakeAccount::Member& member() { return account_.member_of("arn:aws:iam::444455556666:role/r"); }
  std::vector<std::string> names(const AccountBuckets& one) {
    std::vector<std::string> all;
    for (const ProvisionReport& report : *one.buckets) {
      const bool is_gated = report.has(ProvisionPart::read_gate, ProvisionStep::State::present);
      all.push_back(report.bucket.str() + (report.is_protected ? " protected" : "") +
                    (is_gated ? " gated" : ""));
    }
    return all;
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(BucketOverviewTest, HasTheBucketsOfAllAccountsWithTheirGates) {
  const auto ignore = [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error().what; };
  ASSERT_TRUE(protect_buckets(access_, runtime_.runtime,
                              {.buckets = {BucketName("uploads"), BucketName("theirs")}}, ignore));
  ASSERT_TRUE(put_gates(
      access_, runtime_.runtime,
      {.buckets = {BucketName("uploads")}, .roles = {"arn:aws:iam::111122223333:role/agent"}},
      ignore));

  const auto all = bucket_overview(access_, runtime_.runtime);

  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].account, AccountId("111122223333"));
  EXPECT_THAT(names((*all)[0]), UnorderedElementsAre("uploads protected gated", "more"));
  EXPECT_EQ((*all)[1].account, AccountId("444455556666"));
  EXPECT_THAT(names((*all)[1]), UnorderedElementsAre("theirs protected"));
}

TEST_F(BucketOverviewTest, AnAccountThatCannotBeReachedHidesNoOther) {
  member().check_fails = Error{Errc::denied, "no"};

  const auto all = bucket_overview(access_, runtime_.runtime);

  ASSERT_TRUE(all) << all.error().what;
  EXPECT_TRUE((*all)[0].buckets);
  EXPECT_EQ((*all)[1].buckets.error().code, Errc::denied);
}

TEST_F(BucketOverviewTest, AHalfOfItIsNoOverview) {
  runtime_.stop.request_stop();

  EXPECT_EQ(bucket_overview(access_, runtime_.runtime).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace cordon
