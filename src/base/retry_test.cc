#include "base/retry.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

/// Always the upper end of the range, so that waits are exact.
class LargestRandom final : public Random {
 public:
  std::uint64_t next() override { return ~std::uint64_t{0}; }
};

class RetryTest : public testing::Test {
 protected:
  Result<int> run(std::vector<Errc> failures, Deadline deadline = Deadline::never()) {
    const RetryContext context{policy_, budget_, clock_, random_, deadline, stop_.get_token()};
    return retry(context, [&](int n) -> Result<int> {
      attempts_ = n;
      const auto index = static_cast<std::size_t>(n - 1);
      if (index < failures.size()) return Error{failures[index], "no"};
      return n;
    });
  }

  RetryPolicy policy_{.attempts_max = 4};
  RetryBudget budget_{100};
  SimulatedClock clock_;
  LargestRandom random_;
  std::stop_source stop_;
  int attempts_ = 0;
};

TEST_F(RetryTest, RepeatsTransientFailuresWithDoublingWaits) {
  EXPECT_EQ(run({Errc::unavailable, Errc::timeout, Errc::unavailable}).value(), 4);

  const auto waits = clock_.waits();
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_EQ(waits[0], std::chrono::milliseconds(49));  // just below the ceiling of 50 ms
  EXPECT_EQ(waits[1], std::chrono::milliseconds(99));
  EXPECT_EQ(waits[2], std::chrono::milliseconds(199));
}

TEST_F(RetryTest, WaitsLongerWhenThrottled) {
  EXPECT_TRUE(run({Errc::throttled}));
  EXPECT_EQ(clock_.waits().at(0), std::chrono::milliseconds(999));
}

TEST_F(RetryTest, NeverRepeatsWhatIsFinal) {
  for (const Errc code : {Errc::cancelled, Errc::not_found, Errc::denied, Errc::changed,
                          Errc::invalid, Errc::worker_died}) {
    SCOPED_TRACE(name_of(code));
    EXPECT_EQ(run({code}).error().code, code);
    EXPECT_EQ(attempts_, 1);
  }
}

TEST_F(RetryTest, StopsAtTheLastAttemptWithTheLastError) {
  EXPECT_EQ(run({Errc::timeout, Errc::timeout, Errc::timeout, Errc::throttled}).error().code,
            Errc::throttled);
  EXPECT_EQ(attempts_, 4);
}

TEST_F(RetryTest, StopsWhenTheBudgetIsUsedUp) {
  RetryBudget small(RetryBudget::cost(Errc::unavailable));
  const RetryContext context{policy_, small, clock_, random_, Deadline::never(), {}};
  int attempts = 0;
  const auto fail = [&](int n) -> Result<int> {
    attempts = n;
    return Error{Errc::unavailable, "no"};
  };

  EXPECT_FALSE(retry(context, fail));

  EXPECT_EQ(attempts, 2);
}

TEST_F(RetryTest, DoesNotWaitBeyondTheDeadline) {
  EXPECT_FALSE(run({Errc::unavailable}, Deadline::after(clock_, std::chrono::milliseconds(10))));
  EXPECT_EQ(attempts_, 1);
  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(RetryTest, AStopRequestEndsIt) {
  stop_.request_stop();
  EXPECT_FALSE(run({Errc::unavailable}));
  EXPECT_EQ(attempts_, 1);
}

TEST(RetryDelay, StaysWithinItsCapForAnyAttempt) {
  SeededRandom random;
  const RetryPolicy policy;
  for (int attempt = 1; attempt < 200; ++attempt) {
    const auto delay = retry_delay(policy, Errc::throttled, attempt, random);
    EXPECT_GE(delay, std::chrono::milliseconds(0));
    EXPECT_LE(delay, policy.cap);
  }
}

}  // namespace
}  // namespace cordon
