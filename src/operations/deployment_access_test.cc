#include "operations/deployment_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/fake_account.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const BucketName kUploads("uploads");
const BucketName kTheirs("theirs");
const BucketName kFar("far");  ///< Ours, in another region.
const std::string kShare = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-nfs";
const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r",
                            .external_id = "contract-7",
                            .buckets = {kTheirs}};

/// A deployment with a bucket in either region, and one of a member account.
class DeploymentAccessTest : public testing::Test {
 protected:
  DeploymentAccessTest() {
    account_.home().buckets.buckets[kUploads.str()] = {};
    for (auto* place : {&account_.home(), &account_.place(kOther).site}) {
      place->buckets.buckets[kFar.str()].region = kOther;
    }
    role().home_buckets.buckets.buckets[kTheirs.str()] = {};
  }

  FakeAccount::Member& role() { return account_.member_of(kMember.role_arn); }
  FakeBucketAdmin::Bucket& uploads() { return account_.home().buckets.buckets[kUploads.str()]; }
  void protect(const BucketName& bucket) {
    const auto report = access_.protection().protect(bucket, Deadline::never(), {});
    ASSERT_TRUE(report) << report.error().what;
  }
  /// The member is in the settings, and its bucket's events are led to us.
  void protect_theirs() {
    Protection protection = access_.protection();
    protection.serve_member(access_.member(kMember, Deadline::never(), {}).value());
    const auto report = protection.protect(kTheirs, Deadline::never(), {});
    ASSERT_TRUE(report) << report.error().what;
  }
  Result<bool> leads(const BucketName& bucket, bool by_gateway = false,
                     const DeploymentAccess::Owner& owner = std::nullopt) {
    return access_.leads_here({.bucket = bucket, .told_at = {}, .by_gateway = by_gateway}, owner,
                              Deadline::never(), {});
  }
  Result<bool> watched(const BucketName& bucket,
                       const DeploymentAccess::Owner& owner = std::nullopt) {
    return access_.is_watched(bucket, owner, Deadline::never(), {});
  }

  const Region kOther{"us-east-1"};
  FakeAccount account_;
  DeploymentAccess access_{account_};
};

TEST_F(DeploymentAccessTest, IsOfTheAccountThatItStandsOn) {
  EXPECT_EQ(access_.deployment().name(), "main");
  EXPECT_EQ(access_.region(), Region("eu-west-1"));
  EXPECT_EQ(access_.account(), AccountId("111122223333"));
  EXPECT_EQ(access_.settings_origin(), "s3://cordon-system-main-111122223333/settings.json");
  EXPECT_EQ(access_.protected_origin(), "s3://cordon-system-main-111122223333/protected.json");
}

// --- where events are led ----------------------------------------------------------------------

TEST_F(DeploymentAccessTest, ABucketIsLedHereOnceItIsProtected) {
  EXPECT_FALSE(leads(kUploads).value());
  EXPECT_FALSE(watched(kUploads).value());

  protect(kUploads);

  EXPECT_TRUE(leads(kUploads).value());
  EXPECT_TRUE(watched(kUploads).value());
  EXPECT_THAT(access_.watched_buckets(Deadline::never(), {}).value(), ElementsAre(kUploads));
}

TEST_F(DeploymentAccessTest, WhatIsMissingBesideTheNotificationDoesNotUnwatchABucket) {
  protect(kUploads);
  account_.home().buckets.buckets.erase(
      access_.deployment().quarantine_bucket(access_.account(), access_.region()).str());

  EXPECT_TRUE(watched(kUploads).value());

  uploads().notifications = {};
  EXPECT_FALSE(watched(kUploads).value());
  EXPECT_THAT(access_.watched_buckets(Deadline::never(), {}).value(), IsEmpty());
}

TEST_F(DeploymentAccessTest, BucketsOfOtherRegionsAreNotAmongThoseOfThisOne) {
  protect(kFar);

  EXPECT_THAT(access_.watched_buckets(Deadline::never(), {}).value(), IsEmpty());
  EXPECT_FALSE(access_.is_here(kFar, std::nullopt, Deadline::never(), {}).value());
  EXPECT_TRUE(access_.is_here(kUploads, std::nullopt, Deadline::never(), {}).value());
  EXPECT_EQ(access_.region_of(kFar, std::nullopt, Deadline::never(), {}).value(), kOther);
}

