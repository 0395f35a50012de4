#include "core/deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cordon {
namespace {

using testing::HasSubstr;

const AccountId kAccount("111122223333");

Deployment named(std::size_t letters) { return *Deployment::create(std::string(letters, 'd')); }

TEST(DeploymentNames, AreShortEnoughUpToALengthThatDependsOnTheRegion) {
  struct Row {
    const char* region;
    std::size_t most;
  };
  const Row kRows[] = {{"eu-west-1", 20},
                       {"us-gov-west-1", 18},
                       {"ap-northeast-1", 17},
                       {"cn-northwest-1", 17},
                       {"us-isof-south-1", 16},
                       {"ca-central-1", 19},
                       {"some-region-of-a-store-x", 7}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.region);
    const Region region(row.region);
    EXPECT_TRUE(check_name_lengths(named(row.most), kAccount, region));
    EXPECT_LE(named(row.most).quarantine_bucket(kAccount, region).str().size(), 63U);
    if (row.most == 20) continue;

    const Result<void> refused = check_name_lengths(named(row.most + 1), kAccount, region);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause, ErrorCause::usage);
    EXPECT_THAT(refused.error().what,
                HasSubstr("name has at most " + std::to_string(row.most) + " characters"));
    EXPECT_THAT(refused.error().what, HasSubstr("quarantine bucket"));
  }
}

TEST(DeploymentNames, HaveThreeCharactersLessInTheAccountsOwnNamespaces) {
  const Region tokyo("ap-northeast-1");
  const auto regional = [&](std::size_t letters) {
    return named(letters).with_account_regional_buckets(tokyo);
  };
  EXPECT_TRUE(check_name_lengths(regional(14), kAccount, tokyo));
  EXPECT_FALSE(check_name_lengths(regional(15), kAccount, tokyo));
  // There the system bucket is the longest, for it is in Tokyo.
  EXPECT_TRUE(check_name_lengths(regional(18), kAccount, Region("eu-west-1")));
  EXPECT_FALSE(check_name_lengths(regional(19), kAccount, Region("eu-west-1")));
}

TEST(DeploymentNames, SayWhereNoneIsShortEnough) {
  const Result<void> refused =
      check_name_lengths(named(1), kAccount, Region("a-store-that-is-fond-of-long-names"));

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("no deployment's name is short enough there"));
}

TEST(DeploymentNames, SayTheNamespaceOfTheBuckets) {
  const Region dublin("eu-west-1");
  const Deployment global = *Deployment::create("main");
  const Deployment regional = global.with_account_regional_buckets(Region("eu-central-1"));

  EXPECT_EQ(global.quarantine_bucket(kAccount, dublin).str(),
            "cordon-quarantine-main-111122223333-eu-west-1");
  EXPECT_EQ(global.system_bucket(kAccount).str(), "cordon-system-main-111122223333");
  EXPECT_EQ(global.system_region(dublin), dublin);
  EXPECT_EQ(regional.quarantine_bucket(kAccount, dublin).str(),
            "cordon-quarantine-main-111122223333-eu-west-1-an");
  EXPECT_EQ(regional.system_bucket(kAccount).str(),
            "cordon-system-main-111122223333-eu-central-1-an");
  EXPECT_EQ(regional.system_region(dublin), Region("eu-central-1"));
  EXPECT_EQ(regional.event_queue(), global.event_queue());
}

}  // namespace
}  // namespace cordon
