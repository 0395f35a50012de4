#include "provision/read_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_bucket_policies.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using State = ProvisionStep::State;

const BucketName kBucket("uploads");
constexpr const char* kAgent = "arn:aws:iam::111122223333:role/agent";
constexpr const char* kMover = "arn:aws:iam::111122223333:role/service/mover";
constexpr const char* kChineseMover = "arn:aws-cn:iam::111122223333:role/mover";

class ReadGateTest : public testing::Test {
 protected:
  Result<GateChange> put(std::vector<std::string> roles, const std::string& key = "scan-result",
                         bool dry_run = false) {
    return gate_.put(kBucket, {.tag_key = key, .roles = std::move(roles), .dry_run = dry_run},
                     Deadline::never(), {});
  }
  Result<GateChange> guard(ReadGate::Guard guard) {
    return gate_.put(
        kBucket,
        {.tag_key = "scan-result", .our_keys = {"scan-seal", "scan-result"}, .guard = guard},
        Deadline::never(), {});
  }
  Result<GateChange> remove(bool dry_run = false) {
    return gate_.remove(kBucket, dry_run, Deadline::never(), {});
  }
  Result<std::optional<GateTerms>> find() { return gate_.find(kBucket, Deadline::never(), {}); }
  std::string& policy() { return policies_.policies["uploads"]; }

  FakeBucketPolicies policies_;
  ReadGate gate_{*Deployment::create("main"), "aws", policies_};
};

