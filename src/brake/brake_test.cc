#include "brake/brake.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "testing/fixed_seed.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Phase = BrakeState::Phase;
using Names = std::vector<std::string>;

constexpr std::chrono::hours kDay{24};

class BrakeTest : public ::testing::Test {
 protected:
  Brake::Decision find(const Names& names, const std::string& set) {
    return brake.consider(
        {.object = "uploads/" + std::to_string(++objects), .names = names, .set = set}, settings);
  }
  void scan_clean(int count, const std::string& set) {
    for (int i = 0; i < count; ++i) (void)find({}, set);
  }
  /// A deployment with a past, and then other signatures.
  void update_after(int clean, int infected) {
    brake.set_in_force("1");
    scan_clean(clean, "1");
    for (int i = 0; i < infected; ++i) (void)find({"Old"}, "1");
    brake.set_in_force("2");
  }
  void pull() {
    for (int i = 0; i < 10; ++i) (void)find({"New"}, "2");
    ASSERT_TRUE(brake.is_holding());
  }

  SimulatedClock clock{SimulatedClock::Mode::manual};
  BrakeSettings settings;
  Brake brake{clock};
  int objects = 0;
};

TEST_F(BrakeTest, IsPulledByTheTenthObjectWithANewNameAndHoldsIt) {
  update_after(1000, 0);

  for (int i = 0; i < 9; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
  const Brake::Decision tenth = find({"New"}, "2");
  const Brake::Decision next = find({"Newer"}, "2");

  EXPECT_TRUE(tenth.pulled);
  EXPECT_EQ(tenth.ruling, BrakeRuling::hold);
  EXPECT_EQ(next.ruling, BrakeRuling::hold);
  EXPECT_FALSE(next.pulled);
  const std::optional<BrakePull> told = brake.unshared();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->set, "2");
  EXPECT_EQ(told->names, Names{"New"});
  EXPECT_EQ(told->infected, 10U);
}

TEST_F(BrakeTest, TheSameObjectAgainAndAgainIsOne) {
  update_after(1000, 0);

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(
        brake.consider({.object = "uploads/one", .names = {"New"}, .set = "2"}, settings).ruling,
        BrakeRuling::go_on);
  }
}

