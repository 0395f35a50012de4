#include "operations/member_buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_account.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kRole = "arn:aws:iam::444455556666:role/cordon";
const BucketName kOurs("ours");
const BucketName kTheirs("theirs");

class MemberBucketsTest : public testing::Test {
 protected:
  MemberBucketsTest() {
    settings_->accounts = {
        {.id = AccountId("444455556666"), .role_arn = kRole, .buckets = {kTheirs}}};
    account_.home().buckets.buckets[kOurs.str()] = {};
    member_.home_buckets.buckets.buckets[kTheirs.str()] = {};
    account_.objects.make_bucket(kOurs);
    member_.objects.make_bucket(kTheirs);
  }

  void protect(const BucketName& bucket) {
    Protection protection = access_.protection();
    if (const auto owner = buckets_.owner(bucket)) {
      protection.serve_member(*access_.member(*owner, Deadline::never(), {}));
    }
    const auto report = protection.protect(bucket, Deadline::never(), {});
    ASSERT_TRUE(report) << report.error().what;
  }
  Result<WatchedBuckets> watched(std::stop_token stop = {}) {
    return buckets_.watched(Deadline::never(), std::move(stop));
  }

  FakeAccount account_;
  FakeAccount::Member& member_ = account_.member_of(kRole);
  DeploymentAccess access_{account_};
  std::shared_ptr<Settings> settings_ = std::make_shared<Settings>();
  MemberBuckets buckets_{access_, [this] { return settings_; }};
};

TEST_F(MemberBucketsTest, ObjectsAreReachedWithTheRightsThatTheirBucketTakes) {
  account_.objects.put(kOurs, ObjectKey("k"), "our bytes");
  member_.objects.put(kTheirs, ObjectKey("k"), "bytes of theirs");

  for (ObjectStore* store : {&buckets_.store(), &buckets_.restoring_store()}) {
    EXPECT_EQ(store->head({kOurs, ObjectKey("k")}, Deadline::never(), {})->bytes, 9U);
    EXPECT_EQ(store->head({kTheirs, ObjectKey("k")}, Deadline::never(), {})->bytes, 15U);
  }
  for (const BucketName& bucket : {kOurs, kTheirs}) {
    const auto page = buckets_.catalogue().list({.bucket = bucket}, Deadline::never(), {});
    ASSERT_TRUE(page) << bucket.str();
    EXPECT_EQ(page->versions.size(), 1U);
  }
}

TEST_F(MemberBucketsTest, OnlyTheWayBackIsCopiedAsWhoReachesTheDestination) {
  account_.objects.make_bucket(kTheirs);
  member_.objects.make_bucket(kOurs);
  const ETag etag = account_.objects.put(kOurs, ObjectKey("k"), "x").etag;
  member_.objects.put(kOurs, ObjectKey("k"), "x");
  const CopyRequest request{.from = {kOurs, ObjectKey("k")},
                            .from_etag = etag,
                            .bytes = 1,
                            .to_bucket = kTheirs,
                            .to_key = ObjectKey("copy")};

  ASSERT_TRUE(buckets_.store().copy(request, Deadline::never(), {}));
  EXPECT_EQ(account_.objects.all(kTheirs).size(), 1U);
  EXPECT_THAT(member_.objects.all(kTheirs), IsEmpty());
  ASSERT_TRUE(buckets_.restoring_store().copy(request, Deadline::never(), {}));
  EXPECT_EQ(member_.objects.all(kTheirs).size(), 1U);
}

TEST_F(MemberBucketsTest, FollowsTheSettingsOfTheMoment) {
  MemberBuckets fixed(access_, *settings_);
  ASSERT_TRUE(buckets_.owner(kTheirs));
  EXPECT_EQ(buckets_.owner(kTheirs)->role_arn, kRole);
  EXPECT_FALSE(buckets_.owner(kOurs));

  settings_->accounts.clear();

  EXPECT_FALSE(buckets_.owner(kTheirs));
  EXPECT_TRUE(fixed.owner(kTheirs));
}

