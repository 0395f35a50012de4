#include "provision/results_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provision/protection.h"
#include "testing/fake_site.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using State = ProvisionStep::State;

constexpr const char* kSystem = "cordon-system-main-111122223333";
constexpr const char* kQueue = "cordon-results-main";
constexpr const char* kDead = "cordon-results-dead-main";

class ResultsQueueTest : public testing::Test {
 protected:
  ResultsQueueTest() { ireland_.buckets.buckets["uploads"].versioning = Versioning::on; }

  RegionAdminSource regions() {
    return [this](const Region& region) -> Result<RegionAdmin> {
      FakeSite& site = region == Region("us-west-2") ? oregon_ : ireland_;
      return RegionAdmin{site.buckets, site.topics, site.queues};
    };
  }
  RegionWiringSource wiring() {
    return [this](const Region&) -> Result<RegionWiring> {
      return RegionWiring{ireland_.listening, ireland_.bus, ireland_.shares};
    };
  }
  /// Where it is looked up from, the system bucket is in another region.
  void keep_system_bucket_in(const char* region) {
    ireland_.buckets.buckets[kSystem].region = Region(region);
  }
  ProvisionReport ensure() {
    ProvisionReport report{.bucket = BucketName("uploads"), .steps = {}};
    EXPECT_TRUE(queue_.ensure(report, Deadline::never(), {}));
    return report;
  }
  static Deployment deployment() { return Deployment::create("main").value(); }

  FakeSite ireland_{Region("eu-west-1")};
  FakeSite oregon_{Region("us-west-2")};
  ResultsQueue queue_{deployment(), AccountId("111122223333"), Region("eu-west-1"), regions()};
  Protection protection_{
      deployment(), AccountId("111122223333"), Region("eu-west-1"), regions(), wiring(),
      no_members(), /*tls_only=*/true};
};

TEST_F(ResultsQueueTest, IsWhereTheSystemBucketIs) {
  keep_system_bucket_in("us-west-2");

  ensure();

  EXPECT_TRUE(oregon_.queues.queues.contains(kQueue));
  EXPECT_TRUE(ireland_.queues.queues.empty());
  const auto found = queue_.find(Deadline::never(), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->region, Region("us-west-2"));
  EXPECT_EQ(found->queue.url, oregon_.queues.queues.at(kQueue).url);
}

TEST_F(ResultsQueueTest, IsMadeOnceAndWithItsDeadLetters) {
  ProvisionReport first = ensure();
  EXPECT_TRUE(first.has(ProvisionPart::results_queue, State::created));
  EXPECT_TRUE(first.has(ProvisionPart::results_dead_letters, State::created));
  EXPECT_EQ(ireland_.queues.queues.at(kQueue).dead_letter_arn,
            ireland_.queues.queues.at(kDead).arn);
  EXPECT_EQ(ireland_.queues.queues.at(kQueue).policy, "");

  ProvisionReport again = ensure();
  EXPECT_TRUE(again.has(ProvisionPart::results_queue, State::present));
  EXPECT_TRUE(again.has(ProvisionPart::results_dead_letters, State::present));
}

TEST_F(ResultsQueueTest, IsRepairedAndKeepsWhatOthersWrote) {
  ensure();
  ireland_.queues.queues.at(kQueue).dead_letter_arn.clear();
  ireland_.queues.queues.at(kQueue).policy = R"({"Statement":[]})";

  EXPECT_TRUE(ensure().has(ProvisionPart::results_queue, State::changed));

  EXPECT_EQ(ireland_.queues.queues.at(kQueue).dead_letter_arn,
            ireland_.queues.queues.at(kDead).arn);
  EXPECT_EQ(ireland_.queues.queues.at(kQueue).policy, R"({"Statement":[]})");
}

TEST_F(ResultsQueueTest, WhatCannotBeLookedAtIsNoMissingQueue) {
  ireland_.queues.find_fails = Error{Errc::denied, "sqs:GetQueueUrl"};

  EXPECT_EQ(queue_.find(Deadline::never(), {}).error().code, Errc::denied);
  ProvisionReport report{.bucket = BucketName("uploads"), .steps = {}};
  EXPECT_EQ(queue_.ensure(report, Deadline::never(), {}).error().code, Errc::denied);
}

TEST_F(ResultsQueueTest, ProtectMakesItAndStatusLooksAtIt) {
  ASSERT_TRUE(protection_.protect(BucketName("uploads"), Deadline::never(), {}));
  EXPECT_TRUE(ireland_.queues.queues.contains(kQueue));
  auto status = protection_.status(BucketName("uploads"), Deadline::never(), {});
  EXPECT_TRUE(status->has(ProvisionPart::results_queue, State::present));

  ireland_.queues.queues.erase(kQueue);
  status = protection_.status(BucketName("uploads"), Deadline::never(), {});
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->has(ProvisionPart::results_queue, State::missing));
  EXPECT_THAT(status->steps.back().note, HasSubstr("cordon bucket protect uploads"));
  EXPECT_TRUE(status->is_protected) << "objects are scanned all the same";
}

}  // namespace
}  // namespace cordon
