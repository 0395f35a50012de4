#include "agent/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "testing/agent_ports.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

template <typename Condition>
void until(Condition&& condition) {
  while (!condition()) std::this_thread::yield();
}

class AgentTest : public testing::Test {
 protected:
  AgentTest() {
    options_.pipeline = world_.pipeline_options;
    options_.stage = world_.stage_options;
    options_.slots = 3;
    options_.receive_grace = {};
  }
  ~AgentTest() override { stop_and_join(); }

  void start() {
    AgentPorts ports = agent_ports(world_);
    ports.engine = [this]() -> std::optional<EngineVersion> {
      if (!engine_ready_) return std::nullopt;
      return world_.scanner.version();
    };
    ports.revive_engine = [this](const std::stop_token&) {
      if (engine_comes_back_) engine_ready_ = true;
    };
    agent_ = std::make_unique<Agent>(options_, std::move(ports));
    thread_ = std::jthread([this] { agent_->run(stop_.get_token()); });
  }
  void stop_and_join() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  int logged(const std::string& event) {
    return world_.log_lines.with([&](const std::vector<std::string>& lines) {
      return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
        return line.find("\"" + event + "\"") != std::string::npos;
      }));
    });
  }

  World world_;
  AgentOptions options_;
  std::atomic<bool> engine_ready_ = true;
  std::atomic<bool> engine_comes_back_ = false;  ///< When it is asked to.
  std::stop_source stop_;
  std::unique_ptr<Agent> agent_;
  std::jthread thread_;
};

TEST_F(AgentTest, CarriesEverythingThatIsInTheQueue) {
  for (int i = 0; i < 200; ++i) {
    world_.queue.send(World::message_of(
        world_.upload("k" + std::to_string(i), i % 4 == 0 ? kHarmful : "harmless")));
  }

  start();
  until([&] { return world_.queue.size() == 0; });
  stop_and_join();

  EXPECT_EQ(world_.store.all(kUploads).size(), 150U);
  EXPECT_EQ(world_.store.all(kQuarantine).size(), 50U);
  EXPECT_EQ(world_.sink.results().size(), 200U);
  EXPECT_EQ(world_.metrics.value("cordon_messages_acknowledged_total"), 200);
  EXPECT_EQ(world_.metrics.value("cordon_slots_busy"), 0);
}

TEST_F(AgentTest, TakesNoMoreMessagesThanItHasFreeSlots) {
  std::atomic<bool> hold = true;
  std::atomic<int> most = 0;
  std::atomic<int> now = 0;
  world_.scanner.on_scan([&] {
    most = std::max(most.load(), ++now);
    until([&] { return !hold; });
    --now;
  });
  for (int i = 0; i < 20; ++i) {
    world_.queue.send(World::message_of(world_.upload("k" + std::to_string(i), "x")));
  }

  start();
  until([&] { return now == 3; });
  EXPECT_EQ(world_.queue.visible(), 17U) << "the others are for other agents";
  hold = false;
  until([&] { return world_.queue.size() == 0; });

  EXPECT_EQ(most, 3);
}

TEST_F(AgentTest, FinishesWhatItWorksOnWhenItIsStopped) {
  std::atomic<bool> scanning = false;
  std::atomic<bool> hold = true;
  world_.scanner.on_scan([&] {
    scanning = true;
    until([&] { return !hold; });
  });
  world_.queue.send(World::message_of(world_.upload("k", "x")));

  start();
  until([&] { return scanning.load(); });
  stop_.request_stop();
  until([&] { return !agent_->health().ready; });
  hold = false;
  thread_.join();

  EXPECT_EQ(world_.queue.size(), 0U);
  EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "Clean");
}

TEST_F(AgentTest, GivesBackWhatItCannotFinishInTime) {
  std::atomic<bool> scanning = false;
  world_.scanner.on_scan([&] {
    scanning = true;
    until([&] { return logged("agent.drain_over") == 1; });
  });
  world_.queue.send(World::message_of(world_.upload("k", kHarmful)));

  start();
  until([&] { return scanning.load(); });
  stop_.request_stop();
  world_.clock.until_waiting(2);  // The heartbeat and the drain.
  world_.clock.advance(seconds(31));
  thread_.join();

  EXPECT_EQ(world_.queue.visible(), 1U);
  EXPECT_EQ(world_.metrics.value("cordon_messages_returned_total"), 1);
  EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "(none)");
}

