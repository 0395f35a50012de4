#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/event_queue.h"

namespace cordon {

/// A message in the dead letters and why it is there.
struct BuriedMessage {
  std::string body;
  std::string reason;  ///< Its attribute `cordon-reason`.
};

/// What every EventQueue owes its caller. A Subject sets up an empty queue with dead letters:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   EventQueue& queue();
///   void send(const std::string& body);
///   std::vector<BuriedMessage> dead_letters();     // takes them out
template <typename Subject>
class EventQueueContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  EventQueue& queue() { return subject_.queue(); }

  Result<std::vector<Claim>> receive(int count_max = 10) {
    return queue().receive(count_max, std::chrono::seconds(0), Deadline::never(), {});
  }
  /// Queues are spread over many machines, so one receive need not see everything.
  std::vector<Claim> receive_all(std::size_t expected) {
    constexpr int kAttemptsMax = 20;
    std::vector<Claim> all;
    for (int attempt = 0; attempt < kAttemptsMax && all.size() < expected; ++attempt) {
      Result<std::vector<Claim>> some = receive();
      EXPECT_TRUE(some) << some.error().what;
      if (!some) break;
      for (Claim& claim : *some) all.push_back(std::move(claim));
    }
    return all;
  }
  Result<void> extend(const Claim& claim, int seconds) {
    return queue().extend(claim, std::chrono::seconds(seconds), Deadline::never(), {});
  }
  Result<void> acknowledge(const Claim& claim) {
    return queue().acknowledge(claim, Deadline::never(), {});
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(EventQueueContract);

TYPED_TEST_P(EventQueueContract, AnEmptyQueueGivesNothing) {
  const Result<std::vector<Claim>> claims = this->receive();

  ASSERT_TRUE(claims) << claims.error().what;
  EXPECT_TRUE(claims->empty());
}

TYPED_TEST_P(EventQueueContract, DeliversBodiesAsTheyAre) {
  const std::string kBodies[] = {"{\"Records\": []}", "no JSON",
                                 "\xC3\xBC \xF0\x9F\x92\xA9 <&> \"\\\n\t",
                                 std::string(200'000, 'x')};
  for (const std::string& body : kBodies) {
    SCOPED_TRACE(body.substr(0, 20));
    this->subject_.send(body);

    const std::vector<Claim> claims = this->receive_all(1);

    ASSERT_EQ(claims.size(), 1U);
    EXPECT_TRUE(claims[0].body == body);
    EXPECT_EQ(claims[0].receive_count, 1);
    EXPECT_FALSE(claims[0].message_id.empty());
    EXPECT_FALSE(claims[0].receipt.empty());
    EXPECT_TRUE(this->acknowledge(claims[0]));
  }
}

TYPED_TEST_P(EventQueueContract, GivesAtMostWhatWasAskedFor) {
  for (int i = 0; i < 4; ++i) this->subject_.send(std::to_string(i));

  const Result<std::vector<Claim>> claims = this->receive(2);

  ASSERT_TRUE(claims) << claims.error().what;
  EXPECT_LE(claims->size(), 2U);
  EXPECT_EQ(claims->size() + this->receive_all(4 - claims->size()).size(), 4U);
}

TYPED_TEST_P(EventQueueContract, AClaimHidesItsMessage) {
  this->subject_.send("one");
  ASSERT_EQ(this->receive_all(1).size(), 1U);

  const Result<std::vector<Claim>> again = this->receive();

  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

TYPED_TEST_P(EventQueueContract, WhatIsGivenBackComesAgain) {
  this->subject_.send("one");
  const std::vector<Claim> first = this->receive_all(1);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_TRUE(this->extend(first[0], 300)) << "a claim can be extended first";
  ASSERT_TRUE(this->extend(first[0], 0));

  const std::vector<Claim> second = this->receive_all(1);

  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].message_id, first[0].message_id);
  EXPECT_EQ(second[0].body, "one");
  EXPECT_EQ(second[0].receive_count, 2);
}

TYPED_TEST_P(EventQueueContract, SeveralClaimsAreExtendedAtOnceAndEachHasItsOutcome) {
  for (int i = 0; i < 3; ++i) this->subject_.send(std::to_string(i));
  const std::vector<Claim> claims = this->receive_all(3);
  ASSERT_EQ(claims.size(), 3U);
  ASSERT_TRUE(this->acknowledge(claims[1]));

  const std::vector<Result<void>> extended =
      this->queue().extend_all(claims, std::chrono::seconds(0), Deadline::never(), {});

  ASSERT_EQ(extended.size(), 3U);
  EXPECT_TRUE(extended[0]);
  EXPECT_EQ(extended[1].error().code, Errc::changed);
  EXPECT_TRUE(extended[2]);
  EXPECT_EQ(this->receive_all(2).size(), 2U) << "they were given back";
}

TYPED_TEST_P(EventQueueContract, WhatIsAcknowledgedIsGone) {
  this->subject_.send("one");
  const std::vector<Claim> claims = this->receive_all(1);
  ASSERT_EQ(claims.size(), 1U);

  ASSERT_TRUE(this->acknowledge(claims[0]));

  EXPECT_TRUE(this->acknowledge(claims[0])) << "done before is done";
  EXPECT_EQ(this->extend(claims[0], 0).error().code, Errc::changed);
  EXPECT_TRUE(this->receive().value().empty());
}

TYPED_TEST_P(EventQueueContract, DeadLettersSayWhy) {
  this->subject_.send("not for us");
  const std::vector<Claim> claims = this->receive_all(1);
  ASSERT_EQ(claims.size(), 1U);
  const std::string reason = "line 1: no JSON \xC3\xBC\x01" + std::string(100'000, 'x');

  const Result<void> moved = this->queue().dead_letter(claims[0], reason, Deadline::never(), {});

  ASSERT_TRUE(moved) << moved.error().what;
  const std::vector<BuriedMessage> letters = this->subject_.dead_letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].body, "not for us");
  EXPECT_EQ(letters[0].reason.substr(0, 16), "line 1: no JSON ");
  EXPECT_EQ(this->extend(claims[0], 0).error().code, Errc::changed) << "it left the queue";
}

TYPED_TEST_P(EventQueueContract, AStopEndsEveryCall) {
  this->subject_.send("one");
  const std::vector<Claim> claims = this->receive_all(1);
  ASSERT_EQ(claims.size(), 1U);
  std::stop_source source;
  source.request_stop();
  const std::stop_token stop = source.get_token();
  const Deadline never = Deadline::never();

  EXPECT_EQ(this->queue().receive(1, std::chrono::seconds(20), never, stop).error().code,
            Errc::cancelled);
  EXPECT_EQ(this->queue().extend(claims[0], std::chrono::seconds(1), never, stop).error().code,
            Errc::cancelled);
  EXPECT_EQ(this->queue().acknowledge(claims[0], never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(this->queue().dead_letter(claims[0], "why", never, stop).error().code, Errc::cancelled);
  EXPECT_TRUE(this->subject_.dead_letters().empty());
}

REGISTER_TYPED_TEST_SUITE_P(EventQueueContract, AnEmptyQueueGivesNothing, DeliversBodiesAsTheyAre,
                            GivesAtMostWhatWasAskedFor, AClaimHidesItsMessage,
                            WhatIsGivenBackComesAgain,
                            SeveralClaimsAreExtendedAtOnceAndEachHasItsOutcome,
                            WhatIsAcknowledgedIsGone, DeadLettersSayWhy, AStopEndsEveryCall);

}  // namespace cordon
