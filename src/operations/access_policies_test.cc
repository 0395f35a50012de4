#include "operations/access_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AccessPoliciesTest : public testing::Test {
 protected:
  AccessPoliciesTest() {
    account_.home().buckets.buckets["uploads"] = {};
    account_.home().buckets.buckets["other"] = {};
  }

  Result<AccessPolicyReport> ask(AccessPolicyRequest request) {
    return access_policy_for(access_, runtime_.runtime, std::move(request));
  }
  void protect() {
    ASSERT_TRUE(access_.protection().protect(BucketName("uploads"), Deadline::never(), {}));
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
};

TEST_F(AccessPoliciesTest, IsForTheProtectedBucketsOfTheRegion) {
  protect();

  const auto report = ask({});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(report->policy, AllOf(HasSubstr("arn:aws:s3:::uploads"), Not(HasSubstr("other"))));
  EXPECT_THAT(report->table, HasSubstr("s3:GetObject"));
}

TEST_F(AccessPoliciesTest, WithoutAnyBucketItSaysWhatToName) {
  const auto refused = ask({});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_THAT(refused.error().what, HasSubstr("--bucket"));
  EXPECT_THAT(ask({.buckets = {BucketName("other")}})->policy, HasSubstr("arn:aws:s3:::other"));
}

TEST_F(AccessPoliciesTest, TakesTheSettingsInForceUnlessOthersAreGiven) {
  Settings settings;
  settings.notifications.enabled = true;
  account_.stored("settings.json").put(to_json_line(settings));
  const AccessPolicyRequest request{.buckets = {BucketName("uploads")}};

  AccessPolicyRequest given = request;
  given.settings = settings;
  EXPECT_EQ(ask(request)->policy, ask(given)->policy);
  given.settings = Settings();
  EXPECT_NE(ask(request)->policy, ask(given)->policy);

  account_.stored("settings.json").put("{");
  EXPECT_EQ(ask(request).error().code, Errc::invalid);
  EXPECT_TRUE(ask(given));
}

TEST_F(AccessPoliciesTest, WithoutTheAccountsListItIsNotGuessed) {
  account_.stored("settings.json").fail_with(Error{Errc::denied, "no"});

  EXPECT_EQ(ask({}).error().code, Errc::denied);
}

TEST_F(AccessPoliciesTest, EachRoleHasItsOwnRights) {
  const auto policy = [this](AccessRole role) {
    AccessPolicyRequest request{.role = role, .buckets = {BucketName("uploads")}};
    return access_policy_for(account_.who, std::move(request)).policy;
  };

  EXPECT_THAT(policy(AccessRole::agent), HasSubstr("sqs:ReceiveMessage"));
  EXPECT_THAT(policy(AccessRole::agent), Not(HasSubstr("TakeResults")));
  EXPECT_THAT(policy(AccessRole::console), HasSubstr("TakeResults"));
  EXPECT_THAT(policy(AccessRole::console), Not(HasSubstr("s3:PutBucketNotification")));
  EXPECT_THAT(policy(AccessRole::operations), HasSubstr("s3:PutBucketNotification"));
  EXPECT_THAT(policy(AccessRole::member), HasSubstr("arn:aws:s3:::uploads"));
}

TEST_F(AccessPoliciesTest, FeaturesAndKeysAddRights) {
  AccessPolicyRequest request{.buckets = {BucketName("uploads")}};
  const AccessPolicyReport plain = access_policy_for(account_.who, request);
  request.kms_keys = {"arn:aws:kms:eu-west-1:111122223333:key/k"};
  request.features = {OperatorFeature::gateway};
  const AccessPolicyReport more = access_policy_for(account_.who, request);

  EXPECT_THAT(more.policy, HasSubstr("key/k"));
  EXPECT_GT(more.characters, plain.characters);

  request = {.role = AccessRole::member, .buckets = {BucketName("uploads")}};
  const AccessPolicyReport bare = access_policy_for(account_.who, request);
  request.member_features = {MemberFeature::gate};
  EXPECT_GT(access_policy_for(account_.who, request).characters, bare.characters);
}

TEST_F(AccessPoliciesTest, CountsAsAManagedPolicyIsCounted) {
  AccessPolicyRequest request{.buckets = {BucketName("uploads")}};
  const AccessPolicyReport small = access_policy_for(account_.who, request);
  EXPECT_LT(small.characters, small.policy.size());
  EXPECT_TRUE(small.fits_managed_policy());

  for (int i = 0; i < 200; ++i) request.buckets.emplace_back("uploads-" + std::to_string(i));
  EXPECT_FALSE(access_policy_for(account_.who, request).fits_managed_policy());
}

}  // namespace
}  // namespace cordon
