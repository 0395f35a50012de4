#include "agent/claims.h"

#include <gtest/gtest.h>

#include <thread>

#include "testing/fake_event_queue.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Call = FakeEventQueue::Call;
using std::chrono::seconds;

class ClaimsTest : public testing::Test {
 protected:
  Claim receive() { return queue_.receive(1, seconds(0), Deadline::never(), {})->at(0); }
  /// Moves the time while the heartbeat waits, and waits until it waits again.
  void advance(seconds by) {
    clock_.until_waiting(1);
    clock_.advance(by);
  }
  void until_extended(int count) {
    while (queue_.calls(Call::extend) < count) std::this_thread::yield();
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  SeededRandom random_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  FakeEventQueue queue_{clock_};
  Claims claims_{queue_, FakeEventQueue::kVisibility, clock_, random_, log_, metrics_};
};

TEST_F(ClaimsTest, KeepsAClaimForAsLongAsItIsHeld) {
  const std::string id = queue_.send("m");
  Claims::Hold hold = claims_.keep(receive(), clock_.steady_now(), {});

  for (int i = 1; i <= 10; ++i) {
    advance(seconds(60));
    until_extended(i);
  }
  clock_.until_waiting(1);  // The last extension has taken effect.

  EXPECT_GT(queue_.hidden_for(id).value_or(seconds(0)), seconds(100));
  EXPECT_FALSE(hold.lost());
  hold.release();
  clock_.advance(seconds(121));
  EXPECT_EQ(queue_.visible(), 1U) << "nobody extends it any more";
}

TEST_F(ClaimsTest, ExtendsAtFortyPercentGiveOrTake) {
  queue_.send("m");
  Claims::Hold hold = claims_.keep(receive(), clock_.steady_now(), {});

  clock_.until_waiting(1);

  const auto first = clock_.waits().back();
  EXPECT_GE(first, seconds(42));
  EXPECT_LE(first, seconds(54));
}

TEST_F(ClaimsTest, StopsWhoeverWorksOnALostClaim) {
  queue_.send("m");
  const Claim claim = receive();
  Claims::Hold hold = claims_.keep(claim, clock_.steady_now(), {});
  queue_.fail_next(Call::extend, {Errc::changed, "MessageNotInflight"});

  advance(seconds(60));
  while (!hold.lost()) std::this_thread::yield();

  EXPECT_TRUE(hold.stop().stop_requested());
  EXPECT_EQ(metrics_.value("cordon_claims_lost_total"), 1);
}

TEST_F(ClaimsTest, AClaimIsLostWhenItCouldNotBeExtendedInTime) {
  queue_.send("m");
  Claims::Hold hold = claims_.keep(receive(), clock_.steady_now(), {});
  queue_.fail_next(Call::extend, {Errc::unavailable, "down"}, 100);

  advance(seconds(60));
  until_extended(1);
  clock_.until_waiting(1);
  EXPECT_FALSE(hold.lost()) << "there is time left";
  advance(seconds(61));
  while (!hold.lost()) std::this_thread::yield();

  EXPECT_TRUE(hold.stop().stop_requested());
}

TEST_F(ClaimsTest, PassesOnTheStopOfTheAgent) {
  queue_.send("m");
  std::stop_source stop;
  Claims::Hold hold = claims_.keep(receive(), clock_.steady_now(), stop.get_token());

  stop.request_stop();

  EXPECT_TRUE(hold.stop().stop_requested());
  EXPECT_FALSE(hold.lost());
}

TEST_F(ClaimsTest, KeepsManyAtATimeTenInARequest) {
  std::vector<Claims::Hold> holds;
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ids.push_back(queue_.send("m"));
    holds.push_back(claims_.keep(receive(), clock_.steady_now(), {}));
  }

  advance(seconds(60));
  until_extended(5);
  clock_.until_waiting(1);

  EXPECT_EQ(queue_.calls(Call::extend), 5);
  for (const Claims::Hold& hold : holds) EXPECT_FALSE(hold.lost());
  for (const std::string& id : ids) EXPECT_EQ(queue_.hidden_for(id), FakeEventQueue::kVisibility);
}

TEST_F(ClaimsTest, OneThatIsLostTakesNoOtherWithIt) {
  const std::string id = queue_.send("m");
  Claims::Hold kept = claims_.keep(receive(), clock_.steady_now(), {});
  queue_.send("n");
  Claim stale = receive();
  stale.receipt = ReceiptHandle("of before");
  Claims::Hold lost = claims_.keep(stale, clock_.steady_now(), {});

  advance(seconds(60));
  until_extended(1);
  clock_.until_waiting(1);

  EXPECT_TRUE(lost.lost());
  EXPECT_FALSE(kept.lost());
  EXPECT_EQ(queue_.hidden_for(id), FakeEventQueue::kVisibility);
}

}  // namespace
}  // namespace cordon
