#include "provision/member_upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provision/protection.h"
#include "testing/fake_document_store.h"
#include "testing/fake_site.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using State = ProvisionStep::State;

const AccountId kHome("111122223333");
const Region kDublin("eu-west-1");
const Region kOregon("us-west-2");
const std::string kRole = "arn:aws:iam::444455556666:role/r";
const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = kRole,
                            .external_id = "contract-7",
                            .buckets = {BucketName("theirs")}};

/// Two regions with what a first bucket of each needs.
class MemberUpkeepTest : public testing::Test {
 protected:
  MemberUpkeepTest() {
    for (const Region& region : {kDublin, kOregon}) {
      ProvisionReport report{.bucket = BucketName(), .region = region, .steps = {}};
      Protection made(*Deployment::create("main"), kHome, kDublin, regions_, wiring_, no_members(),
                      /*tls_only=*/true);
      EXPECT_TRUE(made.prepare(region, report, Deadline::never(), {}));
      EXPECT_TRUE(register_.add(BucketName("ours-" + region.str()), kHome, region, kByEvents,
                                Deadline::never(), {}));
    }
  }
  FakeSite& site(const Region& region) { return region == kDublin ? dublin_ : oregon_; }
  std::string topic_policy(const Region& region) {
    return site(region).topics.topics.begin()->second.policy;
  }
  std::string quarantine(const Region& region) {
    return site(region)
        .buckets.buckets.at("cordon-quarantine-main-111122223333-" + region.str())
        .policy;
  }
  std::vector<ProvisionStep> follow(const std::vector<MemberAccount>& before,
                                    const std::vector<MemberAccount>& now) {
    auto steps = upkeep_.follow(before, now, register_, Deadline::never(), {});
    EXPECT_TRUE(steps) << steps.error().what;
    return steps ? *steps : std::vector<ProvisionStep>();
  }
  /// The note of the first such step.
  static std::string note(const std::vector<ProvisionStep>& steps, const std::string& what,
                          State state) {
    for (const ProvisionStep& step : steps) {
      if (name_of(step.part) == what && step.state == state) return step.name + ": " + step.note;
    }
    return "(none)";
  }

  FakeSite dublin_{kDublin};
  FakeSite oregon_{kOregon};
  RegionAdminSource regions_ = [this](const Region& region) -> Result<RegionAdmin> {
    return RegionAdmin{site(region).buckets, site(region).topics, site(region).queues};
  };
  RegionWiringSource wiring_ = [this](const Region& region) -> Result<RegionWiring> {
    return RegionWiring{site(region).listening, site(region).bus, site(region).shares};
  };
  FakeDocumentStore set_;
  ProtectedRegister register_{set_, [](auto, auto) -> Result<void> { return {}; }, false};
  MemberUpkeep upkeep_{*Deployment::create("main"), kHome, kDublin, regions_, true};
};

TEST_F(MemberUpkeepTest, ANewAccountIsLetInEverywhereAndTheRestIsSaid) {
  const auto steps = follow({}, {kMember});

  for (const Region& region : {kDublin, kOregon}) {
    EXPECT_THAT(accounts_let_in(topic_policy(region)), ElementsAre(kHome, kMember.id));
    EXPECT_THAT(quarantine(region), HasSubstr("/theirs/*"));
  }
  EXPECT_THAT(note(steps, "member bucket", State::missing),
              HasSubstr("run: cordon bucket protect theirs"));
  EXPECT_THAT(note(steps, "role", State::kept), HasSubstr(kRole));
  EXPECT_THAT(note(steps, "role", State::kept), HasSubstr("cordon iam agent"));
  EXPECT_THAT(follow({kMember}, {kMember}), IsEmpty()) << "a second run finds nothing to do";
}

TEST_F(MemberUpkeepTest, AnAccountThatLeftIsShutOutEverywhereAndItsBucketsAreNotActedIn) {
  (void)follow({}, {kMember});
  ASSERT_TRUE(
      register_.add(BucketName("theirs"), kMember.id, kOregon, kByEvents, Deadline::never(), {}));

  const auto steps = follow({kMember}, {});

  for (const Region& region : {kDublin, kOregon}) {
    EXPECT_THAT(accounts_let_in(topic_policy(region)), ElementsAre(kHome));
    EXPECT_THAT(quarantine(region), Not(HasSubstr("444455556666")));
  }
  EXPECT_EQ(register_.current(Deadline::never(), {})->buckets.size(), 2U);
  EXPECT_THAT(note(steps, "protected set", State::removed), HasSubstr("theirs"));
  EXPECT_THAT(note(steps, "member bucket", State::kept),
              HasSubstr("cordon bucket unprotect theirs --role-arn " + kRole +
                        " --external-id contract-7"));
  EXPECT_THAT(note(steps, "role", State::kept), HasSubstr("any more"));
}

