#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/digest.h"
#include "core/ports/answer_store.h"

namespace cordon {

/// What every AnswerStore owes its caller. A Subject sets up an empty one:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   AnswerStore& answers();
template <typename Subject>
class AnswerStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  RepeatableRequest request(const std::string& key, const std::string& asked) const {
    return {.key = bytes(key), .request = bytes(asked), .at = now_};
  }
  static std::string bytes(const std::string& text) {
    const Sha256Digest digest = sha256(text);
    return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  Repetition begin(const std::string& key, const std::string& asked) {
    return subject_.answers().begin_request(request(key, asked), Deadline::never(), {}).value();
  }
  void keep(const RepeatableRequest& of, const KeptAnswer& answer) {
    ASSERT_TRUE(subject_.answers().keep_answer(of, answer, Deadline::never(), {}));
  }

  Subject subject_;
  SystemTime now_{std::chrono::seconds(1'790'000'000)};
};

TYPED_TEST_SUITE_P(AnswerStoreContract);

TYPED_TEST_P(AnswerStoreContract, AnswersTheSameRequestTheSame) {
  using State = Repetition::State;
  const KeptAnswer answer{.status = 202,
                          .type = "application/json",
                          .entity_tag = "\"e\"",
                          .body = std::string("{\"a\":\"\xC3\xBC\"}")};
  EXPECT_EQ(this->begin("k", "protect").state, State::fresh);
  EXPECT_EQ(this->begin("k", "protect").state, State::under_way);
  this->keep(this->request("k", "protect"), answer);

  const Repetition again = this->begin("k", "protect");

  EXPECT_EQ(again.state, State::answered);
  EXPECT_EQ(again.answer, answer);
  EXPECT_EQ(this->begin("k", "unprotect").state, State::another);
  EXPECT_EQ(this->begin("l", "protect").state, State::fresh);
}

TYPED_TEST_P(AnswerStoreContract, WhatWasGivenUpMayComeAgain) {
  using State = Repetition::State;
  ASSERT_EQ(this->begin("k", "protect").state, State::fresh);
  ASSERT_TRUE(
      this->subject_.answers().give_up(this->request("k", "another"), Deadline::never(), {}));
  EXPECT_EQ(this->begin("k", "protect").state, State::under_way) << "it is not the other's to end";

  ASSERT_TRUE(
      this->subject_.answers().give_up(this->request("k", "protect"), Deadline::never(), {}));

  EXPECT_EQ(this->begin("k", "unprotect").state, State::fresh);
}

TYPED_TEST_P(AnswerStoreContract, ForgetsAfterADayAndWhatDiedSooner) {
  using State = Repetition::State;
  ASSERT_EQ(this->begin("kept", "a").state, State::fresh);
  this->keep(this->request("kept", "a"), {.status = 200, .body = "{}"});
  ASSERT_EQ(this->begin("died", "a").state, State::fresh);
  const RepeatableRequest dead = this->request("died", "a");

  this->now_ += AnswerStore::kUnderWay;
  EXPECT_EQ(this->begin("kept", "a").state, State::answered);
  EXPECT_EQ(this->begin("died", "a").state, State::fresh);
  this->keep(dead, {.status = 200, .body = "late"});
  EXPECT_EQ(this->begin("died", "a").state, State::under_way) << "somebody else has it now";
  this->now_ += AnswerStore::kKept;

  EXPECT_EQ(this->begin("kept", "b").state, State::fresh);
}

REGISTER_TYPED_TEST_SUITE_P(AnswerStoreContract, AnswersTheSameRequestTheSame,
                            WhatWasGivenUpMayComeAgain, ForgetsAfterADayAndWhatDiedSooner);

}  // namespace cordon
