#include "operations/read_gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "settings/settings_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using State = ProvisionStep::State;

constexpr const char* kAgent = "arn:aws:iam::111122223333:role/agent";
const BucketName kUploads("uploads");
const BucketName kTheirs("theirs");
const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r",
                            .buckets = {kTheirs}};

class ReadGatesTest : public testing::Test {
 protected:
  ReadGatesTest() {
    account_.home().buckets.buckets["uploads"] = {};
    account_.member_of(kMember.role_arn).home_buckets.buckets.buckets["theirs"] = {};
  }

  void apply(const Settings& settings) {
    account_.stored("settings.json").put(to_json_line(settings));
  }
  GateListener listener() {
    return [this](const Result<GateReport>& outcome) { outcomes_.push_back(outcome); };
  }
  Result<void> put(GateRequest request) {
    outcomes_.clear();
    return put_gates(access_, runtime_.runtime, request, listener());
  }
  Result<void> remove(GateRemovalRequest request) {
    outcomes_.clear();
    return remove_gates(
        access_, runtime_.runtime, request, [this](const Error& why) { unseen_.push_back(why); },
        listener());
  }
  std::vector<ProvisionStep> steps_of(const BucketName& bucket, const Settings& settings = {}) {
    ProvisionReport report{.bucket = bucket, .region = access_.region(), .steps = {}};
    add_gate_step(access_, runtime_.runtime, settings, report);
    return report.steps;
  }
  std::map<std::string, std::string>& policies() {
    return account_.place(access_.region()).policies.policies;
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  std::vector<Result<GateReport>> outcomes_;
  std::vector<Error> unseen_;
};

TEST_F(ReadGatesTest, PutsAGateOnEachBucketAndGoesOnAfterAFailure) {
  ASSERT_TRUE(put({.buckets = {BucketName("gone"), kUploads}, .roles = {kAgent}}));

  ASSERT_THAT(outcomes_, SizeIs(2));
  EXPECT_EQ(outcomes_[0].error().code, Errc::not_found);
  ASSERT_TRUE(outcomes_[1]) << outcomes_[1].error().what;
  EXPECT_EQ(outcomes_[1]->bucket, kUploads);
  EXPECT_EQ(outcomes_[1]->region, access_.region());
  EXPECT_EQ(outcomes_[1]->change.step.state, State::created);
  EXPECT_THAT(policies().at("uploads"), HasSubstr(kAgent));
}

TEST_F(ReadGatesTest, WhatIsNoRoleIsRefusedBeforeAnythingIsDone) {
  EXPECT_EQ(put({.buckets = {kUploads}, .roles = {kAgent, "everybody"}}).error().code,
            Errc::invalid);
  EXPECT_FALSE(check_gate_roles({"*"}));
  EXPECT_TRUE(check_gate_roles({}));
  EXPECT_TRUE(check_gate_roles({kAgent}));

  EXPECT_THAT(outcomes_, IsEmpty());
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(ReadGatesTest, AFirstGateNeedsRoles) {
  ASSERT_TRUE(put({.buckets = {kUploads}}));

  EXPECT_EQ(outcomes_.at(0).error().code, Errc::invalid);
}

TEST_F(ReadGatesTest, OwnBucketsAreRefused) {
  const BucketName own("cordon-quarantine-main-111122223333-eu-west-1");
  ASSERT_TRUE(put({.buckets = {own}, .roles = {kAgent}}));
  EXPECT_EQ(outcomes_.at(0).error().code, Errc::invalid);
  ASSERT_TRUE(remove({.buckets = {own}}));
  EXPECT_EQ(outcomes_.at(0).error().code, Errc::invalid);
  EXPECT_THAT(outcomes_[0].error().what, HasSubstr("private already"));
}

TEST_F(ReadGatesTest, WithoutTagsNothingWouldEverBeReadable) {
  Settings settings;
  settings.tags.enabled = false;
  apply(settings);

  ASSERT_TRUE(put({.buckets = {kUploads}, .roles = {kAgent}}));

  EXPECT_THAT(outcomes_.at(0).error().what, HasSubstr("tags.enabled"));
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(ReadGatesTest, WithoutReadableSettingsNothingIsPut) {
  account_.stored("settings.json").put("{");

  EXPECT_EQ(put({.buckets = {kUploads}, .roles = {kAgent}}).error().code, Errc::invalid);
  EXPECT_EQ(remove({.buckets = {kUploads}}).error().code, Errc::invalid);
  EXPECT_THAT(outcomes_, IsEmpty());
}

TEST_F(ReadGatesTest, TheRoleThatAgentsTakeOnMustPass) {
  Settings settings;
  settings.accounts = {kMember};
  apply(settings);
  auto& theirs = account_.member_of(kMember.role_arn).policies.policies;

  ASSERT_TRUE(put({.buckets = {kTheirs}, .roles = {kAgent}}));
  EXPECT_THAT(outcomes_.at(0).error().what, HasSubstr("add --allow-role " + kMember.role_arn));
  EXPECT_THAT(theirs, IsEmpty());

  ASSERT_TRUE(put({.buckets = {kTheirs}, .roles = {kAgent, kMember.role_arn}}));
  EXPECT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_THAT(theirs, SizeIs(1));
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(ReadGatesTest, WhatAMembersRoleIsRefusedIsExplained) {
  Settings settings;
  settings.accounts = {kMember};
  apply(settings);
  account_.member_of(kMember.role_arn).check_fails = Error{Errc::denied, "no"};

  ASSERT_TRUE(put({.buckets = {kTheirs}, .roles = {kMember.role_arn}}));
  EXPECT_THAT(outcomes_.at(0).error().what, HasSubstr("cordon iam member"));
  ASSERT_TRUE(remove({.buckets = {kTheirs}}));
  EXPECT_THAT(outcomes_.at(0).error().what, HasSubstr("cordon iam member"));
}

TEST_F(ReadGatesTest, ADryRunHasThePolicyAndWritesNone) {
  ASSERT_TRUE(put({.buckets = {kUploads}, .roles = {kAgent}, .dry_run = true}));

  ASSERT_TRUE(outcomes_.at(0));
  EXPECT_TRUE(outcomes_[0]->is_dry_run);
  EXPECT_THAT(outcomes_[0]->change.policy.value_or(""), HasSubstr(kAgent));
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(ReadGatesTest, TheGuardIsForTheKeysOfTheSettings) {
  Settings settings;
  settings.tags.keys.result = "av";
  apply(settings);

  ASSERT_TRUE(put({.buckets = {kUploads}, .roles = {kAgent}, .guard = ReadGate::Guard::on}));

  ASSERT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_THAT(policies().at("uploads"), HasSubstr(R"("av")"));
  EXPECT_THAT(steps_of(kUploads, settings).at(0).note, HasSubstr("these alone write the tags"));
}

TEST_F(ReadGatesTest, RemovesGatesAlsoWhereTheSettingsMayNotBeRead) {
  ASSERT_TRUE(put({.buckets = {kUploads}, .roles = {kAgent}}));
  account_.stored("settings.json").fail_with(Error{Errc::denied, "no"});

  ASSERT_TRUE(remove({.buckets = {BucketName("gone"), kUploads}, .dry_run = true}));
  EXPECT_THAT(policies(), SizeIs(1));
  ASSERT_TRUE(remove({.buckets = {BucketName("gone"), kUploads}}));

  EXPECT_THAT(unseen_, SizeIs(2));
  EXPECT_EQ(outcomes_.at(0).error().code, Errc::not_found);
  EXPECT_EQ(outcomes_.at(1)->change.step.state, State::removed);
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(ReadGatesTest, StatusSaysWhatTheGateAsksFor) {
  EXPECT_THAT(steps_of(kUploads), IsEmpty());
  ASSERT_TRUE(put({.buckets = {kUploads}, .roles = {kAgent}}));

  const std::vector<ProvisionStep> steps = steps_of(kUploads);
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].state, State::present);
  EXPECT_THAT(steps[0].note, HasSubstr(kAgent));

  Settings renamed;
  renamed.tags.keys.result = "av";
  EXPECT_EQ(steps_of(kUploads, renamed).at(0).state, State::kept);
  EXPECT_THAT(steps_of(kUploads, renamed).at(0).note, HasSubstr("run: cordon bucket gate uploads"));
}

TEST_F(ReadGatesTest, StatusSaysWhatCannotBeFoundOut) {
  EXPECT_THAT(steps_of(BucketName("gone")).at(0).note, HasSubstr("unknown: "));

  policies()["uploads"] = "{";
  EXPECT_THAT(steps_of(kUploads).at(0).note, HasSubstr("unknown: "));
}

TEST(GateDocument, ADryRunHasThePolicy) {
  GateReport report{.bucket = kUploads,
                    .region = Region("eu-west-1"),
                    .change = {.step = {ProvisionPart::read_gate, "uploads", State::created, "n"},
                               .policy = "{}"}};
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.read-gate/1","bucket":"uploads","region":"eu-west-1","state":"created","note":"n",)"
            R"("dryRun":false})");

  report.is_dry_run = true;
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.read-gate/1","bucket":"uploads","region":"eu-west-1","state":"created","note":"n",)"
            R"("dryRun":true,"policy":"{}"})");

  report.change.policy = std::nullopt;
  EXPECT_EQ(boost::json::serialize(document_of(report)),
            R"({"schema":"cordon.read-gate/1","bucket":"uploads","region":"eu-west-1","state":"created","note":"n",)"
            R"("dryRun":true,"policy":null})");
}

}  // namespace
}  // namespace cordon