TEST_F(MemberBucketsTest, ARefusalInAMembersBucketSaysWhoseItIs) {
  const Error denied{Errc::denied, "no"};

  EXPECT_THAT(buckets_.explained(denied, kTheirs).what, HasSubstr("444455556666"));
  EXPECT_THAT(buckets_.explained(denied, kTheirs).what, HasSubstr(kRole));
  EXPECT_EQ(buckets_.explained(denied, kOurs).what, "no");
  EXPECT_EQ(buckets_.explained({Errc::timeout, "late"}, kTheirs).what, "late");
}

TEST_F(MemberBucketsTest, EachBucketsRegionAndPoliciesAreItsOwners) {
  account_.home().buckets.buckets[kOurs.str()].region = Region("us-east-1");

  EXPECT_EQ(buckets_.region_of(kOurs, Deadline::never(), {})->str(), "us-east-1");
  EXPECT_FALSE(*buckets_.is_here(kOurs, Deadline::never(), {}));
  EXPECT_TRUE(*buckets_.is_here(kTheirs, Deadline::never(), {}));
  const auto ours = buckets_.policies(kOurs, Deadline::never(), {});
  const auto theirs = buckets_.policies(kTheirs, Deadline::never(), {});
  ASSERT_TRUE(ours && theirs);
  EXPECT_EQ(&ours->policies, &account_.place(Region("us-east-1")).policies);
  EXPECT_EQ(ours->region.str(), "us-east-1");
  EXPECT_EQ(&theirs->policies, &member_.policies);
  EXPECT_EQ(buckets_.region_of(BucketName("gone"), Deadline::never(), {}).error().code,
            Errc::not_found);
}

TEST_F(MemberBucketsTest, TheWatchedBucketsAreOursAndThenThoseOfMembers) {
  EXPECT_FALSE(*buckets_.is_watched(kOurs, Deadline::never(), {}));
  EXPECT_THAT(watched()->buckets, IsEmpty());

  protect(kTheirs);
  protect(kOurs);

  EXPECT_TRUE(*buckets_.is_watched(kOurs, Deadline::never(), {}));
  EXPECT_TRUE(*buckets_.is_watched(kTheirs, Deadline::never(), {}));
  const auto found = watched();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->buckets, ElementsAre(kOurs, kTheirs));
  EXPECT_THAT(found->unknown, IsEmpty());
}

TEST_F(MemberBucketsTest, AWiredQuarantineIsNotLookedThrough) {
  protect(kOurs);

  settings_->policies.defaults.quarantine = kOurs;

  EXPECT_THAT(watched()->buckets, IsEmpty());
}

TEST_F(MemberBucketsTest, AMembersBucketInAnotherRegionIsLeftToTheAgentsThere) {
  protect(kTheirs);
  member_.home_buckets.buckets.buckets[kTheirs.str()].region = Region("us-east-1");

  const auto found = watched();

  ASSERT_TRUE(found);
  EXPECT_THAT(found->buckets, IsEmpty());
  EXPECT_THAT(found->unknown, IsEmpty());
}

TEST_F(MemberBucketsTest, AMemberThatCannotBeReachedKeepsNoOtherBucketBack) {
  protect(kOurs);
  member_.check_fails = Error{Errc::denied, "no"};

  const auto found = watched();

  ASSERT_TRUE(found);
  EXPECT_THAT(found->buckets, ElementsAre(kOurs));
  ASSERT_EQ(found->unknown.size(), 1U);
  EXPECT_EQ(found->unknown[0].first, kTheirs);
  EXPECT_THAT(found->unknown[0].second.what, HasSubstr("cordon iam member"));
}

TEST_F(MemberBucketsTest, AStopEndsTheSearch) {
  member_.check_fails = Error{Errc::cancelled, "stopped"};

  EXPECT_EQ(watched().error().code, Errc::cancelled);
}

TEST_F(MemberBucketsTest, WhereOurOwnCannotBeListedThereIsNoAnswer) {
  account_.who.region = Region("nowhere-1");

  EXPECT_EQ(watched().error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cordon
