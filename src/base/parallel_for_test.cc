#include "base/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace cordon {
namespace {

TEST(ParallelFor, CallsEachOnce) {
  for (const std::size_t count : {0U, 1U, 7U, 100U}) {
    for (const std::size_t threads : {0U, 1U, 3U, 200U}) {
      std::vector<int> calls(count);

      parallel_for(count, {.threads_max = threads}, {}, [&](std::size_t i) { ++calls[i]; });

      EXPECT_EQ(calls, std::vector<int>(count, 1)) << count << " on " << threads;
    }
  }
}

TEST(ParallelFor, WorksOnSeveralAtATime) {
  std::latch all(4);
  // Ends only when four are under way at once.
  parallel_for(4, {.threads_max = 4}, {}, [&](std::size_t) { all.arrive_and_wait(); });
}

TEST(ParallelFor, StartsNoThreadForAFewItems) {
  const std::thread::id here = std::this_thread::get_id();
  parallel_for(15, {.threads_max = 8, .items_per_thread_min = 8}, {},
               [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
}

TEST(ParallelFor, BeginsNothingAfterAStop) {
  std::stop_source stop;
  std::atomic<int> calls = 0;

  parallel_for(1000, {.threads_max = 3}, stop.get_token(), [&](std::size_t) {
    ++calls;
    stop.request_stop();
  });

  EXPECT_LE(calls, 3);
}

}  // namespace
}  // namespace cordon
