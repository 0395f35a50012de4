#include "brake/brake_state.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

using Phase = BrakeState::Phase;

const SystemTime kThen{std::chrono::seconds(1'700'000'000)};

BrakeState decided(Phase phase) {
  return {.phase = phase,
          .set = "2",
          .since = kThen,
          .decided_by = "somebody",
          .ignored = {"Bad"},
          .rejected_sets = {"1"}};
}

TEST(BrakeStateTest, ADecisionIsAboutOnePullOnly) {
  const BrakePull pull{.set = "2", .since = kThen};
  const std::chrono::milliseconds later{1};

  EXPECT_TRUE(is_decided(pull, decided(Phase::confirmed)));
  EXPECT_TRUE(is_decided(pull, decided(Phase::rejected)));
  EXPECT_FALSE(is_decided(pull, decided(Phase::none)));
  EXPECT_FALSE(is_decided(pull, decided(Phase::holding)));
  EXPECT_FALSE(is_decided({.set = "3", .since = kThen}, decided(Phase::confirmed)));
  EXPECT_FALSE(is_decided({.set = "2", .since = kThen + later}, decided(Phase::confirmed)));
  EXPECT_FALSE(is_decided({.set = "2"}, decided(Phase::confirmed)));
}

TEST(BrakeStateTest, OfAPullComesThatItHoldsAndNothingElse) {
  const BrakePull pull{
      .set = "3", .names = {"New"}, .agent = "a", .since = kThen, .scanned = 9, .infected = 8};
  for (const Phase phase : {Phase::none, Phase::confirmed, Phase::rejected}) {
    const BrakeState before = decided(phase);

    const BrakeState state = state_of(undecided_pull(before, pull), before);

    EXPECT_EQ(state.phase, Phase::holding);
    EXPECT_EQ(state.set, "3");
    EXPECT_EQ(state.names, pull.names);
    EXPECT_EQ(state.infected, 8U);
    EXPECT_EQ(state.ignored, before.ignored);
    EXPECT_EQ(state.rejected_sets, before.rejected_sets);
  }
}

TEST(BrakeStateTest, WithoutAnUndecidedPullTheDecisionsAreTheState) {
  const BrakeState before = decided(Phase::rejected);
  const BrakePull same{.set = "2", .names = {"Whatever"}, .since = kThen};

  EXPECT_EQ(undecided_pull(before, same), std::nullopt);
  EXPECT_EQ(undecided_pull(before, std::nullopt), std::nullopt);
  EXPECT_EQ(state_of(std::nullopt, before), before);
}

TEST(BrakeStateTest, AnOldStateThatHoldsIsAPull) {
  const BrakeState old = decided(Phase::holding);

  const auto pull = undecided_pull(old, BrakePull{.set = "9"});

  ASSERT_TRUE(pull);
  EXPECT_EQ(pull->set, "2");
  EXPECT_EQ(state_of(pull, old), old);
  EXPECT_TRUE(is_decided(*pull, decided(Phase::confirmed)));
}

}  // namespace
}  // namespace cordon
