#include "provision/push_protection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_document_store.h"
#include "testing/fake_site.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = ProvisionStep::State;

const AccountId kAccount("000000000000");
const Region kRegion("us-east-1");
const BucketName kUploads("uploads");
const BucketName kQuarantine("cordon-quarantine-main-000000000000-us-east-1");

class PushProtectionTest : public testing::Test {
 protected:
  PushProtectionTest() { site_.buckets.buckets["uploads"] = {.versioning = Versioning::on}; }

  PushProtection push(std::optional<std::uint32_t> quarantine_days = std::nullopt) {
    return {Deployment::create("main").value(), kAccount, kRegion, false, quarantine_days,
            {checks_, site_.buckets, register_}};
  }
  Result<ProvisionReport> protect(const BucketName& bucket) {
    return push().protect(bucket, Deadline::never(), {});
  }
  Result<ProvisionReport> status(const BucketName& bucket) {
    return push().status(bucket, Deadline::never(), {});
  }
  ProtectedDocument set() { return register_.current(Deadline::never(), {}).value(); }

  FakeSite site_{kRegion};
  FakeDocumentStore store_;
  ProtectedRegister register_{store_, [](Deadline, std::stop_token) -> Result<void> { return {}; },
                              false};
  // What of AWS is asked fails the test.
  Protection checks_{Deployment::create("main").value(),
                     kAccount,
                     kRegion,
                     [](const Region&) -> Result<RegionAdmin> {
                       ADD_FAILURE() << "topics and queues are asked";
                       return Error{Errc::unavailable, "none"};
                     },
                     [](const Region&) -> Result<RegionWiring> {
                       ADD_FAILURE() << "topics and queues are asked";
                       return Error{Errc::unavailable, "none"};
                     },
                     [](Deadline, std::stop_token) -> Result<std::vector<MemberAccount>> {
                       return std::vector<MemberAccount>();
                     },
                     false};
};

TEST_F(PushProtectionTest, EntersTheBucketAndMakesTheQuarantine) {
  const Result<ProvisionReport> report = protect(kUploads);

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->is_protected);
  EXPECT_TRUE(report->has(ProvisionPart::protected_set, State::created));
  EXPECT_TRUE(report->has(ProvisionPart::quarantine_bucket, State::created));
  EXPECT_EQ(set().buckets.at(kUploads), (ProtectedBucket{kAccount, kRegion, {kByPush}}));
  EXPECT_TRUE(site_.buckets.buckets.contains(kQuarantine.str()));
}

TEST_F(PushProtectionTest, TwiceIsOnce) {
  ASSERT_TRUE(protect(kUploads));

  const Result<ProvisionReport> again = protect(kUploads);

  ASSERT_TRUE(again);
  EXPECT_TRUE(again->has(ProvisionPart::protected_set, State::present));
  EXPECT_TRUE(again->has(ProvisionPart::quarantine_bucket, State::present));
}

TEST_F(PushProtectionTest, RefusesOwnBucketsAndOnesThatAreNotThere) {
  EXPECT_EQ(protect(kQuarantine).error().code, Errc::invalid);
  EXPECT_EQ(protect(BucketName("missing")).error().code, Errc::not_found);
  EXPECT_TRUE(set().buckets.empty());
}

TEST_F(PushProtectionTest, ASetThatCannotBeWrittenIsAFailure) {
  store_.fail_with(Error{Errc::denied, "no right"});

  const Result<ProvisionReport> report = protect(kUploads);

  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("nothing else tells agents"));
}

TEST_F(PushProtectionTest, SaysThatVersionsAreRecommended) {
  site_.buckets.buckets["uploads"].versioning = Versioning::off;

  EXPECT_TRUE(protect(kUploads)->has(ProvisionPart::versioning, State::kept));
}

TEST_F(PushProtectionTest, StatusTellsWhatIsMissing) {
  EXPECT_FALSE(status(kUploads)->is_protected);
  EXPECT_TRUE(status(kUploads)->has(ProvisionPart::protected_set, State::missing));
  EXPECT_TRUE(status(kUploads)->has(ProvisionPart::quarantine_bucket, State::missing));

  ASSERT_TRUE(protect(kUploads));

  EXPECT_TRUE(status(kUploads)->is_protected);
  site_.buckets.buckets.erase(kQuarantine.str());
  EXPECT_FALSE(status(kUploads)->is_protected);
}

TEST_F(PushProtectionTest, TakesBackItsOwnWayAlone) {
  ASSERT_TRUE(protect(kUploads));
  ASSERT_TRUE(register_.add(kUploads, kAccount, kRegion, kByEvents, Deadline::never(), {}));

  const auto report = push().unprotect(kUploads, Deadline::never(), {});

  ASSERT_TRUE(report);
  EXPECT_EQ(report->steps.size(), 1U);
  EXPECT_EQ(set().buckets.at(kUploads).ways, (std::set<std::string>{kByEvents}));
  EXPECT_TRUE(push().unprotect(kUploads, Deadline::never(), {})->steps.empty());
}

TEST_F(PushProtectionTest, ListsThoseOfThisRegionThatArePushed) {
  const AccountId other("111122223333");
  ASSERT_TRUE(protect(kUploads));
  for (const auto& [name, account, region, way] :
       {std::tuple{"theirs", other, kRegion, kByPush},
        std::tuple{"elsewhere", kAccount, Region("eu-west-1"), kByPush},
        std::tuple{"by-events", kAccount, kRegion, kByEvents}}) {
    ASSERT_TRUE(register_.add(BucketName(name), account, region, way, Deadline::never(), {}));
  }

  const auto reports = push().list(Deadline::never(), {});

  ASSERT_TRUE(reports);
  ASSERT_EQ(reports->size(), 1U);
  EXPECT_EQ(reports->front().bucket, kUploads);
  EXPECT_TRUE(reports->front().is_protected);
}

}  // namespace
}  // namespace cordon
