#include "devcloud/access/policy.h"

#include <gtest/gtest.h>

namespace cordon::cloud {
namespace {

std::string document(const std::string& statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + statement + "]}";
}

AccessQuestion question() {
  AccessQuestion out;
  out.principal = "arn:aws:iam::111122223333:user/me";
  out.account = "111122223333";
  out.action = "s3:GetObject";
  out.resource = "arn:aws:s3:::bucket/key";
  return out;
}

TEST(Policy, StatementsApplyByPrincipalActionResourceAndCondition) {
  struct Case {
    const char* statement;
    PolicyEffect effect;
  };
  const Case cases[] = {
      {R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"})", PolicyEffect::allow},
      {R"({"Effect":"Deny","Principal":"*","Action":"s3:get*","Resource":"*"})",
       PolicyEffect::deny},
      {R"({"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","NotAction":"s3:PutObject","Resource":"*"})",
       PolicyEffect::deny},
      {R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*",)"
       R"("Resource":"arn:aws:s3:::bucket/*"})",
       PolicyEffect::allow},
      {R"({"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"*","Resource":"*"})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::bucket"})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"StringNotEquals":{"s3:ExistingObjectTag/scan-result":["Clean","Ok"]}}})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"StringNotEquals":{"s3:ExistingObjectTag/other":"Clean"}}})",
       PolicyEffect::deny},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"Bool":{"aws:SecureTransport":"false"}}})",
       PolicyEffect::deny},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/me"}}})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"Null":{"s3:ExistingObjectTag/scan-result":"true"}}})",
       PolicyEffect::none},
      {R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",)"
       R"("Condition":{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}})",
       PolicyEffect::none},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.statement);
    AccessQuestion asked = question();
    asked.context["s3:existingobjecttag/scan-result"] = {"Clean"};
    asked.context["aws:securetransport"] = {"false"};
    asked.context["aws:principalarn"] = {asked.principal};
    asked.context["aws:sourceip"] = {"127.0.0.1"};

    const Answer<Policy> policy = Policy::parse(document(one.statement), {});

    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->decide(asked), one.effect);
  }
}

TEST(Policy, ADenyOutweighsEveryAllow) {
  const std::string allow = R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})";
  const std::string deny = R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})";

  EXPECT_EQ(Policy::parse(document(allow + "," + deny), {})->decide(question()),
            PolicyEffect::deny);
  EXPECT_EQ(Policy::parse(document(deny + "," + allow), {})->decide(question()),
            PolicyEffect::deny);
}

TEST(Policy, WhatCannotBeJudgedNeverAllowsAndAlwaysDenies) {
  for (const char* condition : {R"({"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}})",
                                R"({"StringEquals":{"aws:PrincipalOrgID":"o-1"}})",
                                R"({"StringNotEquals":{"s3:DataAccessPointArn":"x"}})",
                                R"({"StringEquals":{"aws:PrincipalArn":"${aws:username}"}})"}) {
    SCOPED_TRACE(condition);
    for (const bool allow : {true, false}) {
      const auto policy = Policy::parse(
          document(R"({"Sid":"Odd","Effect":")" + std::string(allow ? "Allow" : "Deny") +
                   R"(","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":)" +
                   condition + "}"),
          {});

      ASSERT_TRUE(policy);
      EXPECT_EQ(policy->decide(question()), allow ? PolicyEffect::none : PolicyEffect::deny);
      ASSERT_EQ(policy->gaps().size(), 1U);
      EXPECT_TRUE(policy->gaps().front().starts_with("Odd: "));
    }
  }
}

TEST(Policy, AnAllowToTheAccountLeavesItToThePoliciesOfItsUsers) {
  const auto policy =
      Policy::parse(document(R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*",)"
                             R"("Resource":"*"})"),
                    {});
  AccessQuestion asked = question();

  EXPECT_EQ(policy->decide(asked), PolicyEffect::allow);
  asked.by_identity = true;
  EXPECT_EQ(policy->decide(asked), PolicyEffect::none);
}

TEST(Policy, NotPrincipalSparesOnlyWhoIsNamedWithItsAccountAndRole) {
  const std::string account = R"("arn:aws:iam::111122223333:root")";
  const std::string role = R"("arn:aws:iam::111122223333:role/agent")";
  const std::string session = R"("arn:aws:sts::111122223333:assumed-role/agent/one")";
  AccessQuestion asked = question();
  asked.principal = "arn:aws:sts::111122223333:assumed-role/agent/one";
  asked.context["aws:principalarn"] = {"arn:aws:iam::111122223333:role/agent"};
  const auto effect = [&](const std::string& names) {
    return Policy::parse(document(R"({"Effect":"Deny","NotPrincipal":{"AWS":[)" + names +
                                  R"(]},"Action":"*","Resource":"*"})"),
                         {})
        ->decide(asked);
  };

  EXPECT_EQ(effect(role), PolicyEffect::deny);
  EXPECT_EQ(effect(account + "," + role), PolicyEffect::deny);
  EXPECT_EQ(effect(account + "," + role + "," + session), PolicyEffect::none);
}

TEST(Policy, TellsWhichStatementAllowed) {
  const auto policy = Policy::parse_of_identity(
      document(R"({"Sid":"A","Effect":"Allow","Action":"s3:PutObject","Resource":"*"},)"
               R"({"Effect":"Allow","Action":["s3:List*","s3:Get*"],"Resource":["x","*"]})"));
  PolicyMatch by;

  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->decide(question(), &by), PolicyEffect::allow);
  EXPECT_EQ(by, (PolicyMatch{"#2", "s3:Get*", "*"}));
}

TEST(Policy, PoliciesOfUsersNameNoPrincipal) {
  const char* const kNamed = R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})";

  EXPECT_FALSE(Policy::parse_of_identity(document(kNamed)));
  EXPECT_FALSE(Policy::parse(document(R"({"Effect":"Allow","Action":"*","Resource":"*"})"), {}));
}

TEST(Policy, WhatCannotBeUnderstoodIsRefused) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"Statement":[]})", R"({"Statement":[{"Effect":"Maybe"}]})",
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":7},"Action":"*","Resource":"*"}]})",
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",)"
        R"("Condition":{"StringAlmost":{"a":"b"}}}]})"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(Policy::parse(text, {}));
  }
}

TEST(Wildcards, StandForAnyTextAndOneCharacter) {
  EXPECT_TRUE(matches_wildcard("a*c?e", "abbbcde"));
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("**a**", "xax"));
  EXPECT_FALSE(matches_wildcard("a?", "a"));
  EXPECT_FALSE(matches_wildcard("a*b", "abc"));
}

}  // namespace
}  // namespace cordon::cloud
