#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "agent/agent.h"
#include "core/scan_request.h"
#include "testing/agent_ports.h"

namespace cordon {
namespace {

template <typename Condition>
void until(Condition&& condition) {
  while (!condition()) std::this_thread::yield();
}

class SweepSlotsTest : public testing::Test {
 protected:
  SweepSlotsTest() {
    options_.pipeline = world_.pipeline_options;
    options_.stage = world_.stage_options;
    options_.slots = 3;
    options_.receive_grace = {};
  }
  ~SweepSlotsTest() override { stop_and_join(); }

  void start() {
    AgentPorts ports = agent_ports(world_);
    ports.sweep_queue = &sweep_queue_;
    agent_ = std::make_unique<Agent>(options_, std::move(ports));
    thread_ = std::jthread([this] { agent_->run(stop_.get_token()); });
  }
  void stop_and_join() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  void ask_for(const std::string& key, bool force = false) {
    ObjectEvent event = world_.upload(key, "harmless");
    event.sequencer.reset();
    event.is_forced = force;
    sweep_queue_.send(encode_scan_request(event));
  }
  // Until then the agent does not know whether its queue works.
  void live_upload(const std::string& key) {
    world_.queue.send(World::message_of(world_.upload(key, "harmless")));
  }

  World world_;
  FakeEventQueue sweep_queue_{world_.clock};
  AgentOptions options_;
  std::stop_source stop_;
  std::unique_ptr<Agent> agent_;
  std::jthread thread_;
};

TEST_F(SweepSlotsTest, WhatASweepAskedForGetsAVerdictWhenNothingNewIsThere) {
  for (int i = 0; i < 20; ++i) ask_for("old" + std::to_string(i));
  live_upload("new");

  start();
  until([&] { return sweep_queue_.size() == 0 && world_.queue.size() == 0; });
  stop_and_join();

  EXPECT_EQ(world_.verdict_tag(kUploads, "old7"), "Clean");
  EXPECT_EQ(world_.sink.results().size(), 21U);
  EXPECT_EQ(world_.metrics.value("cordon_sweep_messages_total"), 20);
}

TEST_F(SweepSlotsTest, NothingOfASweepIsTakenWhileSomethingNewIsUnderWay) {
  std::atomic<bool> hold = true;
  std::atomic<int> scans = 0;
  world_.scanner.on_scan([&] {
    ++scans;
    until([&] { return !hold; });
  });
  live_upload("new");
  start();
  until([&] { return scans == 1; });

  for (int i = 0; i < 5; ++i) ask_for("old" + std::to_string(i));
  live_upload("newer");
  until([&] { return scans == 2; });
  EXPECT_EQ(sweep_queue_.visible(), 5U);

  hold = false;
  until([&] { return sweep_queue_.size() == 0; });
}

TEST_F(SweepSlotsTest, ASweepNeverTakesMoreThanItsOwnSlots) {
  options_.sweep.slots = 2;
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::barrier both(2);  // Each scan waits for another one.
  live_upload("new");
  start();
  until([&] { return world_.queue.size() == 0; });
  world_.scanner.on_scan([&] {
    most = std::max(most.load(), ++now);
    both.arrive_and_wait();
    --now;
  });

  for (int i = 0; i < 30; ++i) ask_for("old" + std::to_string(i));
  until([&] { return sweep_queue_.size() == 0; });

  EXPECT_EQ(most.load(), 2);
}

TEST_F(SweepSlotsTest, SomethingNewDoesNotWaitForWhatASweepHasUnderWay) {
  std::atomic<bool> hold = true;
  std::atomic<int> scans = 0;
  live_upload("first");
  start();
  until([&] { return world_.queue.size() == 0; });
  world_.scanner.on_scan([&] {
    if (++scans == 1) until([&] { return !hold; });
  });
  ask_for("old");
  until([&] { return scans == 1; });

  live_upload("new");
  until([&] { return world_.verdict_tag(kUploads, "new") == "Clean"; });

  EXPECT_EQ(world_.verdict_tag(kUploads, "old"), "(none)");
  hold = false;
  until([&] { return sweep_queue_.size() == 0; });
}

}  // namespace
}  // namespace cordon