TEST_F(MemberUpkeepTest, AnotherRoleIsAllowedIntoTheQuarantineInItsPlace) {
  (void)follow({}, {kMember});
  MemberAccount changed = kMember;
  changed.role_arn = "arn:aws:iam::444455556666:role/new";

  const auto steps = follow({kMember}, {changed});

  EXPECT_THAT(quarantine(kOregon), HasSubstr("role/new"));
  EXPECT_THAT(quarantine(kOregon), Not(HasSubstr("role/r\"")));
  EXPECT_EQ(note(steps, "member bucket", State::missing), "(none)");
  EXPECT_THAT(note(steps, "role", State::kept), HasSubstr("role/new"));
}

TEST_F(MemberUpkeepTest, ABucketThatIsEnteredAlreadyIsNotSaidToBeMissing) {
  ASSERT_TRUE(
      register_.add(BucketName("theirs"), kMember.id, kDublin, kByEvents, Deadline::never(), {}));

  EXPECT_EQ(note(follow({}, {kMember}), "member bucket", State::missing), "(none)");
}

TEST_F(MemberUpkeepTest, WhatMayNotBeDoneIsSaidAndHoldsUpNoOtherRegion) {
  dublin_.topics.set_policy_fails = Error{Errc::denied, "no right"};
  auto steps = follow({}, {kMember});
  EXPECT_THAT(note(steps, "member accounts", State::missing),
              HasSubstr("cordon iam operator --region eu-west-1"));
  EXPECT_THAT(accounts_let_in(topic_policy(kOregon)), ElementsAre(kHome, kMember.id));

  dublin_.topics.set_policy_fails = Error{Errc::unavailable, "away"};
  steps = follow({kMember}, {kMember});
  EXPECT_THAT(note(steps, "member accounts", State::missing), HasSubstr("away"));

  set_.fail_with(Error{Errc::denied, "no right"});
  steps = follow({kMember}, {});
  EXPECT_THAT(note(steps, "protected set", State::missing), HasSubstr("no right"));
}

// A topic elsewhere would otherwise lack the account, and every bucket there count as not
// protected.
TEST_F(MemberUpkeepTest, ProtectingInOneRegionLetsTheAccountInInAll) {
  FakeBucketAdmin theirs;
  theirs.buckets["theirs"] = {.region = kOregon};
  std::vector<MemberAccount> known;
  const auto make = [&] {
    Protection made(
        *Deployment::create("main"), kHome, kDublin, regions_, wiring_,
        [&](auto, auto) { return Result<std::vector<MemberAccount>>(known); }, /*tls_only=*/true);
    made.know_register(register_);
    MemberAccess access{.account = kMember};
    access.buckets = [&](const Region&) -> Result<BucketAdmin*> { return &theirs; };
    access.enrol = [&](auto, auto, auto) -> Result<bool> {
      known = {kMember};
      return true;
    };
    access.dismiss = [&](auto, auto, auto) -> Result<bool> {
      known.clear();
      return true;
    };
    made.serve_member(std::move(access));
    return made;
  };

  ASSERT_TRUE(make().protect(BucketName("theirs"), Deadline::never(), {}));
  for (const Region& region : {kDublin, kOregon}) {
    EXPECT_THAT(accounts_let_in(topic_policy(region)), ElementsAre(kHome, kMember.id));
  }
  // Rights are per region: without those of another one the bucket is protected all the same.
  dublin_.topics.set_policy_fails = Error{Errc::denied, "no right"};
  const auto report = make().unprotect(BucketName("theirs"), Deadline::never(), {});
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(note(report->steps, "member accounts", State::missing), HasSubstr("eu-west-1"));
  EXPECT_THAT(accounts_let_in(topic_policy(kOregon)), ElementsAre(kHome));
}

TEST_F(MemberUpkeepTest, WithoutMembersNothingIsAskedFor) {
  set_.fail_with(Error{Errc::denied, "no right"});

  EXPECT_THAT(follow({}, {}), IsEmpty());
}

TEST_F(MemberUpkeepTest, ARegionWithoutResourcesGetsNone) {
  oregon_.topics.topics.clear();
  oregon_.buckets.buckets.clear();

  (void)follow({}, {kMember});

  EXPECT_THAT(oregon_.topics.topics, IsEmpty());
  EXPECT_THAT(oregon_.buckets.buckets, IsEmpty());
}

}  // namespace
}  // namespace cordon
