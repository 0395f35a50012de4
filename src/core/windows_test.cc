#include "core/windows.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

#include "core/verdict_sum.h"

namespace cordon {
namespace {

std::vector<Window> all_windows(std::uint64_t object_bytes, const WindowSizes& sizes) {
  std::vector<Window> windows = {first_window(object_bytes, sizes)};
  while (!windows.back().is_last()) windows.push_back(window_after(windows.back(), sizes));
  return windows;
}

RC_GTEST_PROP(Windows, EverythingUpToTheOverlapIsWholeInOneOfThem, ()) {
  const auto overlap = *rc::gen::inRange<std::uint64_t>(0, 100);
  const WindowSizes sizes{.bytes = overlap + *rc::gen::inRange<std::uint64_t>(1, 200),
                          .overlap_bytes = overlap};
  const auto object = *rc::gen::inRange<std::uint64_t>(1, 3000);
  const auto length = *rc::gen::inRange<std::uint64_t>(0, std::min(overlap, object) + 1);
  const auto at = *rc::gen::inRange<std::uint64_t>(0, object - length + 1);

  bool whole = false;
  for (const Window& window : all_windows(object, sizes)) {
    RC_ASSERT(check_window(window).ok());
    whole = whole || (window.offset <= at && at + length <= window.end());
  }

  RC_ASSERT(whole);
}

TEST(Windows, AreAsFewAsTheObjectNeeds) {
  const WindowSizes sizes{.bytes = 10, .overlap_bytes = 4};

  EXPECT_EQ(all_windows(10, sizes), (std::vector<Window>{{0, 10, 10}}));
  EXPECT_EQ(all_windows(11, sizes), (std::vector<Window>{{0, 10, 11}, {6, 5, 11}}));
  EXPECT_EQ(all_windows(16, sizes), (std::vector<Window>{{0, 10, 16}, {6, 10, 16}}));
}

TEST(Windows, BeyondTheirObjectAreRefused) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_FALSE(check_window({.offset = 0, .bytes = 0, .object_bytes = 5}));
  EXPECT_FALSE(check_window({.offset = 6, .bytes = 1, .object_bytes = 5}));
  EXPECT_FALSE(check_window({.offset = 5, .bytes = 1, .object_bytes = 5}));
  EXPECT_FALSE(check_window({.offset = kMax, .bytes = kMax, .object_bytes = kMax}));
  EXPECT_TRUE(check_window({.offset = kMax - 1, .bytes = 1, .object_bytes = kMax}));
}

TEST(Windows, GiveLargeObjectsMoreTimeAndNeverMoreThanAMessageCanBeHeld) {
  using std::chrono::minutes;
  EXPECT_EQ(scan_time_for(minutes(10), kEngineBytesMax), minutes(10));
  EXPECT_EQ(scan_time_for(minutes(10), 3ULL << 30), minutes(40));
  EXPECT_EQ(scan_time_for(minutes(10), std::numeric_limits<std::uint64_t>::max()),
            minutes(12 * 60));
  EXPECT_EQ(scan_time_for(std::chrono::hours(24), 3ULL << 30), std::chrono::hours(24));
}

TEST(VerdictSum, IsCleanOnlyWhenAllOfItWasClean) {
  VerdictSum whole(100);
  whole.add(clean_verdict(60), 60, 60);
  whole.add(clean_verdict(60), 40, 40);
  VerdictSum gap(100);
  gap.add(clean_verdict(60), 60, 60);
  gap.add(clean_verdict(39), 39, 39);

  EXPECT_EQ(std::move(whole).finish(), clean_verdict(100));
  EXPECT_EQ(std::move(gap).finish().reason, Reason::coverage);
  EXPECT_EQ(VerdictSum(0).finish().reason, Reason::coverage);
}

TEST(VerdictSum, TheWorstPartDecidesAndTheFirstOfThemSpeaks) {
  const Verdict worse[] = {
      clean_verdict(1),
      {.disposition = Disposition::suspicious, .virus_names = {"PUA.A"}},
      unscannable_verdict(Reason::encrypted, "locked"),
      error_verdict(Reason::staging, "no space"),
      infected_verdict({"A"}, 1),
  };
  for (std::size_t i = 0; i < std::size(worse); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      VerdictSum sum(2);
      sum.add(worse[j], 1, 1);
      sum.add(worse[i], 1, 1);
      VerdictSum other(2);
      other.add(worse[i], 1, 1);
      other.add(worse[j], 1, 1);

      EXPECT_EQ(std::move(sum).finish().disposition, worse[i].disposition);
      EXPECT_EQ(std::move(other).finish().disposition, worse[i].disposition);
    }
  }
  VerdictSum two(2);
  two.add(unscannable_verdict(Reason::encrypted, "first"), 1, 0);
  two.add(unscannable_verdict(Reason::limit, "second"), 1, 0);
  EXPECT_EQ(std::move(two).finish().message, "first");
}

TEST(VerdictSum, AFindingNeedsNoCoverage) {
  VerdictSum sum(100);
  sum.add(infected_verdict({"A"}, 1), 1, 1);
  EXPECT_TRUE(sum.is_infected());
  EXPECT_EQ(std::move(sum).finish(), infected_verdict({"A"}, 1));
}

}  // namespace
}  // namespace cordon
