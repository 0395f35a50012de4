#include "operations/quarantines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_account.h"

namespace cordon {
namespace {

using testing::ElementsAre;

const BucketName kUploads("uploads");
const BucketName kCentral("central");
const BucketName kHere("cordon-quarantine-main-111122223333-eu-west-1");
const BucketName kThere("cordon-quarantine-main-111122223333-us-east-1");

class QuarantinesTest : public testing::Test {
 protected:
  QuarantinesTest() { make_bucket(kUploads); }

  void make_bucket(const BucketName& bucket, const char* region = "eu-west-1") {
    account_.home().buckets.buckets[bucket.str()].region = Region(region);
  }
  Quarantines all() { return all_quarantines(access_, settings_, Deadline::never(), {}); }
  std::vector<BucketName> places_of(const BucketName& bucket, const std::string& key = "k") {
    MemberBuckets buckets(access_, settings_);
    return quarantines_for(access_, buckets, settings_, {bucket, ObjectKey(key)}, Deadline::never(),
                           {});
  }
  Result<BucketName> place_of(const BucketName& bucket) {
    MemberBuckets buckets(access_, settings_);
    return quarantine_at(access_, buckets, settings_, {bucket, ObjectKey("k")}, Deadline::never(),
                         {});
  }
  void state_quarantine(const BucketName& bucket, const std::string& prefix,
                        const BucketName& quarantine) {
    PolicyOverride stated;
    stated.quarantine = quarantine;
    settings_.policies.buckets.push_back({bucket, prefix, stated});
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  Settings settings_;
};

TEST_F(QuarantinesTest, AreTheOwnOnesOfEveryRegionThatHasOne) {
  make_bucket(kHere);
  account_.place(Region("us-east-1")).site.buckets.buckets[kThere.str()] = {};
  make_bucket(BucketName("cordon-quarantine-other-111122223333-eu-west-1"));

  const Quarantines found = all();

  EXPECT_THAT(found.buckets, ElementsAre(kHere, kThere));
  EXPECT_EQ(found.configured, 1U);
  EXPECT_THAT(found.unseen, testing::IsEmpty());
}

TEST_F(QuarantinesTest, ThoseOfTheSettingsComeBeforeThoseThatAreOnlyThere) {
  settings_.policies.defaults.quarantine = kCentral;
  state_quarantine(kUploads, "", BucketName("special"));

  const Quarantines found = all();

  EXPECT_THAT(found.buckets, ElementsAre(kCentral, BucketName("special"), kHere));
  EXPECT_EQ(found.configured, 2U);
}

TEST_F(QuarantinesTest, WithoutAListOfBucketsTheConfiguredOnesAreLeft) {
  account_.census().list_error = Error{Errc::denied, "no"};

  const Quarantines found = all();

  EXPECT_THAT(found.buckets, ElementsAre(kHere));
  EXPECT_THAT(found.unseen, ElementsAre(testing::HasSubstr("other regions")));
}

TEST_F(QuarantinesTest, AnObjectIsLookedForWhereItsPolicyLeadsAndThenInTheOthers) {
  state_quarantine(kUploads, "secret/", BucketName("vault"));
  state_quarantine(BucketName("others"), "", kCentral);

  EXPECT_THAT(places_of(kUploads, "secret/k"), ElementsAre(BucketName("vault"), kHere, kCentral));
  EXPECT_THAT(places_of(kUploads), ElementsAre(kHere, kCentral, BucketName("vault")));
}

TEST_F(QuarantinesTest, AnObjectOfAnotherRegionIsLookedForThereFirst) {
  make_bucket(BucketName("far"), "us-east-1");

  EXPECT_THAT(places_of(BucketName("far")), ElementsAre(kThere, kHere));
}

TEST_F(QuarantinesTest, ABucketThatIsGoneIsTakenForOneOfThisRegion) {
  EXPECT_THAT(places_of(BucketName("gone")), ElementsAre(kHere));
}

TEST_F(QuarantinesTest, AgentsLookForMarksInTheQuarantineOfThePolicyOrOfTheRegion) {
  make_bucket(BucketName("far"), "us-east-1");
  make_bucket(BucketName("special"));
  state_quarantine(BucketName("special"), "", kCentral);

  EXPECT_EQ(*place_of(kUploads), kHere);
  EXPECT_EQ(*place_of(BucketName("far")), kThere);
  EXPECT_EQ(*place_of(BucketName("special")), kCentral);
  EXPECT_EQ(place_of(BucketName("gone")).error().code, Errc::not_found);
}

TEST_F(QuarantinesTest, ABucketsQuarantineIsThatOfItsPolicyOrOfThisRegion) {
  state_quarantine(kUploads, "", kCentral);

  EXPECT_EQ(quarantine_of(access_, settings_, kUploads), kCentral);
  EXPECT_EQ(quarantine_of(access_, settings_, BucketName("others")), kHere);
  EXPECT_EQ(quarantine_of(access_, settings_, BucketName()), kHere);
}

}  // namespace
}  // namespace cordon
