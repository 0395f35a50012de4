#include "engine/scan_budget.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <vector>

namespace cordon {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kMemory = 4ULL << 30;

TEST(ScanBudget, OfAFewHundredBytesIsNeitherAMinuteNorTwoGigabytes) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 300ULL, 1000ULL}) {
    const ScanBudget budget = scan_budget(minutes(10), kMemory, bytes);

    EXPECT_LE(2 * budget.time, seconds(60)) << "also when it was starved";
    EXPECT_LT(budget.memory_bytes, 2ULL << 30);
  }
}

TEST(ScanBudget, GrowsWithTheObjectUpToTheConfiguredLimits) {
  const struct {
    std::uint64_t bytes;
    milliseconds time;
    std::uint64_t memory_bytes;
  } kRows[] = {{10'000, seconds(35), (1ULL << 30) + 10'240'000},
               {575'000, minutes(10), (1ULL << 30) + 588'800'000},
               {3ULL << 20, minutes(10), kMemory},
               {2'147'483'645, minutes(10), kMemory},
               {3ULL << 30, minutes(40), kMemory},
               {std::numeric_limits<std::uint64_t>::max(), minutes(12 * 60), kMemory}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.bytes);
    EXPECT_EQ(scan_budget(minutes(10), kMemory, row.bytes),
              (ScanBudget{.time = row.time, .memory_bytes = row.memory_bytes}));
  }
  EXPECT_EQ(scan_budget(seconds(3), 1 << 20, 1ULL << 30),
            (ScanBudget{.time = seconds(3), .memory_bytes = 1 << 20}));
}

TEST(ScanBudget, CountsWhatThisProcessUses) {
  const auto time = processor_time_of(::getpid());
  const auto memory = own_memory_of(::getpid());
  std::vector<char> hoard(64U << 20U, 'x');

  ASSERT_TRUE(time && memory);
  EXPECT_GT(time->count(), 0);
  EXPECT_GE(*own_memory_of(::getpid()), *memory + (60U << 20U)) << hoard.size();
  EXPECT_FALSE(processor_time_of(-1));
  EXPECT_FALSE(own_memory_of(0));
}

TEST(ScanBudget, AWorkerWithoutTheProcessorWasStarved) {
  EXPECT_TRUE(was_starved(seconds(10), seconds(4)));
  EXPECT_FALSE(was_starved(seconds(10), seconds(5)));
  EXPECT_FALSE(was_starved(seconds(10), seconds(12)));
}

}  // namespace
}  // namespace cordon