TEST_F(ReadGateTest, DeniesReadingToAllButTheNamedRoles) {
  const auto change = put({kMover, kAgent, kAgent});

  ASSERT_TRUE(change) << change.error().what;
  EXPECT_EQ(change->step.state, State::created);
  EXPECT_EQ(
      policy(),
      R"({"Version":"2012-10-17","Statement":[{"Sid":"CordonReadGateFormain","Effect":"Deny",)"
      R"("Principal":"*","Action":["s3:GetObject","s3:GetObjectVersion"],)"
      R"("Resource":"arn:aws:s3:::uploads/*","Condition":{"StringNotEquals":)"
      R"({"s3:ExistingObjectTag/scan-result":["Clean","InfectedAllowed"]},"ArnNotEquals":)"
      R"({"aws:PrincipalArn":["arn:aws:iam::111122223333:role/agent",)"
      R"("arn:aws:iam::111122223333:role/service/mover"]}}}]})");
  EXPECT_EQ(*find().value(), (GateTerms{"scan-result", {kAgent, kMover}}));
}

TEST_F(ReadGateTest, GoesWithoutATrace) {
  const std::optional<std::string> kBefore[] = {
      std::nullopt,
      R"({"Statement":[{"Sid":"a","Effect":"Allow"}]})",
      "{\n  \"Version\": \"2008-10-17\",\n  \"Statement\": [\n    {\"Sid\": \"a\"},\n    {}\n  "
      "]\n}\n",
      R"({"Statement":{"Sid":"a"},"Version":"2012-10-17"})",
  };
  for (const auto& before : kBefore) {
    SCOPED_TRACE(before.value_or("no policy"));
    policies_.policies.clear();
    if (before) policy() = *before;

    ASSERT_TRUE(put({kAgent}));
    ASSERT_TRUE(put({}, "renamed"));
    const auto removed = remove();

    ASSERT_TRUE(removed) << removed.error().what;
    EXPECT_EQ(removed->step.state, State::removed);
    EXPECT_EQ(policies_.policies.contains("uploads"), before.has_value());
    EXPECT_EQ(before.value_or(""), before ? policy() : "");
    EXPECT_EQ(remove()->step.state, State::missing);
  }
}

TEST_F(ReadGateTest, TheSameAgainWritesNothing) {
  ASSERT_TRUE(put({kAgent, kMover}));
  // As a store may give it back.
  policy() = R"({"Version":"2012-10-17", "Statement":{"Condition":{"ArnNotEquals":)"
             R"({"aws:PrincipalArn":["arn:aws:iam::111122223333:role/service/mover",)"
             R"("arn:aws:iam::111122223333:role/agent"]},"StringNotEquals":)"
             R"({"s3:ExistingObjectTag/scan-result":["InfectedAllowed","Clean"]}},)"
             R"("Action":["s3:GetObject","s3:GetObjectVersion"],"Principal":"*","Effect":"Deny",)"
             R"("Sid":"CordonReadGateFormain","Resource":["arn:aws:s3:::uploads/*"]}})";
  const int writes = policies_.writes;

  EXPECT_EQ(put({kMover, kAgent})->step.state, State::present);
  EXPECT_EQ(put({})->step.state, State::present);
  EXPECT_EQ(policies_.writes, writes);
  EXPECT_TRUE(find().value());
}

TEST_F(ReadGateTest, OtherRolesReplaceTheNamedOnesAndNoneKeepsThem) {
  ASSERT_TRUE(put({kAgent}));

  EXPECT_EQ(put({kMover})->step.state, State::changed);
  EXPECT_EQ(find().value()->roles, std::vector<std::string>{kMover});
  EXPECT_EQ(put({}, "verdict")->step.state, State::changed);
  EXPECT_EQ(*find().value(), (GateTerms{"verdict", {kMover}}));
}

TEST_F(ReadGateTest, AGateForNobodyIsRefusedBecauseTheAgentCouldNotRead) {
  const auto refused = put({});

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("the agent"));
  EXPECT_TRUE(policies_.policies.empty());
}

TEST_F(ReadGateTest, ADryRunTellsThePolicyAndWritesNothing) {
  policy() = R"({"Statement":[{"Sid":"a"}]})";

  const auto would = put({kAgent}, "scan-result", true);

  EXPECT_EQ(would->step.state, State::created);
  EXPECT_THAT(*would->policy, HasSubstr("CordonReadGate"));
  EXPECT_EQ(policy(), R"({"Statement":[{"Sid":"a"}]})");
  ASSERT_TRUE(put({kAgent}));
  EXPECT_EQ(*remove(true)->policy, R"({"Statement":[{"Sid":"a"}]})");
  EXPECT_THAT(policy(), HasSubstr("CordonReadGate"));
}

TEST_F(ReadGateTest, AGateThatWasChangedIsToldAndPutBack) {
  ASSERT_TRUE(put({kAgent}));
  const std::string meant = policy();
  policy().replace(policy().find("Deny"), 4, "Allow");

  EXPECT_THAT(find().error().what, HasSubstr("changed by somebody"));
  EXPECT_EQ(put({})->step.state, State::changed);
  EXPECT_EQ(policy(), meant);
}

TEST_F(ReadGateTest, DeploymentsHaveGatesOfTheirOwn) {
  ReadGate other(*Deployment::create("a-b"), "aws-cn", policies_);
  ASSERT_TRUE(put({kAgent}));
  ASSERT_TRUE(
      other.put(kBucket, {.tag_key = "x", .roles = {kChineseMover}}, Deadline::never(), {}));

  EXPECT_THAT(policy(), HasSubstr("CordonReadGateForaDb"));
  EXPECT_THAT(policy(), HasSubstr("arn:aws-cn:s3:::uploads/*"));
  ASSERT_TRUE(remove());
  EXPECT_TRUE(other.find(kBucket, Deadline::never(), {}).value());
}

TEST_F(ReadGateTest, ARoleOfAnotherPartitionWouldShutEverybodyOut) {
  const auto refused =
      gate_.put(kBucket, {.tag_key = "x", .roles = {kAgent, kChineseMover}}, Deadline::never(), {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_THAT(refused.error().what, HasSubstr("arn:aws:iam::ACCOUNT:role/NAME"));
  EXPECT_EQ(policies_.policies.count(kBucket.str()), 0U);
}

TEST_F(ReadGateTest, APolicyThatWouldBeTooLargeOrIsNoneIsLeftAlone) {
  for (const std::string& before :
       {R"({"Statement":[{"Sid":")" + std::string(20'300, 'a') + "\"}]}", std::string("[]")}) {
    policy() = before;

    EXPECT_EQ(put({kAgent}).error().code, Errc::invalid);
    EXPECT_EQ(policy(), before);
  }
}

TEST_F(ReadGateTest, AGuardLetsNobodyElseWriteOurTags) {
  ASSERT_TRUE(put({kAgent}));
  const std::string gate = policy();

  const auto change = guard(ReadGate::Guard::on);

  ASSERT_TRUE(change) << change.error().what;
  EXPECT_EQ(change->step.state, State::changed);
  EXPECT_THAT(change->step.note, HasSubstr("who writes scan-result, scan-seal is one of these"));
  const auto deny = [](const std::string& sid, const std::string& actions,
                       const std::string& condition) {
    return R"({"Sid":")" + sid + R"(","Effect":"Deny","Principal":"*","Action":[)" + actions +
           R"(],"Resource":"arn:aws:s3:::uploads/*","Condition":{)" + condition +
           (condition.empty() ? "" : ",") +
           R"("ArnNotEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/agent"]}}})";
  };
  EXPECT_EQ(policy(),
            gate.substr(0, gate.size() - 2) + "," +
                deny("CordonTagGuardWriteFormain",
                     R"("s3:PutObject","s3:PutObjectTagging","s3:PutObjectVersionTagging")",
                     R"("ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":)"
                     R"(["scan-result","scan-seal"]})") +
                "," +
                deny("CordonTagGuardKeepFormain",
                     R"("s3:PutObjectTagging","s3:PutObjectVersionTagging",)"
                     R"("s3:DeleteObjectTagging","s3:DeleteObjectVersionTagging")",
                     R"("Null":{"s3:ExistingObjectTag/scan-result":"false"})") +
                "," +
                deny("CordonTagGuardCopiesFormain", R"("s3:PutObject")",
                     R"("Null":{"s3:x-amz-copy-source":"false"})") +
                "," + deny("CordonTagGuardReplicasFormain", R"("s3:ReplicateTags")", "") + "]}");
  EXPECT_EQ(*find().value(), (GateTerms{"scan-result", {kAgent}, {"scan-result", "scan-seal"}}));
  const int writes = policies_.writes;
  EXPECT_EQ(guard(ReadGate::Guard::on)->step.state, State::present);
  EXPECT_EQ(guard(ReadGate::Guard::as_it_is)->step.state, State::present);
  EXPECT_EQ(policies_.writes, writes);

  EXPECT_EQ(guard(ReadGate::Guard::off)->step.state, State::changed);
  EXPECT_EQ(policy(), gate);
}

TEST_F(ReadGateTest, AGuardStaysWhenOnlyRolesOrNamesChange) {
  ASSERT_TRUE(put({kAgent}));
  ASSERT_TRUE(guard(ReadGate::Guard::on));

  const auto renamed =
      gate_.put(kBucket, {.tag_key = "av", .our_keys = {"seal", "av"}, .roles = {kMover, kAgent}},
                Deadline::never(), {});

  EXPECT_EQ(renamed->step.state, State::changed);
  EXPECT_EQ(*find().value(), (GateTerms{"av", {kAgent, kMover}, {"av", "seal"}}));
}

TEST_F(ReadGateTest, AGuardGoesWithTheGateWithoutATrace) {
  for (const char* before : {R"({"Statement":{"Sid":"a"},"Version":"2012-10-17"})",
                             R"({"Statement":[ {"Sid":"a"} ]})"}) {
    SCOPED_TRACE(before);
    policy() = before;
    ASSERT_TRUE(gate_.put(kBucket,
                          {.tag_key = "scan-result",
                           .our_keys = {"scan-result"},
                           .roles = {kAgent},
                           .guard = ReadGate::Guard::on},
                          Deadline::never(), {}));
    EXPECT_EQ(remove()->step.state, State::removed);
    EXPECT_EQ(policy(), before);
  }
}

TEST_F(ReadGateTest, AGuardThatLacksAPartIsToldAndPutBack) {
  ASSERT_TRUE(put({kAgent}));
  ASSERT_TRUE(guard(ReadGate::Guard::on));
  const std::string meant = policy();
  policy().replace(policy().find("CordonTagGuardKeep"), 18, "SomebodysTagGuard");

  EXPECT_THAT(find().error().what, HasSubstr("changed by somebody"));
  EXPECT_EQ(guard(ReadGate::Guard::as_it_is)->step.state, State::changed);
  EXPECT_THAT(policy(), HasSubstr("CordonTagGuardKeepFormain"));
  EXPECT_TRUE(find());
  EXPECT_NE(policy(), meant) << "what is not ours stays";
}

TEST(GateRole, OnlyRolesAndUsersPassByName) {
  EXPECT_TRUE(check_gate_role(kAgent));
  EXPECT_TRUE(check_gate_role(kMover));
  EXPECT_TRUE(check_gate_role("arn:aws-us-gov:iam::111122223333:user/agent"));
  for (const char* wrong :
       {"", "agent", "*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a?",
        "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/agent/session", "arn:aws:iam::1111:role/agent",
        "arn:aws:iam::111122223333:group/g", "arn:aws:iam::111122223333:role/a\"b",
        "arn:aws:iam::111122223333:role/${aws:username}"}) {
    SCOPED_TRACE(wrong);
    EXPECT_FALSE(check_gate_role(wrong));
  }
}

}  // namespace
}  // namespace cordon
