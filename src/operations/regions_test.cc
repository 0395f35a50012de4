#include "operations/regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Region kDublin("eu-west-1");
const Region kVirginia("us-east-1");
const Region kNowhere("nowhere-1");

class RegionsTest : public testing::Test {
 protected:
  RegionsTest() { account_.home().buckets.buckets["uploads"] = {}; }

  void protect() {
    ASSERT_TRUE(access_.protection().protect(BucketName("uploads"), Deadline::never(), {}));
  }
  void unprotect() {
    ASSERT_TRUE(access_.protection().unprotect(BucketName("uploads"), Deadline::never(), {}));
  }
  std::vector<RegionRemovalReport> remove(const RegionRemovalRequest& request) {
    std::vector<RegionRemovalReport> reports;
    remove_regions(access_, runtime_.runtime, request,
                   [&](const RegionRemovalReport& report) { reports.push_back(report); });
    return reports;
  }
  /// Without the deployment's own queue for results, which stays.
  std::ptrdiff_t queues_of_region() {
    const auto& queues = account_.home().queues.queues;
    return std::count_if(queues.begin(), queues.end(), [](const auto& queue) {
      return !queue.first.starts_with("cordon-results-");
    });
  }
  bool is_complete() {
    return account_.home().topics.topics.size() == 1 && queues_of_region() == 3;
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(RegionsTest, TheOverviewHasRegionsWithBucketsAndThoseThatAreNamed) {
  protect();

  const auto all = region_overview(access_, runtime_.runtime, {kVirginia});

  ASSERT_TRUE(all) << all.error().what;
  ASSERT_THAT(*all, SizeIs(2));
  EXPECT_EQ(all->at(0).region, kDublin);
  EXPECT_TRUE(all->at(0).has_resources);
  EXPECT_EQ(all->at(0).protected_count, 1U);
  EXPECT_EQ(all->at(1).region, kVirginia);
  EXPECT_FALSE(all->at(1).has_resources);
}

TEST_F(RegionsTest, WithoutTheAccountsListThereIsNoOverview) {
  account_.census().list_error = Error{Errc::denied, "no"};

  EXPECT_EQ(region_overview(access_, runtime_.runtime, {}).error().code, Errc::denied);
}

TEST_F(RegionsTest, RemovesEachRegionAndGoesOnAfterAFailure) {
  protect();
  unprotect();

  const auto reports = remove({.regions = {kNowhere, kDublin}});

  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_EQ(reports[0].report.region, kNowhere);
  EXPECT_EQ(reports[0].outcome.error().code, Errc::unavailable);
  ASSERT_TRUE(reports[1].outcome);
  EXPECT_EQ(*reports[1].outcome, RegionRemoval::removed);
  EXPECT_THAT(account_.home().topics.topics, IsEmpty());
  EXPECT_EQ(queues_of_region(), 0);
}

TEST_F(RegionsTest, WhatIsInUseIsKept) {
  protect();

  const auto reports = remove({.regions = {kDublin}});

  EXPECT_EQ(reports.at(0).outcome.value(), RegionRemoval::in_use);
  EXPECT_THAT(reports[0].report.steps.at(0).note, HasSubstr("uploads"));
  EXPECT_TRUE(is_complete());
}

TEST_F(RegionsTest, MessagesAreDiscardedOnlyWhenToldSo) {
  protect();
  unprotect();
  account_.home().queues.queues.at("cordon-events-main").messages = 1;

  EXPECT_EQ(remove({.regions = {kDublin}}).at(0).outcome.value(), RegionRemoval::holding);
  EXPECT_TRUE(is_complete());
  EXPECT_EQ(remove({.regions = {kDublin}, .discard_messages = true}).at(0).outcome.value(),
            RegionRemoval::removed);
  EXPECT_EQ(queues_of_region(), 0);
}

TEST_F(RegionsTest, ADryRunRemovesNothing) {
  protect();
  unprotect();

  const auto reports = remove({.regions = {kDublin}, .dry_run = true});

  EXPECT_EQ(reports.at(0).outcome.value(), RegionRemoval::removed);
  EXPECT_THAT(reports[0].report.steps, SizeIs(testing::Gt(3U)));
  EXPECT_TRUE(is_complete());
  EXPECT_TRUE(
      account_.home().buckets.buckets.contains("cordon-quarantine-main-111122223333-eu-west-1"));
}

TEST(RegionDocument, HasNullForQueuesThatAreNotThere) {
  RegionOverview overview{.region = kDublin};
  EXPECT_EQ(boost::json::serialize(document_of(overview)),
            R"({"schema":"cordon.region/1","region":"eu-west-1","resources":false,"protected":0,"events":null,)"
            R"("deadLetters":null,"note":""})");

  overview = {.region = kDublin,
              .has_resources = true,
              .protected_count = 2,
              .events_waiting = 3,
              .dead_letters = 0,
              .note = "n"};
  EXPECT_EQ(boost::json::serialize(document_of(overview)),
            R"({"schema":"cordon.region/1","region":"eu-west-1","resources":true,"protected":2,"events":3,)"
            R"("deadLetters":0,"note":"n"})");
}

}  // namespace
}  // namespace cordon
