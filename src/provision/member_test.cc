// Protection of buckets of another account: what is theirs, what is ours.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provision/dry_run.h"
#include "provision/gateway_link.h"
#include "provision/protection.h"
#include "testing/fake_admins.h"
#include "testing/fake_document_store.h"
#include "testing/fake_wiring.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const AccountId kHome("111122223333");
const AccountId kMember("444455556666");
const BucketName kTheirs("theirs");
const std::string kTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main";
const std::string kQuarantine = "cordon-quarantine-main-111122223333-eu-west-1";

class MemberTest : public testing::Test {
 protected:
  MemberTest() {
    theirs_.buckets["theirs"] = {};
    home_.buckets["ours"] = {};
  }

  MemberAccess access() {
    MemberAccess access{.account = {.id = kMember, .role_arn = "arn:aws:iam::444455556666:role/r"}};
    access.buckets = [this](const Region&) -> Result<BucketAdmin*> {
      if (out_of_reach_) return *out_of_reach_;
      return &theirs_;
    };
    access.enrol = [this](const BucketName& bucket, Deadline, std::stop_token) -> Result<bool> {
      const bool is_new = accounts_.empty();
      accounts_ = {
          {.id = kMember, .role_arn = "arn:aws:iam::444455556666:role/r", .buckets = {bucket}}};
      return is_new;
    };
    access.dismiss = [this](const BucketName&, Deadline, std::stop_token) -> Result<bool> {
      const bool was_known = !accounts_.empty();
      accounts_.clear();
      return was_known;
    };
    return access;
  }
  Protection protection(bool of_member) {
    Protection made(
        *Deployment::create("main"), kHome, Region("eu-west-1"), regions_, wiring_,
        [this](Deadline, std::stop_token) -> Result<std::vector<MemberAccount>> {
          return accounts_;
        },
        /*tls_only=*/true);
    made.know_register(register_);
    if (of_member) made.serve_member(access());
    return made;
  }
  Result<ProvisionReport> protect() {
    return protection(true).protect(kTheirs, Deadline::never(), {});
  }
  std::string quarantine_policy_text() { return home_.buckets.at(kQuarantine).policy; }

  std::vector<AccountId> let_in() { return accounts_let_in(topics_.topics.at(kTopic).policy); }
  bool is_listed() {
    return register_.current(Deadline::never(), {}).value().buckets.contains(kTheirs);
  }

  FakeDocumentStore set_;
  ProtectedRegister register_{set_, [](auto, auto) -> Result<void> { return {}; }, false};
  std::optional<Error> out_of_reach_;  ///< Whatever is asked of their buckets.
  FakeBucketAdmin home_;
  FakeBucketAdmin theirs_;
  FakeTopicAdmin topics_;
  FakeQueueAdmin queues_;
  FakeTopicListening listening_;
  FakeEventBus bus_;
  FakeFileShareAdmin shares_;
  std::vector<MemberAccount> accounts_;
  RegionAdminSource regions_ = [this](const Region&) -> Result<RegionAdmin> {
    return RegionAdmin{home_, topics_, queues_};
  };
  RegionWiringSource wiring_ = [this](const Region&) -> Result<RegionWiring> {
    return RegionWiring{listening_, bus_, shares_};
  };
};

TEST_F(MemberTest, TheBucketIsTheirsAndEverythingElseOurs) {
  const auto report = protect();

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(theirs_.buckets.at("theirs").notifications.entries.at(0).arn, kTopic);
  EXPECT_EQ(theirs_.buckets.size(), 1U);
  EXPECT_THAT(accounts_let_in(topics_.topics.at(kTopic).policy), ElementsAre(kHome, kMember));
  EXPECT_THAT(quarantine_policy_text(), HasSubstr("/theirs/*"));
  EXPECT_THAT(quarantine_policy_text(), HasSubstr("arn:aws:iam::444455556666:role/r"));
  EXPECT_TRUE(protection(true).status(kTheirs, Deadline::never(), {})->is_protected);
}

TEST_F(MemberTest, ProtectingOursKeepsWhatTheirsNeeds) {
  ASSERT_TRUE(protect());
  const std::string topic = topics_.topics.at(kTopic).policy;
  const std::string quarantine = quarantine_policy_text();

  ASSERT_TRUE(protection(false).protect(BucketName("ours"), Deadline::never(), {}));

  EXPECT_TRUE(is_same_policy(topics_.topics.at(kTopic).policy, topic));
  EXPECT_EQ(quarantine_policy_text(), quarantine);
}

TEST_F(MemberTest, UnprotectTakesTheAccountOutAgain) {
  ASSERT_TRUE(protect());

  ASSERT_TRUE(protection(true).unprotect(kTheirs, Deadline::never(), {}));

  EXPECT_THAT(theirs_.buckets.at("theirs").notifications.entries, IsEmpty());
  EXPECT_THAT(accounts_let_in(topics_.topics.at(kTopic).policy), ElementsAre(kHome));
  EXPECT_THAT(accounts_, IsEmpty());
  ASSERT_TRUE(protection(false).protect(BucketName("ours"), Deadline::never(), {}));
  EXPECT_THAT(quarantine_policy_text(), Not(HasSubstr("444455556666")));
}

