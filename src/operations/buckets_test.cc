#include "operations/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "operations/provision_documents.h"
#include "operations/push_buckets.h"
#include "operations/read_gates.h"
#include "settings/settings_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r",
                            .buckets = {BucketName("theirs")}};
/// The same as the command line names it.
const MemberAccount kRole{.id = AccountId(), .role_arn = kMember.role_arn};
constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main";
constexpr const char* kQuarantine = "cordon-quarantine-main-111122223333-eu-west-1";

const ProvisionStep* step(const ProvisionReport& report, const std::string& what) {
  for (const ProvisionStep& candidate : report.steps) {
    if (name_of(candidate.part) == what) return &candidate;
  }
  return nullptr;
}

class BucketsTest : public testing::Test {
 protected:
  BucketsTest() {
    home()["uploads"] = {};
    home()["more"] = {};
    theirs()["theirs"] = {};
  }

  std::map<std::string, FakeBucketAdmin::Bucket>& home() { return account_.home().buckets.buckets; }
  std::map<std::string, FakeBucketAdmin::Bucket>& theirs() {
    return account_.member_of(kMember.role_arn).home_buckets.buckets.buckets;
  }
  FakeDocumentStore& settings() { return account_.stored("settings.json"); }
  void know_member() {
    Settings known;
    known.accounts = {kMember};
    settings().put(to_json_line(known));
  }
  ProvisionListener listener() {
    return [this](const Result<ProvisionReport>& outcome) { outcomes_.push_back(outcome); };
  }
  RegionRemovalListener region_listener() {
    return [this](const RegionRemovalReport& removal) { removals_.push_back(removal); };
  }

  Result<void> protect(ProtectRequest request) {
    outcomes_.clear();
    return protect_buckets(access_, runtime_.runtime, request, listener());
  }
  Result<void> unprotect(UnprotectRequest request) {
    outcomes_.clear();
    return unprotect_buckets(access_, runtime_.runtime, request, listener(), region_listener());
  }
  Result<void> status(BucketStatusRequest request) {
    outcomes_.clear();
    return bucket_status(access_, runtime_.runtime, request, listener());
  }
  bool is_wired(const char* bucket) { return !home().at(bucket).notifications.entries.empty(); }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  std::vector<Result<ProvisionReport>> outcomes_;
  std::vector<RegionRemovalReport> removals_;
};

TEST_F(BucketsTest, ProtectsEachBucketAndGoesOnAfterAFailure) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads"), BucketName("gone"), BucketName("more")},
                       .quarantine_days = 30}));

  ASSERT_THAT(outcomes_, SizeIs(3));
  ASSERT_TRUE(outcomes_[0]) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_[0]->is_protected);
  EXPECT_EQ(step(*outcomes_[0], "topic")->state, ProvisionStep::State::created);
  EXPECT_EQ(outcomes_[1].error().code, Errc::not_found);
  EXPECT_TRUE(outcomes_[2]->is_protected);
  EXPECT_TRUE(is_wired("uploads"));
  EXPECT_TRUE(is_wired("more"));
  EXPECT_EQ(home().at(kQuarantine).expire_days, 30U);
}

TEST_F(BucketsTest, OwnBucketsAreRefused) {
  ASSERT_TRUE(protect({.buckets = {BucketName(kQuarantine)}}));

  EXPECT_EQ(outcomes_.at(0).error().code, Errc::invalid);
}

TEST_F(BucketsTest, WithoutReadableSettingsNothingIsDone) {
  settings().put("{");
  const BucketName bucket("uploads");

  EXPECT_EQ(protect({.buckets = {bucket}}).error().code, Errc::invalid);
  EXPECT_EQ(unprotect({.buckets = {bucket}}).error().code, Errc::invalid);
  EXPECT_EQ(status({.buckets = {bucket}}).error().code, Errc::invalid);
  EXPECT_THAT(outcomes_, IsEmpty());
  EXPECT_FALSE(is_wired("uploads"));
}

TEST_F(BucketsTest, ADryRunSaysWhatWouldBeAndChangesNothing) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}, .dry_run = true}));

  ASSERT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_[0]->is_protected);
  EXPECT_EQ(step(*outcomes_[0], "topic")->state, ProvisionStep::State::created);
  EXPECT_FALSE(is_wired("uploads"));
  EXPECT_THAT(home(), SizeIs(2));
  EXPECT_THAT(account_.home().topics.topics, IsEmpty());
}