TEST_F(DeploymentAccessTest, AMembersBucketIsAskedInItsRole) {
  EXPECT_FALSE(leads(kTheirs, false, kMember).value());

  protect_theirs();

  EXPECT_TRUE(leads(kTheirs, false, kMember).value());
  EXPECT_TRUE(watched(kTheirs, kMember).value());
  EXPECT_TRUE(access_.is_here(kTheirs, kMember, Deadline::never(), {}).value());
  EXPECT_EQ(leads(kTheirs).error().code, Errc::not_found) << "with our own rights there is none";
}

TEST_F(DeploymentAccessTest, ARefusalOfABucketThatIsNotOursMeansThatItIsNotLedHere) {
  account_.home().buckets.buckets["foreign"].notifications_fail =
      Error{Errc::denied, "s3:GetBucketNotification"};
  EXPECT_EQ(leads(BucketName("foreign")).error().code, Errc::denied) << "it is ours";

  account_.census().foreign = {"foreign"};
  EXPECT_FALSE(leads(BucketName("foreign")).value());

  account_.census().list_error = Error{Errc::denied, "s3:ListAllMyBuckets"};
  EXPECT_EQ(leads(BucketName("foreign")).error().code, Errc::denied) << "nobody knows";
}

// Somebody made a bucket under a name that was ours.
TEST_F(DeploymentAccessTest, ABucketThatIsAnothersByNowIsTakenOutOfWhatAgentsKnow) {
  const auto unprotect = [this] {
    return access_.protection().unprotect(kUploads, Deadline::never(), {});
  };
  protect(kUploads);
  uploads().notifications_fail = Error{Errc::denied, "s3:GetBucketNotification"};
  EXPECT_EQ(unprotect().error().code, Errc::denied) << "it is ours, and its events still come";

  account_.census().foreign = {kUploads.str()};
  const auto report = unprotect();

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->left);
  EXPECT_EQ(unprotect().error().code, Errc::denied) << "nothing is known of it any more";
}

TEST_F(DeploymentAccessTest, AFileShareThatIsLinkedLeadsItsUploadsHere) {
  account_.home().shares.shares[kShare] = {.arn = kShare, .bucket = kUploads, .prefix = ""};
  EXPECT_FALSE(leads(kUploads, /*by_gateway=*/true).value());

  Protection protection = access_.protection();
  const auto linked = access_.gateway_link(protection).link(kShare, {}, Deadline::never(), {});

  ASSERT_TRUE(linked) << linked.error().what;
  EXPECT_TRUE(leads(kUploads, /*by_gateway=*/true).value());
  EXPECT_FALSE(leads(kUploads, /*by_gateway=*/false).value());
  EXPECT_EQ(access_.file_shares().value(), &account_.home().shares);
}