// Each of these once wrote the topic's policy without knowing who is a member.
TEST_F(MemberTest, AWayByTheEventBusKeepsTheMembers) {
  ASSERT_TRUE(protect());
  home_.buckets.at("ours").notifications.entries = {{.id = "x",
                                                     .target = NotificationEntry::Target::queue,
                                                     .arn = "arn:aws:sqs:eu-west-1:111122223333:q",
                                                     .events = {"s3:ObjectCreated:*"}}};

  const auto report = protection(false).protect(BucketName("ours"), Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(has_statement(topics_.topics.at(kTopic).policy, kTopicFromEventBusSid));
  EXPECT_THAT(let_in(), ElementsAre(kHome, kMember));
  EXPECT_TRUE(protection(true).status(kTheirs, Deadline::never(), {})->is_protected);
}

TEST_F(MemberTest, TheFirstGatewayLinkKeepsTheMembers) {
  ASSERT_TRUE(protect());
  const std::string share = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-nfs";
  shares_.shares[share] = {.arn = share, .bucket = BucketName("ours")};
  Protection ours = protection(false);
  GatewayLink gateway(*Deployment::create("main"), kHome, regions_, wiring_, ours);

  ASSERT_TRUE(gateway.link(share, {}, Deadline::never(), {}));

  EXPECT_TRUE(has_statement(topics_.topics.at(kTopic).policy, kTopicFromEventBusSid));
  EXPECT_THAT(let_in(), ElementsAre(kHome, kMember));
}

TEST_F(MemberTest, UnprotectShutsTheQuarantineAtOnce) {
  ASSERT_TRUE(protect());

  ASSERT_TRUE(protection(true).unprotect(kTheirs, Deadline::never(), {}));

  EXPECT_THAT(quarantine_policy_text(), Not(HasSubstr("444455556666")));
}

TEST_F(MemberTest, ABucketThatIsGoneIsForgottenEverywhere) {
  ASSERT_TRUE(protect());
  ASSERT_TRUE(is_listed());
  theirs_.buckets.clear();

  const auto report = protection(true).unprotect(kTheirs, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_FALSE(report->left);
  EXPECT_FALSE(is_listed());
  EXPECT_THAT(accounts_, IsEmpty());
  EXPECT_THAT(let_in(), ElementsAre(kHome));
  EXPECT_THAT(quarantine_policy_text(), Not(HasSubstr("444455556666")));
  EXPECT_EQ(protection(true).unprotect(kTheirs, Deadline::never(), {}).error().code,
            Errc::not_found);
}

TEST_F(MemberTest, ABucketWhoseAccountIsOutOfReachIsForgottenAndSaidToBe) {
  ASSERT_TRUE(protect());
  out_of_reach_ = Error{Errc::denied, "cannot take on the role"};

  const auto report = protection(true).unprotect(kTheirs, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  ASSERT_TRUE(report->left);
  EXPECT_EQ(report->left->what, "cannot take on the role");
  EXPECT_FALSE(is_listed());
  EXPECT_THAT(accounts_, IsEmpty());
  EXPECT_THAT(let_in(), ElementsAre(kHome));
}

TEST_F(MemberTest, WhatIsAwayForAMomentIsNotForgotten) {
  ASSERT_TRUE(protect());
  for (const Errc code : {Errc::unavailable, Errc::throttled, Errc::timeout}) {
    out_of_reach_ = Error{code, "away"};
    EXPECT_EQ(protection(true).unprotect(kTheirs, Deadline::never(), {}).error().code, code);
  }
  EXPECT_TRUE(is_listed());
  EXPECT_EQ(accounts_.size(), 1U);
  EXPECT_THAT(let_in(), ElementsAre(kHome, kMember));
}

TEST_F(MemberTest, AnEntryOfAnAccountThatTheSettingsNoLongerNameCanBeTakenOut) {
  ASSERT_TRUE(protect());
  accounts_.clear();
  FakeBucketAdmin::Bucket& stranger = home_.buckets["theirs"];
  stranger.region_of_fails = Error{Errc::denied, "another account's"};

  const auto report = protection(false).unprotect(kTheirs, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->left);
  EXPECT_FALSE(is_listed());
  home_.buckets.at("ours").region_of_fails = Error{Errc::denied, "no right"};
  EXPECT_EQ(protection(false).unprotect(BucketName("ours"), Deadline::never(), {}).error().code,
            Errc::denied);
}

TEST_F(MemberTest, ABucketWithoutRoomIsRefusedBeforeAnythingChanges) {
  theirs_.buckets.at("theirs").notifications.entries = {
      {.id = "x",
       .target = NotificationEntry::Target::queue,
       .arn = "arn:aws:sqs:eu-west-1:444455556666:q",
       .events = {"s3:ObjectCreated:*"}}};

  const auto refused = protect();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_THAT(refused.error().what, HasSubstr("make room"));
  EXPECT_THAT(topics_.topics, IsEmpty());
  EXPECT_THAT(accounts_, IsEmpty());
}

}  // namespace
}  // namespace cordon