TEST_F(BucketsTest, StatusSaysWhatIsMissingAndWhatGateThereIs) {
  const BucketStatusRequest request{.buckets = {BucketName("uploads"), BucketName("gone")}};
  ASSERT_TRUE(status(request));
  ASSERT_TRUE(outcomes_.at(0));
  EXPECT_FALSE(outcomes_[0]->is_protected);
  EXPECT_EQ(step(*outcomes_[0], "read gate"), nullptr);
  EXPECT_EQ(outcomes_.at(1).error().code, Errc::not_found);

  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}}));
  ASSERT_TRUE(put_gates(
      access_, runtime_.runtime,
      {.buckets = {BucketName("uploads")}, .roles = {"arn:aws:iam::111122223333:role/agent"}},
      [](const Result<GateReport>& outcome) { ASSERT_TRUE(outcome); }));
  ASSERT_TRUE(status(request));
  EXPECT_TRUE(outcomes_.at(0)->is_protected);
  ASSERT_NE(step(*outcomes_[0], "read gate"), nullptr);
  EXPECT_EQ(step(*outcomes_[0], "read gate")->state, ProvisionStep::State::present);
}

TEST_F(BucketsTest, UnprotectTakesBackWhatProtectAddedAndKeepsTheRegion) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}}));

  ASSERT_TRUE(unprotect({.buckets = {BucketName("uploads")}}));

  ASSERT_TRUE(outcomes_.at(0));
  EXPECT_FALSE(outcomes_[0]->is_protected);
  EXPECT_FALSE(is_wired("uploads"));
  EXPECT_THAT(removals_, IsEmpty());
  EXPECT_TRUE(account_.home().topics.topics.contains(kTopic));
}

TEST_F(BucketsTest, WithTheLastBucketTheRegionGoesWhereThatIsWanted) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads"), BucketName("more")}}));

  ASSERT_TRUE(
      unprotect({.buckets = {BucketName("uploads"), BucketName("gone")}, .remove_unused = true}));
  ASSERT_THAT(removals_, SizeIs(1));  // Of the bucket whose region is known.
  EXPECT_EQ(removals_[0].outcome.value(), RegionRemoval::in_use);

  removals_.clear();
  ASSERT_TRUE(unprotect({.buckets = {BucketName("more")}, .remove_unused = true}));
  ASSERT_THAT(removals_, SizeIs(1));
  EXPECT_EQ(removals_[0].outcome.value(), RegionRemoval::removed);
  EXPECT_EQ(removals_[0].report.region, access_.region());
  EXPECT_THAT(account_.home().topics.topics, IsEmpty());
  EXPECT_FALSE(account_.home().queues.queues.contains("cordon-events-main"));
  EXPECT_TRUE(account_.home().queues.queues.contains("cordon-results-main"))
      << "it is the deployment's, as the system bucket is";
  EXPECT_FALSE(home().contains(kQuarantine));
}

TEST_F(BucketsTest, ARehearsedRemovalSeesTheRehearsedUnprotection) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}}));

  ASSERT_TRUE(
      unprotect({.buckets = {BucketName("uploads")}, .dry_run = true, .remove_unused = true}));

  ASSERT_THAT(removals_, SizeIs(1));
  EXPECT_EQ(removals_[0].outcome.value(), RegionRemoval::removed);
  EXPECT_TRUE(is_wired("uploads"));
  EXPECT_TRUE(account_.home().topics.topics.contains(kTopic));
  EXPECT_TRUE(home().contains(kQuarantine));
}

TEST_F(BucketsTest, AQueueWithMessagesIsRemovedOnlyWhenToldSo) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}}));
  account_.home().queues.queues.at("cordon-events-main").messages = 2;
  UnprotectRequest request{.buckets = {BucketName("uploads")}, .remove_unused = true};

  ASSERT_TRUE(unprotect(request));
  EXPECT_EQ(removals_.at(0).outcome.value(), RegionRemoval::holding);

  request.discard_messages = true;
  ASSERT_TRUE(unprotect(request));
  EXPECT_EQ(removals_.at(1).outcome.value(), RegionRemoval::removed);
}