TEST_F(BrakeTest, ASmallPartOfMuchIsNoReason) {
  update_after(1000, 0);
  scan_clean(1000, "2");

  for (int i = 0; i < 50; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, WhereMuchWasInfectedBeforeMuchIsNoReason) {
  update_after(70, 30);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, TheFirstSignaturesAreNoUpdate) {
  brake.set_in_force("1");

  for (int i = 0; i < 100; ++i) EXPECT_EQ(find({"New"}, "1").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, TheFirstSignaturesAreAnUpdateWhereOthersWereBefore) {
  brake.recall({.set = "1", .scanned = 1000, .infected = 1, .names = {"Old"}});
  brake.set_in_force("2");

  for (int i = 0; i < 20; ++i) EXPECT_EQ(find({"Old"}, "2").ruling, BrakeRuling::go_on);
  pull();
}

TEST_F(BrakeTest, AnUpdateIsNoticedByTheFirstScanWithIt) {
  brake.set_in_force("1");
  scan_clean(100, "1");

  for (int i = 0; i < 10; ++i) (void)find({"New"}, "2");

  EXPECT_TRUE(brake.is_holding());
}

TEST_F(BrakeTest, WhatTheOldSignaturesStillFindIsFamiliar) {
  update_after(100, 0);

  EXPECT_EQ(find({"Late"}, "1").ruling, BrakeRuling::go_on);
  pull();
  EXPECT_EQ(find({"Late"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, AfterTheWindowANewNameIsFamiliar) {
  update_after(1000, 0);
  (void)find({"New"}, "2");
  clock.advance(kDay);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, AnotherUpdateDoesNotMakeANewNameFamiliar) {
  update_after(1000, 0);
  for (int i = 0; i < 9; ++i) (void)find({"New"}, "2");
  clock.advance(std::chrono::hours(1));
  brake.set_in_force("3");

  for (int i = 0; i < 9; ++i) EXPECT_EQ(find({"New"}, "3").ruling, BrakeRuling::go_on);
  EXPECT_TRUE(find({"New"}, "3").pulled);
}

TEST_F(BrakeTest, StaysPulledThroughTimeAndUpdatesUntilSomebodyDecides) {
  update_after(1000, 0);
  pull();
  clock.advance(30 * kDay);
  brake.set_in_force("3");

  EXPECT_EQ(find({"New"}, "3").ruling, BrakeRuling::hold);
  EXPECT_EQ(find({"Other"}, "3").ruling, BrakeRuling::hold);
}

TEST_F(BrakeTest, WhatAnotherAgentPulledHoldsHere) {
  brake.set_in_force("1");
  (void)find({"Old"}, "1");

  brake.learn({.phase = Phase::holding, .set = "2", .names = {"New"}});

  EXPECT_EQ(find({"Old"}, "1").ruling, BrakeRuling::go_on);
  EXPECT_EQ(find({"New"}, "1").ruling, BrakeRuling::hold);
  EXPECT_FALSE(brake.unshared());
}

TEST_F(BrakeTest, OneFamiliarNameIsEnoughToGoOn) {
  update_after(100, 1);
  pull();

  EXPECT_EQ(find({"New", "Old"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, ConfirmedSignaturesActAndAreNotHeldAgain) {
  update_after(1000, 0);
  pull();
  (void)find({"Other"}, "2");

  brake.learn({.phase = Phase::confirmed, .set = "2", .names = {"New"}});

  for (int i = 0; i < 50; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(find({"Third"}, "2").ruling, BrakeRuling::go_on);
  brake.set_in_force("3");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(find({"New"}, "3").ruling, BrakeRuling::go_on);
  EXPECT_FALSE(brake.unshared());
}

TEST_F(BrakeTest, ADecisionOnOtherSignaturesDecidesNothingHere) {
  update_after(1000, 0);
  pull();

  brake.learn({.phase = Phase::confirmed, .set = "1", .names = {"Old"}});

  EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::hold);
  EXPECT_TRUE(brake.unshared());
}

TEST_F(BrakeTest, RejectedNamesWaitForAnEngineWithoutThem) {
  update_after(1000, 1);
  pull();

  brake.learn({.phase = Phase::rejected, .set = "2", .names = {"New"}, .ignored = {"New"}});

  EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::wait);
  EXPECT_EQ(find({"New", "Old"}, "2").ruling, BrakeRuling::go_on);
  EXPECT_FALSE(brake.is_holding());
}

TEST_F(BrakeTest, ARejectedSetHoldsForAsLongAsItIsInForce) {
  update_after(1000, 1);
  pull();

  brake.learn({.phase = Phase::rejected, .set = "2", .names = {"New"}, .rejected_sets = {"2"}});

  EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::wait);
  EXPECT_EQ(find({"Old"}, "2").ruling, BrakeRuling::go_on);
  brake.set_in_force("1");
  EXPECT_EQ(find({"Fine"}, "1").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, IsOffWhenTheSettingsSaySo) {
  settings.enabled = false;
  update_after(1000, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);

  settings = {.window = "off"};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find({"New"}, "2").ruling, BrakeRuling::go_on);
}

TEST_F(BrakeTest, WhatTheTagsSaidCountsForNothingAndIsHeldAllTheSame) {
  update_after(100, 0);
  const auto tagged = [&](const std::string& name) {
    return brake.consider({.object = name, .names = {name}, .set = "2", .counts = false}, settings);
  };

  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(tagged("T" + std::to_string(i)).ruling, BrakeRuling::go_on);
  pull();
  EXPECT_EQ(tagged("T").ruling, BrakeRuling::hold);
}

// Whatever is found in whatever order.
RC_GTEST_PROP(BrakeProperty, FamiliarNamesAreNeverHeldAndThresholdsHold, ()) {
  SimulatedClock clock{SimulatedClock::Mode::manual};
  Brake brake(clock);
  const BrakeSettings settings{.infected_min = *rc::gen::inRange<std::uint64_t>(1, 6),
                               .share = *rc::gen::inRange<std::uint64_t>(1, 60)};
  brake.set_in_force("1");
  (void)brake.consider({.object = "o", .names = {"Old"}, .set = "1"}, settings);
  brake.set_in_force("2");
  const auto finds = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
  std::uint64_t scanned = 0;
  std::set<std::size_t> suspects;
  bool pulled = false;

  for (std::size_t i = 0; i < finds.size(); ++i) {
    const std::vector<Names> kinds = {{}, {"New"}, {"Old"}, {"New", "Old"}};
    const Names& names = kinds[static_cast<std::size_t>(finds[i])];
    const Brake::Decision decision =
        brake.consider({.object = std::to_string(i), .names = names, .set = "2"}, settings);
    ++scanned;
    if (finds[i] == 1) suspects.insert(i);
    if (finds[i] != 1) RC_ASSERT(decision.ruling == BrakeRuling::go_on);
    if (decision.pulled) {
      RC_ASSERT(!pulled);
      RC_ASSERT(suspects.size() >= settings.infected_min);
      RC_ASSERT(suspects.size() * 100 > settings.share * scanned);
    }
    pulled = pulled || decision.pulled;
    RC_ASSERT((decision.ruling == BrakeRuling::hold) == (pulled && finds[i] == 1));
  }
}

TEST_F(BrakeTest, ManyNamesCostNoMoreThanTheirBound) {
  brake.set_in_force("1");
  for (int i = 0; i < 10'050; ++i) (void)find({"N" + std::to_string(i)}, "1");

  EXPECT_EQ(brake.history().names.size(), kBrakeNamesMax);
  brake.set_in_force("2");
  for (int i = 0; i < 10'050; ++i) (void)find({"M" + std::to_string(i)}, "2");
  EXPECT_EQ(brake.history().names.size(), kBrakeNamesMax);
}

}  // namespace
}  // namespace cordon
