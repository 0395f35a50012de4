#include "console/failed_attempts.h"

#include <gtest/gtest.h>

#include "testing/simulated_clock.h"

namespace cordon {
namespace {

TEST(FailedAttempts, RemembersABoundedNumberOfAddresses) {
  const SimulatedClock clock;
  FailedAttempts attempts(kAddressLimit, clock);
  for (int i = 0; i < 25'000; ++i) attempts.note(std::to_string(i));

  EXPECT_LE(attempts.size(), 10'000U);
}

TEST(FailedAttempts, AttemptsAtOnceAreNoMoreThanOneByOne) {
  SimulatedClock clock;
  FailedAttempts attempts({3, std::chrono::minutes(5)}, clock);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(attempts.begin("ada").count(), 0);

  EXPECT_EQ(attempts.begin("ada"), std::chrono::minutes(5));
  EXPECT_EQ(attempts.begin("bob").count(), 0);
  attempts.take_back("ada");  // One of the three was right.
  attempts.take_back("nobody");
  EXPECT_EQ(attempts.begin("ada").count(), 0);
  EXPECT_GT(attempts.begin("ada").count(), 0);

  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(attempts.wait_of("ada").count(), 0);
  EXPECT_EQ(attempts.begin("ada").count(), 0);
}

}  // namespace
}  // namespace cordon
