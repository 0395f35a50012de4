// What blocks: the clock, deadlines, the bounded queue.

#include <gtest/gtest.h>

#include <thread>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RealClock, AStopRequestEndsAWaitAtOnce) {
  const RealClock clock;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  EXPECT_FALSE(clock.wait_for(std::chrono::hours(1), stop.get_token()));
}

TEST(RealClock, AWaitThatIsOverReturnsTrue) {
  const RealClock clock;
  EXPECT_TRUE(clock.wait_for(milliseconds(0), {}));
}

TEST(Deadline, IsOnlyEverShortened) {
  SimulatedClock clock;
  const Deadline in_five = Deadline::after(clock, seconds(5));

  EXPECT_EQ(in_five.at_most(clock, seconds(9)).left(clock), seconds(5));
  EXPECT_EQ(in_five.at_most(clock, seconds(2)).left(clock), seconds(2));
  EXPECT_EQ(Deadline::never().at_most(clock, seconds(2)).left(clock), seconds(2));
}

TEST(Deadline, PassesWhenItsTimeHasCome) {
  SimulatedClock clock;
  const Deadline soon = Deadline::after(clock, milliseconds(1));
  EXPECT_FALSE(soon.passed(clock));
  EXPECT_EQ(soon.left_ms(clock), 1);

  clock.advance(milliseconds(1));

  EXPECT_TRUE(soon.passed(clock));
  EXPECT_EQ(soon.left_ms(clock), 0);
  EXPECT_FALSE(Deadline::never().passed(clock));
}

TEST(Deadline, RoundsUpSoThatAPollNeverSpins) {
  SimulatedClock clock;
  EXPECT_EQ(Deadline::after(clock, std::chrono::microseconds(1)).left_ms(clock), 1);
}

TEST(BoundedQueue, HoldsBackThePusherUntilThereIsRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1, {}));
  std::jthread pusher([&] { EXPECT_TRUE(queue.push(2, {})); });

  EXPECT_EQ(queue.pop({}), 1);
  EXPECT_EQ(queue.pop({}), 2);
}

TEST(BoundedQueue, RefusesWhenFullAndKeepsTheItem) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);

  EXPECT_FALSE(queue.try_push(std::move(second)));

  ASSERT_NE(second, nullptr);  // NOLINT: the point of the test
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, DrainsAfterItWasClosed) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.push(1, {}));
  queue.close();

  EXPECT_FALSE(queue.push(2, {}));
  EXPECT_EQ(queue.pop({}), 1);
  EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueue, AStopRequestWakesAWaitingReader) {
  BoundedQueue<int> queue(1);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  EXPECT_EQ(queue.pop(stop.get_token()), std::nullopt);
}

}  // namespace
}  // namespace cordon