TEST_F(DeploymentAccessTest, ADryRunChangesNothing) {
  DryRun dry_run(access_.account(), access_.region_admins(), access_.region_wiring());

  const auto report = access_.protection(dry_run).protect(kUploads, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_FALSE(leads(kUploads).value());
  EXPECT_THAT(account_.home().queues.queues, IsEmpty());
}

// --- member accounts -----------------------------------------------------------------------

TEST_F(DeploymentAccessTest, TakesOnRolesOfOtherAccountsOnly) {
  const std::pair<const char*, const char*> kRoles[] = {
      {"no role", "arn:aws:iam::444455556666:user/u"},
      {"another partition", "arn:aws-cn:iam::444455556666:role/r"},
      {"our own account", "arn:aws:iam::111122223333:role/r"}};
  for (const auto& [what, role] : kRoles) {
    SCOPED_TRACE(what);
    const MemberAccount account{.id = {}, .role_arn = role};

    EXPECT_EQ(access_.member(account, Deadline::never(), {}).error().code, Errc::invalid);
    EXPECT_EQ(access_.member_out_of_reach(account, Error{Errc::denied, "x"}).error().code,
              Errc::invalid);
  }
}

TEST_F(DeploymentAccessTest, ARoleThatCannotBeTakenOnSaysWhatItMustSay) {
  role().check_fails = Error{Errc::denied, "sts:AssumeRole"};

  const auto refused = access_.member(kMember, Deadline::never(), {});

  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_THAT(refused.error().what, HasSubstr("must name account 111122223333"));
  EXPECT_EQ(leads(kTheirs, false, kMember).error().code, Errc::denied);
  EXPECT_EQ(watched(kTheirs, kMember).error().code, Errc::denied);
  EXPECT_EQ(access_.region_of(kTheirs, kMember, Deadline::never(), {}).error().code, Errc::denied);

  role().check_fails = Error{Errc::unavailable, "away"};
  EXPECT_EQ(access_.member(kMember, Deadline::never(), {}).error().what, "away");
}

TEST_F(DeploymentAccessTest, AMemberIsEnrolledInTheSettingsAndDismissed) {
  const MemberAccess access = access_.member(kMember, Deadline::never(), {}).value();

  EXPECT_TRUE(access.enrol(kTheirs, Deadline::never(), {}).value());
  const auto policies = access_.settings_writer().current(Deadline::never(), {});
  ASSERT_EQ(policies->accounts.size(), 1U);
  EXPECT_EQ(policies->accounts[0].role_arn, kMember.role_arn);

  EXPECT_TRUE(access.dismiss(kTheirs, Deadline::never(), {}).value());
  EXPECT_THAT(access_.settings_writer().current(Deadline::never(), {})->accounts, IsEmpty());
}

TEST_F(DeploymentAccessTest, AMemberOutOfReachCanOnlyBeDismissed) {
  Settings settings;
  settings.accounts = {kMember};
  account_.stored("settings.json").put(to_document(settings));

  const auto access = access_.member_out_of_reach(kMember, Error{Errc::denied, "sts:AssumeRole"});

  ASSERT_TRUE(access);
  EXPECT_EQ(access->buckets(access_.region()).error().code, Errc::denied);
  EXPECT_TRUE(access->dismiss(kTheirs, Deadline::never(), {}).value());
}

// --- buckets -----------------------------------------------------------------------------------

TEST_F(DeploymentAccessTest, PoliciesAreChangedWhereTheBucketIs) {
  const auto home = access_.bucket_policies(kUploads, std::nullopt, Deadline::never(), {});
  const auto far = access_.bucket_policies(kFar, std::nullopt, Deadline::never(), {});
  const auto theirs = access_.bucket_policies(kTheirs, kMember, Deadline::never(), {});
  const auto none =
      access_.bucket_policies(BucketName("none"), std::nullopt, Deadline::never(), {});

  ASSERT_TRUE(home && far && theirs);
  EXPECT_EQ(&home->policies, &account_.place(access_.region()).policies);
  EXPECT_EQ(far->region, kOther);
  EXPECT_EQ(&far->policies, &account_.place(kOther).policies);
  EXPECT_EQ(&theirs->policies, &role().policies);
  EXPECT_EQ(none.error().code, Errc::not_found);
}

TEST_F(DeploymentAccessTest, TheSystemBucketIsMadeWhereItIsMissing) {
  const std::string name = access_.deployment().system_bucket(access_.account()).str();
  ASSERT_FALSE(account_.home().buckets.buckets.contains(name));

  ASSERT_TRUE(access_.ensure_system_bucket(Deadline::never(), {}));
  ASSERT_TRUE(account_.home().buckets.buckets.contains(name));
  const int writes = account_.home().buckets.policy_writes;
  ASSERT_TRUE(access_.ensure_system_bucket(Deadline::never(), {}));
  EXPECT_EQ(account_.home().buckets.policy_writes, writes);

  ASSERT_TRUE(access_.ensure_bucket(BucketName("trial"), Deadline::never(), {}));
  EXPECT_TRUE(account_.home().buckets.buckets.contains("trial"));
}

TEST_F(DeploymentAccessTest, AnAccountRegionalSystemBucketIsMadeInTheRegionOfItsName) {
  account_.who.deployment = account_.who.deployment.with_account_regional_buckets(kOther);
  const std::string name = access_.deployment().system_bucket(access_.account()).str();

  ASSERT_TRUE(access_.ensure_system_bucket(Deadline::never(), {}));

  EXPECT_TRUE(account_.place(kOther).site.buckets.buckets.contains(name));
  EXPECT_FALSE(account_.home().buckets.buckets.contains(name));
}

TEST_F(DeploymentAccessTest, WhatIsInARegionThatIsNotThereCannotBeFoundOut) {
  account_.who.region = Region("mars-1");

  EXPECT_EQ(access_.file_shares().error().code, Errc::unavailable);
  EXPECT_EQ(leads(kUploads).error().code, Errc::unavailable);
  EXPECT_EQ(access_.event_queue(Deadline::never(), {}).error().code, Errc::unavailable);
  EXPECT_FALSE(access_.ensure_bucket(kUploads, Deadline::never(), {}));
  EXPECT_FALSE(access_.ensure_system_bucket(Deadline::never(), {}));
}

// --- queues and documents ------------------------------------------------------------------

TEST_F(DeploymentAccessTest, QueuesThatAreMissingSayHowTheyAreMade) {
  const Error errors[] = {access_.event_queue(Deadline::never(), {}).error(),
                          access_.sweep_queue(Deadline::never(), {}).error(),
                          access_.scan_requests(Deadline::never(), {}).error(),
                          access_.dead_letters(Deadline::never(), {}).error()};

  for (const Error& error : errors) {
    EXPECT_EQ(error.code, Errc::not_found);
    EXPECT_THAT(error.what, HasSubstr("cordon bucket protect BUCKET"));
  }
}

TEST_F(DeploymentAccessTest, QueuesAreThoseOfTheDeployment) {
  protect(kUploads);
  account_.queue(access_.deployment().event_queue()).send("event");
  account_.queue(access_.deployment().sweep_queue()).send("sweep");

  const auto events = access_.event_queue(Deadline::never(), {});
  const auto sweeps = access_.sweep_queue(Deadline::never(), {});

  ASSERT_TRUE(events && sweeps);
  const auto claims = events->queue->receive(1, std::chrono::seconds(0), Deadline::never(), {});
  EXPECT_EQ(claims->at(0).body, "event");
  const auto turns = sweeps->queue->receive(1, std::chrono::seconds(0), Deadline::never(), {});
  EXPECT_EQ(turns->at(0).body, "sweep");
  EXPECT_EQ(events->visibility, account_.home().queues.queues.at("cordon-events-main").visibility);
}

TEST_F(DeploymentAccessTest, ScanRequestsGoToTheSweepQueue) {
  account_.queue(access_.deployment().sweep_queue());

  const auto requests = access_.scan_requests(Deadline::never(), {});

  ASSERT_TRUE(requests);
  ASSERT_TRUE((*requests)->send({{.object = {kUploads, ObjectKey("k")}}}, Deadline::never(), {}));
  EXPECT_EQ(account_.scan_requests.sent.size(), 1U);
}

TEST_F(DeploymentAccessTest, DeadLettersNeedNoSweepQueueButAnAnswerAboutIt) {
  account_.queue(access_.deployment().event_queue());
  account_.queue(access_.deployment().dead_letters());
  EXPECT_TRUE(access_.dead_letters(Deadline::never(), {}));

  account_.queue(access_.deployment().sweep_queue());
  EXPECT_TRUE(access_.dead_letters(Deadline::never(), {}));

  account_.home().queues.find_fails = Error{Errc::denied, "sqs:GetQueueUrl"};
  EXPECT_EQ(access_.dead_letters(Deadline::never(), {}).error().code, Errc::denied);
}

TEST_F(DeploymentAccessTest, DocumentsAreInTheSystemBucketByTheirKeys) {
  account_.stored("sweeps/uploads.json").put("checkpoint");
  account_.stored("other.json").put("other");

  const auto checkpoint =
      access_.sweep_checkpoint(kUploads)->read(std::nullopt, Deadline::never(), {});
  const auto other =
      access_.system_document(ObjectKey("other.json"))->read(std::nullopt, Deadline::never(), {});

  EXPECT_EQ((*checkpoint)->document, "checkpoint");
  EXPECT_EQ((*other)->document, "other");
}

TEST_F(DeploymentAccessTest, PoliciesAreThoseOfTheSettingsOfTheMoment) {
  EXPECT_TRUE(access_.policies()(Deadline::never(), {}));

  account_.stored("settings.json").put("{");

  EXPECT_EQ(access_.policies()(Deadline::never(), {}).error().code, Errc::invalid);
}

}  // namespace
}  // namespace cordon