TEST_F(BucketsTest, ABucketOfAnotherAccountIsReachedInTheRoleThatIsNamed) {
  ASSERT_TRUE(protect({.buckets = {BucketName("theirs")}, .member = kRole}));

  ASSERT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_EQ(theirs().at("theirs").notifications.entries.at(0).arn, kTopic);
  const auto known = access_.settings_writer().current(Deadline::never(), {});
  EXPECT_THAT(known->accounts, ElementsAre(kMember));
}

TEST_F(BucketsTest, ADryRunInAnotherAccountChangesNeitherBucketNorSettings) {
  ASSERT_TRUE(protect({.buckets = {BucketName("theirs")}, .member = kRole, .dry_run = true}));

  ASSERT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_[0]->is_protected);
  EXPECT_EQ(step(*outcomes_[0], "member account")->state, ProvisionStep::State::created);
  EXPECT_THAT(theirs().at("theirs").notifications.entries, IsEmpty());
  const auto known = access_.settings_writer().current(Deadline::never(), {});
  EXPECT_THAT(known->accounts, IsEmpty());

  ASSERT_TRUE(protect({.buckets = {BucketName("theirs")}, .member = kRole}));
  ASSERT_TRUE(unprotect({.buckets = {BucketName("theirs")}, .dry_run = true}));
  EXPECT_EQ(step(*outcomes_.at(0), "member account")->state, ProvisionStep::State::removed);
  EXPECT_THAT(theirs().at("theirs").notifications.entries, SizeIs(1));
}

TEST_F(BucketsTest, WhatTheSettingsSayOfABucketNeedsNoRole) {
  know_member();

  ASSERT_TRUE(protect({.buckets = {BucketName("theirs"), BucketName("uploads")}}));

  EXPECT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_.at(1)) << outcomes_[1].error().what;
  ASSERT_TRUE(status({.buckets = {BucketName("theirs")}}));
  EXPECT_TRUE(outcomes_.at(0)->is_protected);
}

TEST_F(BucketsTest, ARoleThatCannotBeTakenOnEndsTheWorkOnItsBucketOnly) {
  know_member();
  account_.member_of(kMember.role_arn).check_fails = Error{Errc::denied, "no"};

  ASSERT_TRUE(protect({.buckets = {BucketName("theirs"), BucketName("uploads")}}));

  EXPECT_EQ(outcomes_.at(0).error().code, Errc::denied);
  EXPECT_THAT(outcomes_[0].error().what, HasSubstr("trust policy"));
  EXPECT_TRUE(outcomes_.at(1));
  ASSERT_TRUE(status({.buckets = {BucketName("theirs")}}));
  EXPECT_EQ(outcomes_.at(0).error().code, Errc::denied);
}

TEST_F(BucketsTest, ABucketWhoseRoleIsGoneIsForgotten) {
  know_member();
  ASSERT_TRUE(protect({.buckets = {BucketName("theirs")}}));
  account_.member_of(kMember.role_arn).check_fails = Error{Errc::denied, "no"};

  ASSERT_TRUE(unprotect({.buckets = {BucketName("theirs")}}));

  ASSERT_TRUE(outcomes_.at(0)) << outcomes_[0].error().what;
  ASSERT_TRUE(outcomes_[0]->left);
  EXPECT_EQ(outcomes_[0]->left->code, Errc::denied);
  const auto known = access_.settings_writer().current(Deadline::never(), {});
  EXPECT_THAT(known->accounts, IsEmpty());
}

TEST_F(BucketsTest, ARoleThatCannotBeAskedForNowIsNotGone) {
  know_member();
  account_.member_of(kMember.role_arn).check_fails = Error{Errc::unavailable, "away"};

  ASSERT_TRUE(unprotect({.buckets = {BucketName("theirs")}}));

  EXPECT_EQ(outcomes_.at(0).error().code, Errc::unavailable);
  const auto known = access_.settings_writer().current(Deadline::never(), {});
  EXPECT_THAT(known->accounts, SizeIs(1));
}