TEST_F(AgentTest, IsReadyAtOnceAtAnEmptyQueueAndThenWaitsForMessages) {
  const SteadyTime begun = world_.clock.steady_now();
  start();

  until([&] { return agent_->health().ready; });
  until([&] { return world_.queue.calls(FakeEventQueue::Call::receive) == 2; });

  EXPECT_EQ(world_.clock.steady_now(), begun);  // No long poll has ended.
  EXPECT_EQ(world_.queue.calls(FakeEventQueue::Call::receive), 2);
}

TEST_F(AgentTest, GivesBackWhatTheLastReceiveStillBrings) {
  options_.receive_grace = seconds(1);
  start();
  until([&] { return world_.queue.calls(FakeEventQueue::Call::receive) == 2; });

  stop_.request_stop();
  world_.queue.send(World::message_of(world_.upload("k", "x")));
  thread_.join();

  EXPECT_EQ(world_.metrics.value("cordon_messages_received_total", {}), 1);
  EXPECT_EQ(world_.queue.visible(), 1U);
  EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "(none)");
}

TEST_F(AgentTest, SaysOnceThatTheQueueIsAwayAndOnceThatItIsBack) {
  world_.queue.fail_next(FakeEventQueue::Call::receive,
                         {Errc::denied, "no credentials", ErrorCause::credentials}, 4);
  world_.queue.send(World::message_of(world_.upload("k", "x")));

  start();
  for (int failures = 1; failures <= 4; ++failures) {
    until([&] {
      return world_.queue.calls(FakeEventQueue::Call::receive) >= failures &&
             !agent_->health().ready;
    });
    world_.clock.until_waiting(1);
    EXPECT_THAT(agent_->health().detail, HasSubstr("no credentials"));
    world_.clock.advance(seconds(31));
  }
  until([&] { return world_.queue.size() == 0; });
  EXPECT_TRUE(agent_->health().ready);
  stop_and_join();

  EXPECT_EQ(logged("intake.troubled"), 1);
  EXPECT_EQ(logged("intake.normal"), 1);
}

TEST_F(AgentTest, TakesNothingWhileTheEngineIsAway) {
  engine_ready_ = false;
  world_.queue.send(World::message_of(world_.upload("k", "x")));

  start();
  world_.clock.until_waiting(1);
  EXPECT_FALSE(agent_->health().ready);
  EXPECT_EQ(world_.queue.visible(), 1U);
  engine_ready_ = true;
  world_.clock.advance(seconds(2));
  until([&] { return world_.queue.size() == 0; });
}

TEST_F(AgentTest, HasADeadEngineStartedAnewAlthoughNothingIsScanned) {
  engine_ready_ = false;
  engine_comes_back_ = true;
  world_.queue.send(World::message_of(world_.upload("k", "x")));

  start();
  until([&] { return world_.queue.size() == 0; });
  stop_and_join();

  EXPECT_EQ(logged("agent.engine_away"), 1);
  EXPECT_EQ(logged("agent.engine_ready"), 1);
}

TEST_F(AgentTest, SlowsItsIntakeWhenNoObjectCanBeFinished) {
  std::atomic<bool> down = true;
  using Call = FakeObjectStore::Call;
  world_.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (down && call == Call::read) return Error{Errc::unavailable, "S3 is down"};
    return std::nullopt;
  });
  for (int i = 0; i < 40; ++i) {
    world_.queue.send(World::message_of(world_.upload("k" + std::to_string(i), "x")));
  }

  start();
  until([&] { return world_.metrics.value("cordon_intake_troubled") == 1; });
  until([&] { return world_.metrics.value("cordon_slots_busy") == 0; });
  EXPECT_GE(world_.queue.visible(), 25U) << "their receives are not burned";
  down = false;
  // Time passes, but not under the hands of those who work.
  while (world_.metrics.value("cordon_messages_acknowledged_total") < 40) {
    if (world_.metrics.value("cordon_slots_busy") == 0) world_.clock.advance(seconds(1));
    std::this_thread::yield();
  }
  stop_and_join();

  EXPECT_EQ(logged("intake.troubled"), 1);
  EXPECT_TRUE(world_.queue.dead().empty());
}

}  // namespace
}  // namespace cordon
