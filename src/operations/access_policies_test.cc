#include "operations/access_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <set>
#include <utility>

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
  EXPECT_THAT(report->policies.at(0),
              AllOf(HasSubstr("arn:aws:s3:::uploads"), Not(HasSubstr("other"))));
  EXPECT_THAT(report->table, HasSubstr("s3:GetObject"));
}

TEST_F(AccessPoliciesTest, WithoutAnyBucketItSaysWhatToName) {
  const auto refused = ask({});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_THAT(refused.error().what, HasSubstr("--bucket"));
  EXPECT_THAT(ask({.buckets = {BucketName("other")}})->policies.at(0),
              HasSubstr("arn:aws:s3:::other"));
}

TEST_F(AccessPoliciesTest, TakesTheSettingsInForceUnlessOthersAreGiven) {
  Settings settings;
  settings.notifications.enabled = true;
  account_.stored("settings.json").put(to_json_line(settings));
  const AccessPolicyRequest request{.buckets = {BucketName("uploads")}};

  AccessPolicyRequest given = request;
  given.settings = settings;
  EXPECT_EQ(ask(request)->policies, ask(given)->policies);
  given.settings = Settings();
  EXPECT_NE(ask(request)->policies, ask(given)->policies);

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
    return access_policy_for(account_.who, std::move(request)).policies.at(0);
  };

  EXPECT_THAT(policy(AccessRole::agent), HasSubstr("sqs:ReceiveMessage"));
  EXPECT_THAT(policy(AccessRole::agent), Not(HasSubstr("TakeResults")));
  EXPECT_THAT(policy(AccessRole::console), HasSubstr("TakeResults"));
  EXPECT_THAT(policy(AccessRole::console), Not(HasSubstr("s3:PutBucketNotification")));
  EXPECT_THAT(policy(AccessRole::operations), HasSubstr("s3:PutBucketNotification"));
  EXPECT_THAT(policy(AccessRole::member), HasSubstr("arn:aws:s3:::uploads"));
}

TEST_F(AccessPoliciesTest, FeaturesAndKeysAddRights) {
  const auto size_of = [this](const AccessPolicyRequest& request) {
    return access_policy_for(account_.who, request).policies.at(0).size();
  };
  AccessPolicyRequest request{.buckets = {BucketName("uploads")}};
  const std::size_t plain = size_of(request);
  request.kms_keys = {"arn:aws:kms:eu-west-1:111122223333:key/k"};
  request.features = {OperatorFeature::gateway};

  EXPECT_THAT(access_policy_for(account_.who, request).policies.at(0), HasSubstr("key/k"));
  EXPECT_GT(size_of(request), plain);

  request = {.role = AccessRole::member, .buckets = {BucketName("uploads")}};
  const std::size_t bare = size_of(request);
  request.member_features = {MemberFeature::gate};
  EXPECT_GT(size_of(request), bare);
}

std::size_t without_white_space(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return std::isspace(c) == 0; }));
}

/// Each action with each resource that some policy allows.
std::set<std::pair<std::string, std::string>> rights_in(const std::vector<std::string>& policies) {
  std::set<std::pair<std::string, std::string>> rights;
  for (const std::string& policy : policies) {
    const boost::json::value parsed = boost::json::parse(policy);
    for (const boost::json::value& statement : parsed.at("Statement").as_array()) {
      for (const boost::json::value& action : statement.at("Action").as_array()) {
        for (const boost::json::value& resource : statement.at("Resource").as_array()) {
          rights.emplace(action.as_string(), resource.as_string());
        }
      }
    }
  }
  return rights;
}

TEST_F(AccessPoliciesTest, ManyBucketsTakeSeveralPoliciesThatFitAndNameNoOtherBucket) {
  AccessPolicyRequest request;
  for (int i = 0; i < 300; ++i) request.buckets.emplace_back("uploads-" + std::to_string(i));

  const AccessPolicyReport report = access_policy_for(account_.who, request);

  EXPECT_GT(report.policies.size(), 1U);
  EXPECT_TRUE(report.fits_a_role());
  for (const std::string& policy : report.policies) {
    EXPECT_LE(without_white_space(policy), AccessPolicyReport::kManagedMax);
  }
  const auto rights = rights_in(report.policies);
  for (const BucketName& bucket : request.buckets) {
    for (const char* action : {"s3:GetObjectVersion", "s3:PutObjectTagging", "s3:DeleteObject"}) {
      EXPECT_TRUE(rights.contains({action, "arn:aws:s3:::" + bucket.str() + "/*"}));
    }
    EXPECT_TRUE(rights.contains({"s3:ListBucket", "arn:aws:s3:::" + bucket.str()}));
  }
  const std::string quarantine = "arn:aws:s3:::cordon-quarantine-main-111122223333-eu-west-1";
  EXPECT_TRUE(rights.contains({"s3:PutObject", quarantine + "/u*"}));
  for (const auto& [action, resource] : rights) {
    const bool is_pattern_of_buckets =
        resource.starts_with("arn:aws:s3:::upl") && resource.find('*') != std::string::npos;
    if (is_pattern_of_buckets) {
      EXPECT_THAT(resource, testing::EndsWith("/*")) << action;
    }
    // What people allow lies there under a dot.
    if (action == "s3:PutObject") {
      EXPECT_NE(resource, quarantine + "/*");
    }
  }
}

TEST_F(AccessPoliciesTest, AFewBucketsTakeOneInWhichEachStatementHasItsReason) {
  const AccessPolicyReport report =
      access_policy_for(account_.who, {.buckets = {BucketName("uploads")}});

  ASSERT_EQ(report.policies.size(), 1U);
  EXPECT_LE(without_white_space(report.policies[0]), AccessPolicyReport::kManagedMax);
  EXPECT_THAT(report.policies[0], HasSubstr("eu-west-1/uploads/*"));
}

TEST_F(AccessPoliciesTest, TooManyBucketsDoNotFitARole) {
  AccessPolicyRequest request;
  for (int i = 0; i < 3000; ++i) request.buckets.emplace_back("uploads-" + std::to_string(i));
  EXPECT_FALSE(access_policy_for(account_.who, request).fits_a_role());

  request.buckets = {BucketName("uploads-*")};
  EXPECT_EQ(access_policy_for(account_.who, request).policies.size(), 1U);
}

TEST_F(AccessPoliciesTest, APatternHasTheRightsOfEveryPolicyThatItMayMean) {
  Settings settings;
  BucketPolicy stated{.bucket = BucketName("team-red")};
  stated.stated.quarantine = BucketName("vault");
  settings.policies.buckets.push_back(stated);
  const auto policy = [&](const char* bucket) {
    return access_policy_for(account_.who, {.buckets = {BucketName(bucket)}, .settings = settings})
        .policies.at(0);
  };

  EXPECT_THAT(policy("team-*"), HasSubstr("arn:aws:s3:::vault/team-*/*"));
  EXPECT_THAT(policy("crew-*"), Not(HasSubstr("vault")));
}

}  // namespace
}  // namespace cordon