TEST_F(BucketsTest, ListsTheBucketsOfSomeRegionsOrOfAnotherAccount) {
  ASSERT_TRUE(protect({.buckets = {BucketName("uploads")}}));
  home()["far"] = {.region = Region("us-east-1")};
  account_.place(Region("us-east-1")).site.buckets.buckets["far"] = {.region = Region("us-east-1")};
  const auto names = [this](const BucketListRequest& request) {
    const auto reports = list_buckets(access_, runtime_.runtime, request);
    std::vector<std::string> all;
    for (const ProvisionReport& one : *reports) {
      all.push_back(one.bucket.str() + (one.is_protected ? " protected" : ""));
    }
    return all;
  };

  EXPECT_THAT(names({.only_in = {Region("us-east-1")}}), ElementsAre("far"));
  EXPECT_THAT(names({.only_in = {Region("eu-west-1")}}),
              testing::IsSupersetOf({"more", "uploads protected"}));
  EXPECT_THAT(names({}), testing::IsSupersetOf({"far", "more", "uploads protected"}));
  EXPECT_THAT(names({}), testing::Each(testing::Not(testing::HasSubstr("cordon-"))))
      << "Cordon's own are nobody's to protect";
  EXPECT_THAT(names({.member = kRole}), ElementsAre("theirs"));

  account_.member_of(kMember.role_arn).check_fails = Error{Errc::denied, "no"};
  EXPECT_EQ(list_buckets(access_, runtime_.runtime, {.member = kRole}).error().code, Errc::denied);
}

TEST(ProvisionDocument, TellsBucketsRegionsAndDryRunsApart) {
  ProvisionReport report{.bucket = BucketName("b"), .region = Region("eu-west-1"), .steps = {}};
  report.is_protected = true;
  report.add(ProvisionPart::topic, "t", ProvisionStep::State::created, "new");

  EXPECT_EQ(
      boost::json::serialize(document_of(report, false)),
      R"({"schema":"cordon.provision-report/1","bucket":"b","region":"eu-west-1","protected":true,)"
      R"("steps":[{"what":"topic","name":"t","state":"created","note":"new"}]})");

  report = {.bucket = BucketName(), .region = Region("eu-west-1"), .steps = {}};
  EXPECT_EQ(
      boost::json::serialize(document_of(report, true)),
      R"({"schema":"cordon.provision-report/1","bucket":null,"region":"eu-west-1","protected":false,"steps":[],"dryRun":true})");
}

TEST_F(BucketsTest, APushedBucketIsProtectedListedAndTakenBack) {
  home()["uploads"].versioning = Versioning::on;
  const PushRequest request{.buckets = {BucketName("uploads"), BucketName("missing")}};

  ASSERT_TRUE(protect_push_buckets(access_, runtime_.runtime, request, listener()));

  ASSERT_THAT(outcomes_, SizeIs(2));
  ASSERT_TRUE(outcomes_[0]) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_[0]->is_protected);
  EXPECT_EQ(outcomes_[1].error().code, Errc::not_found) << "and the first one is protected";
  EXPECT_TRUE(account_.home().topics.topics.empty());
  const auto listed = list_push_buckets(access_, runtime_.runtime);
  ASSERT_TRUE(listed);
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ(listed->front().bucket, BucketName("uploads"));
  outcomes_.clear();
  ASSERT_TRUE(unprotect_push_buckets(access_, runtime_.runtime,
                                     {.buckets = {BucketName("uploads")}}, listener()));
  ASSERT_TRUE(outcomes_[0]);
  EXPECT_THAT(list_push_buckets(access_, runtime_.runtime).value(), IsEmpty());
}

TEST_F(BucketsTest, ADryRunOfAPushedBucketChangesNothing) {
  const PushRequest request{.buckets = {BucketName("uploads")}, .dry_run = true};

  ASSERT_TRUE(protect_push_buckets(access_, runtime_.runtime, request, listener()));

  ASSERT_TRUE(outcomes_[0]) << outcomes_[0].error().what;
  EXPECT_TRUE(outcomes_[0]->has(ProvisionPart::protected_set, ProvisionStep::State::created));
  EXPECT_THAT(list_push_buckets(access_, runtime_.runtime).value(), IsEmpty());
  EXPECT_FALSE(home().contains(kQuarantine));
}

}  // namespace
}  // namespace cordon
