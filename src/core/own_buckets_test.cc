#include "core/own_buckets.h"

#include <gtest/gtest.h>

#include "core/deployment.h"

namespace cordon {
namespace {

TEST(OwnBuckets, AreKnownByTheirNamesWhateverDeploymentMadeThem) {
  const char* const kOurs[] = {
      "cordon-quarantine-main-111122223333-eu-west-1",
      "cordon-quarantine-a-b-2-111122223333-us-gov-west-1",
      "cordon-quarantine-000000000001-111122223333-ap-southeast-2",
      "cordon-system-main-111122223333",
      "cordon-system-a-b-2-000000000000",
      "cordon-system-main-111122223333-eu-west-1-an",
      "cordon-quarantine-main-111122223333-eu-west-1-an",
  };
  for (const char* name : kOurs) EXPECT_TRUE(has_own_name(BucketName(name))) << name;

  const Deployment deployment = *Deployment::create("test-1");
  EXPECT_TRUE(has_own_name(deployment.system_bucket(AccountId("111122223333"))));
  EXPECT_TRUE(has_own_name(
      deployment.quarantine_bucket(AccountId("111122223333"), Region("eu-central-1"))));
  const Deployment regional = deployment.with_account_regional_buckets(Region("us-gov-west-1"));
  EXPECT_TRUE(has_own_name(regional.system_bucket(AccountId("111122223333"))));
}

TEST(OwnBuckets, AreNotWhateverBeginsAlike) {
  const char* const kOthers[] = {
      "uploads",
      "cordon-system-design",
      "cordon-system-main-11112222333",        // 11 digits
      "cordon-system-main-111122223333-logs",  // more behind it
      "cordon-system-main-111122223333-an",    // no region
      "cordon-system-111122223333",            // no deployment
      "cordon-quarantine-research",
      "cordon-quarantine-main-111122223333",  // no region
      "cordon-quarantine-main-111122223333-",
      "my-cordon-quarantine-main-111122223333-eu-west-1",
      "",
  };
  for (const char* name : kOthers) EXPECT_FALSE(has_own_name(BucketName(name))) << name;
}

TEST(OwnBuckets, TellOneDeploymentsQuarantinesFromAllOthers) {
  const Deployment deployment = *Deployment::create("main");
  const AccountId account("111122223333");
  for (const char* region : {"eu-west-1", "us-gov-west-1"}) {
    EXPECT_TRUE(is_quarantine_of(deployment, account,
                                 deployment.quarantine_bucket(account, Region(region))));
  }
  const Deployment regional = deployment.with_account_regional_buckets(Region("eu-west-1"));
  EXPECT_TRUE(is_quarantine_of(regional, account,
                               regional.quarantine_bucket(account, Region("eu-west-2"))));
  for (const char* name :
       {"cordon-quarantine-main-111122223333-", "cordon-quarantine-main-111122223333",
        "cordon-quarantine-main-444455556666-eu-west-1",
        "cordon-quarantine-main-2-111122223333-eu-west-1",
        "cordon-quarantine-main-111122223333-111122223333-eu-west-1",
        "cordon-system-main-111122223333", "uploads", ""}) {
    EXPECT_FALSE(is_quarantine_of(deployment, account, BucketName(name))) << name;
  }
}

TEST(OwnBuckets, AnAccountRegionalBucketOfACustomerIsOneLikeAnyOther) {
  for (const char* name : {"uploads-111122223333-eu-west-1-an", "milan", "uploads"}) {
    EXPECT_FALSE(has_own_name(BucketName(name))) << name;
    EXPECT_FALSE(why_not_protectable(BucketName(name))) << name;
  }
}

TEST(OwnBuckets, AreAlsoTheQuarantinesThatAnyPolicyNames) {
  PolicySet policies;
  EXPECT_FALSE(is_own_bucket(BucketName("central"), policies));

  policies.defaults.quarantine = BucketName("central");
  policies.regions[Region("eu-west-1")].quarantine = BucketName("regional");
  policies.buckets.push_back({BucketName("uploads"), "in/", {.quarantine = BucketName("jail")}});

  for (const char* name : {"central", "regional", "jail"}) {
    EXPECT_TRUE(is_own_bucket(BucketName(name), policies)) << name;
  }
  EXPECT_FALSE(is_own_bucket(BucketName("uploads"), policies));
  EXPECT_EQ(
      named_quarantines(policies),
      (std::set<BucketName>{BucketName("central"), BucketName("jail"), BucketName("regional")}));
}

}  // namespace
}  // namespace cordon
