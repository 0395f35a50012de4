#pragma once

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/result_sink.h"

namespace cordon {

/// What every ResultSink owes its caller. A Subject sets one up and plays the place where the
/// results go:
///
///   ResultSink& sink();
///   void refuse(const std::string& id);        // for good, from now on
///   bool fail_for_now(const std::string& id);  // false: the place takes all of a call or nothing
///   void fail_whole();                         // the place is away, from now on
///   void come_back();
///   std::vector<std::string> taken() const;    // ids, in any order
template <typename Subject>
class ResultSinkContract : public testing::Test {
 protected:
  /// Results "r0", "r1", ..., of one second after another.
  static std::vector<ScanResult> results(std::size_t count) {
    std::vector<ScanResult> made(count);
    for (std::size_t i = 0; i < count; ++i) {
      made[i].id = "r" + std::to_string(i);
      made[i].bucket = BucketName("uploads");
      made[i].key = ObjectKey("a b/\xC3\xBC+&=.pdf");
      made[i].scanned_at = SystemTime(std::chrono::seconds(1'795'362'633 + i));
      made[i].verdict = infected_verdict({"Win.Test"}, 5);
    }
    return made;
  }
  ResultOutcomes publish(const std::vector<ScanResult>& batch, std::stop_token stop = {}) {
    return subject_.sink().publish(batch, Deadline::never(), std::move(stop));
  }
  std::size_t times_taken(const std::string& id) const {
    const std::vector<std::string> ids = subject_.taken();
    return static_cast<std::size_t>(std::count(ids.begin(), ids.end(), id));
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(ResultSinkContract);

TYPED_TEST_P(ResultSinkContract, DeliversABatchOfAnySize) {
  for (const std::size_t count : {0U, 1U, 10U, 11U, 25U}) {
    const auto before = this->subject_.taken().size();

    const ResultOutcomes outcomes = this->publish(this->results(count));

    ASSERT_EQ(outcomes.size(), count);
    for (const Result<void>& outcome : outcomes) {
      EXPECT_TRUE(outcome) << outcome.error().what;
    }
    EXPECT_EQ(this->subject_.taken().size() - before, count);
  }
}

TYPED_TEST_P(ResultSinkContract, OneThatIsRefusedForGoodLeavesTheOthersToBeDelivered) {
  this->subject_.refuse("r3");

  const ResultOutcomes outcomes = this->publish(this->results(12));

  ASSERT_EQ(outcomes.size(), 12U);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(outcomes[i].ok(), i != 3);
    EXPECT_EQ(this->times_taken("r" + std::to_string(i)), i == 3 ? 0U : 1U);
  }
  EXPECT_EQ(outcomes[3].error().code, Errc::invalid);
}

TYPED_TEST_P(ResultSinkContract, WhatFailsForNowIsToldOfEachResult) {
  if (!this->subject_.fail_for_now("r1")) GTEST_SKIP() << "it takes all of a call or nothing";

  const ResultOutcomes outcomes = this->publish(this->results(3));

  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_TRUE(outcomes[0] && outcomes[2]);
  ASSERT_FALSE(outcomes[1]);
  EXPECT_NE(outcomes[1].error().code, Errc::invalid) << "it may take it later";
}

TYPED_TEST_P(ResultSinkContract, APlaceThatIsAwayTakesNothingAndTakesItLater) {
  this->subject_.fail_whole();

  const ResultOutcomes away = this->publish(this->results(25));
  this->subject_.come_back();
  const ResultOutcomes back = this->publish(this->results(25));

  ASSERT_EQ(away.size(), 25U);
  for (const Result<void>& outcome : away) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::unavailable);
  }
  for (const Result<void>& outcome : back) EXPECT_TRUE(outcome);
  EXPECT_EQ(this->subject_.taken().size(), 25U);
}

TYPED_TEST_P(ResultSinkContract, AStopIsNoDelivery) {
  std::stop_source stop;
  stop.request_stop();

  const ResultOutcomes outcomes = this->publish(this->results(2), stop.get_token());

  ASSERT_EQ(outcomes.size(), 2U);
  for (const Result<void>& outcome : outcomes) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::cancelled);
  }
}

REGISTER_TYPED_TEST_SUITE_P(ResultSinkContract, DeliversABatchOfAnySize,
                            OneThatIsRefusedForGoodLeavesTheOthersToBeDelivered,
                            WhatFailsForNowIsToldOfEachResult,
                            APlaceThatIsAwayTakesNothingAndTakesItLater, AStopIsNoDelivery);

}  // namespace cordon
