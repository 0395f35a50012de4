#include "brake/brake_decisions.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

using Kind = BrakeDecision::Kind;
using Phase = BrakeState::Phase;
using Names = std::set<std::string>;

BrakeState holding() { return {.phase = Phase::holding, .set = "2", .names = {"A"}}; }

TEST(BrakeDecision, ConfirmationTakesBackARejection) {
  const BrakeState names = decided(holding(), {.kind = Kind::reject_names}, {"B"}).value();
  const BrakeState set = decided(holding(), {.kind = Kind::reject_set}, {"B"}).value();
  EXPECT_EQ(names.ignored, (Names{"A", "B"}));
  EXPECT_EQ(set.rejected_sets, Names{"2"});

  for (const BrakeState& rejected : {names, set}) {
    EXPECT_EQ(rejected.phase, Phase::rejected);
    const BrakeState confirmed = decided(rejected, {.kind = Kind::confirm}, {}).value();

    EXPECT_EQ(confirmed.phase, Phase::confirmed);
    EXPECT_EQ(confirmed.ignored, Names{});
    EXPECT_EQ(confirmed.rejected_sets, Names{});
    EXPECT_EQ(confirmed.names, (std::vector<std::string>{"A", "B"}));
  }
}

TEST(BrakeDecision, OneSetIsNotRejectedInTwoWays) {
  const BrakeState names = decided(holding(), {.kind = Kind::reject_names}, {}).value();
  const BrakeState set = decided(holding(), {.kind = Kind::reject_set}, {}).value();

  EXPECT_EQ(decided(names, {.kind = Kind::reject_set}, {}).error().code, Errc::invalid);
  EXPECT_EQ(decided(set, {.kind = Kind::reject_names}, {}).error().code, Errc::invalid);
  EXPECT_EQ(decided(names, {.kind = Kind::reject_names}, {}).value(), names);
  EXPECT_EQ(decided(set, {.kind = Kind::reject_set}, {}).value(), set);
}

TEST(BrakeDecision, OnlyTheNamesThatAreNamedAreRejected) {
  const BrakeState after =
      decided(holding(), {.kind = Kind::reject_names, .names = {"A"}}, {"B"}).value();

  EXPECT_EQ(after.ignored, Names{"A"});
  EXPECT_EQ(after.names, (std::vector<std::string>{"A", "B"}));
}

TEST(BrakeDecision, WhatWasRejectedEarlierStaysSo) {
  BrakeState state = holding();
  state.ignored = {"Old"};

  EXPECT_EQ(decided(state, {.kind = Kind::confirm}, {}).value().ignored, Names{"Old"});
  EXPECT_EQ(decided(state, {.kind = Kind::reject_names}, {}).value().ignored, (Names{"A", "Old"}));
}

TEST(BrakeDecision, MoreNamesThanADocumentHoldsAreARejectedSet) {
  Names many;
  for (std::size_t i = 0; i <= kBrakeNamesMax; ++i) many.insert("N" + std::to_string(i));

  const auto refused = decided(holding(), {.kind = Kind::reject_names}, many);

  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("--set"), std::string::npos);
  EXPECT_TRUE(decided(holding(), {.kind = Kind::reject_set}, many));
  EXPECT_TRUE(decided(holding(), {.kind = Kind::confirm}, many));
}

TEST(BrakeDecision, WithoutABrakeThereIsNothingToDecide) {
  EXPECT_EQ(decided({}, {.kind = Kind::confirm}, {}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace cordon
