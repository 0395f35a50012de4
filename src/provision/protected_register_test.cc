#include "provision/protected_register.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_document_store.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using State = ProvisionStep::State;

const AccountId kAccount("111122223333");
const Region kRegion("eu-west-1");
const BucketName kUploads("uploads");

class ProtectedRegisterTest : public testing::Test {
 protected:
  Result<bool> add(const BucketName& bucket, const char* way = kByEvents) {
    return register_.add(bucket, kAccount, kRegion, way, Deadline::never(), {});
  }
  Result<bool> remove(const BucketName& bucket, const char* way = kByEvents) {
    return register_.remove(bucket, way, Deadline::never(), {});
  }
  /// As somebody else reads it.
  ProtectedDocument stored() {
    const auto found = store_.read(std::nullopt, Deadline::never(), {});
    return decode_protected((*found)->document).value();
  }

  FakeDocumentStore store_;
  int places_made_ = 0;
  ProtectedRegister::MakePlace make_place_ = [this](Deadline, std::stop_token) -> Result<void> {
    ++places_made_;
    store_.recover();
    return {};
  };
  ProtectedRegister register_{store_, make_place_, false};
};

TEST_F(ProtectedRegisterTest, WritesTheFirstDocumentAndTheOnesAfterIt) {
  EXPECT_TRUE(*add(kUploads));
  EXPECT_TRUE(*add(BucketName("scans"), kByGateway));
  EXPECT_TRUE(*add(kUploads, kByGateway));
  EXPECT_FALSE(*add(kUploads));

  EXPECT_EQ(stored().buckets.at(kUploads),
            (ProtectedBucket{kAccount, kRegion, {kByEvents, kByGateway}}));
  EXPECT_EQ(stored().buckets.at(BucketName("scans")),
            (ProtectedBucket{kAccount, kRegion, {kByGateway}}));
  EXPECT_EQ(places_made_, 0);
}

TEST_F(ProtectedRegisterTest, ABucketIsForgottenWithItsLastWay) {
  ASSERT_TRUE(add(kUploads));
  ASSERT_TRUE(add(kUploads, kByGateway));

  EXPECT_TRUE(*remove(kUploads));
  EXPECT_EQ(stored().buckets.at(kUploads).ways, (std::set<std::string>{kByGateway}));
  EXPECT_TRUE(*remove(kUploads, kByGateway));
  EXPECT_TRUE(stored().buckets.empty());
  EXPECT_FALSE(*remove(kUploads));
}

TEST_F(ProtectedRegisterTest, ABucketThatWasMadeAnewElsewhereIsEnteredAnew) {
  ASSERT_TRUE(register_.add(kUploads, AccountId("444455556666"), Region("us-east-1"), kByGateway,
                            Deadline::never(), {}));

  EXPECT_TRUE(*add(kUploads));

  EXPECT_EQ(stored().buckets.at(kUploads), (ProtectedBucket{kAccount, kRegion, {kByEvents}}));
}

TEST_F(ProtectedRegisterTest, MakesThePlaceWhereItIsMissing) {
  store_.fail_with(Error{Errc::not_found, "no such bucket"});

  EXPECT_TRUE(*add(kUploads));

  EXPECT_EQ(places_made_, 1);
  EXPECT_EQ(stored().buckets.size(), 1U);
}

TEST_F(ProtectedRegisterTest, OthersWhoWriteAtTheSameTimeLoseNothing) {
  ASSERT_TRUE(add(BucketName("first")));
  ProtectedRegister other(store_, make_place_, false);
  int races = 3;
  store_.before_write = [&] {
    if (races-- <= 0) return;
    const auto before = std::exchange(store_.before_write, nullptr);
    ASSERT_TRUE(other.add(BucketName("other" + std::to_string(races)), kAccount, kRegion, kByEvents,
                          Deadline::never(), {}));
    store_.before_write = before;
  };

  EXPECT_TRUE(*add(kUploads));

  EXPECT_EQ(stored().buckets.size(), 5U);
}

TEST_F(ProtectedRegisterTest, ADocumentThatIsNotUnderstoodIsLeftAlone) {
  store_.put(R"({"schema":"cordon.protected/2"})");

  EXPECT_EQ(add(kUploads).error().code, Errc::invalid);
  EXPECT_EQ(remove(kUploads).error().code, Errc::invalid);

  EXPECT_EQ((*store_.read(std::nullopt, Deadline::never(), {}))->document,
            R"({"schema":"cordon.protected/2"})");
}

TEST_F(ProtectedRegisterTest, ADryRunWritesNothing) {
  ProtectedRegister dry_run(store_, make_place_, true);

  EXPECT_TRUE(*dry_run.add(kUploads, kAccount, kRegion, kByEvents, Deadline::never(), {}));

  EXPECT_EQ(store_.read(std::nullopt, Deadline::never(), {}).error().code, Errc::not_found);
}

TEST_F(ProtectedRegisterTest, AThousandBucketsAreNotFetchedAThousandTimes) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(add(BucketName("b" + std::to_string(i))));

  EXPECT_EQ(store_.transfers(), 0);
  EXPECT_EQ(stored().buckets.size(), 1000U);
}

TEST_F(ProtectedRegisterTest, WhatMayNotBeWrittenIsToldAndNoFailure) {
  const auto denied = entry_step(Error{Errc::denied, "no s3:PutObject"});
  ASSERT_TRUE(denied);
  EXPECT_EQ(denied->state, State::kept);
  EXPECT_THAT(denied->note, HasSubstr("no s3:PutObject"));

  EXPECT_FALSE(entry_step(Error{Errc::unavailable, "away"}));
  EXPECT_EQ(entry_step(true)->state, State::created);
  EXPECT_EQ(entry_step(false)->state, State::present);
}

}  // namespace
}  // namespace cordon
