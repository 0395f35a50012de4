#include "staging/spool_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cordon {
namespace {

TEST(SpoolBudget, GivesBackWhatGoes) {
  SpoolBudget budget(10);
  {
    auto a = budget.acquire(6, Deadline::never(), {});
    auto b = budget.acquire(4, Deadline::never(), {});
    ASSERT_TRUE(a && b);
    SpoolBudget::Reservation moved = *std::move(a);
    EXPECT_EQ(budget.bytes_held(), 10U);
  }
  EXPECT_EQ(budget.bytes_held(), 0U);
}

TEST(SpoolBudget, RefusesMoreThanThereEverIs) {
  SpoolBudget budget(10);

  EXPECT_EQ(budget.acquire(11, Deadline::never(), {}).error().code, Errc::invalid);
}

TEST(SpoolBudget, EndsAWaitAtTheDeadlineOrAStop) {
  SpoolBudget budget(10);
  auto all = budget.acquire(10, Deadline::never(), {});
  std::stop_source stop;
  stop.request_stop();

  EXPECT_EQ(budget.acquire(1, Deadline::at(SteadyTime()), {}).error().code, Errc::timeout);
  EXPECT_EQ(budget.acquire(1, Deadline::never(), stop.get_token()).error().code, Errc::cancelled);
  all = Error{Errc::cancelled, "gone"};
  EXPECT_TRUE(budget.acquire(10, Deadline::never(), {})) << "those who gave up are in no one's way";
}

TEST(SpoolBudget, IsNeverExceededAndStarvesNobody) {
  SpoolBudget budget(100);
  std::atomic<std::uint64_t> held = 0;
  std::atomic<bool> exceeded = false;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::uint64_t bytes = t == 0 ? 100 : 10 * t;
        auto hold = budget.acquire(bytes, Deadline::never(), {});
        if ((held += bytes) > 100) exceeded = true;
        held -= bytes;
      }
    });
  }
  threads.clear();

  EXPECT_FALSE(exceeded);
  EXPECT_EQ(budget.bytes_held(), 0U);
}

}  // namespace
}  // namespace cordon
