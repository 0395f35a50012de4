#include "console/result_intake.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/result_document.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_finding_store.h"
#include "testing/findings.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

std::string message_of(const ScanResult& result) {
  return result_line(result, 1U << 16U, LineText::ascii).value();
}

class ResultIntakeTest : public testing::Test {
 protected:
  /// Runs until the queue has nothing visible any more, then stops.
  void run_until_empty() {
    std::jthread runner([this](std::stop_token stop) { intake_.run(std::move(stop)); });
    while (queue_.visible() > 0 || held()) std::this_thread::yield();
  }
  /// Whether something is taken but not settled.
  bool held() const { return queue_.size() > queue_.visible(); }

  SimulatedClock clock_{SimulatedClock::Mode::jump};
  FakeEventQueue queue_{clock_};
  FakeFindingStore store_{clock_};
  SeededRandom random_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  ResultIntake intake_{{}, {queue_, store_, store_, clock_, random_, log_, metrics_}};
};

TEST_F(ResultIntakeTest, DeletesAMessageOnceItsResultIsKept) {
  for (int i = 0; i < 25; ++i) queue_.send(message_of(ReportedFinding(std::to_string(i))));
  queue_.send(message_of(ReportedFinding("7")));

  run_until_empty();

  EXPECT_EQ(store_.size(), 25U);
  EXPECT_LE(store_.batches(), 3U);
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_TRUE(queue_.dead().empty());
  EXPECT_EQ(metrics_.value("cordon_console_results_total", {{"outcome", "added"}}), 25);
  EXPECT_EQ(metrics_.value("cordon_console_results_total", {{"outcome", "known"}}), 1);
  EXPECT_TRUE(intake_.health().is_ready);
}

TEST_F(ResultIntakeTest, SetsAsideWhatIsNoResultAndSaysWhy) {
  ScanResult local = ReportedFinding("1");
  local.bucket.reset();
  local.path = "/tmp/x";
  const std::pair<std::string, const char*> bad[] = {
      {"hello", "not understood: no scan result: it is not JSON"},
      {"", "not understood: no scan result: it is not JSON"},
      {"{\"schema\":\"other\"}", "not understood: no scan result: schema"},
      {message_of(local), "not understood: a result without an id, or not of an object"}};
  for (const auto& [body, reason] : bad) queue_.send(body);
  queue_.send(message_of(ReportedFinding("good")));

  run_until_empty();

  EXPECT_EQ(store_.size(), 1U);
  const auto dead = queue_.dead();
  ASSERT_EQ(dead.size(), std::size(bad));
  for (const auto& [body, reason] : bad) {
    const auto found =
        std::find_if(dead.begin(), dead.end(), [&](const auto& one) { return one.body == body; });
    ASSERT_NE(found, dead.end()) << body;
    EXPECT_TRUE(found->reason.starts_with(reason)) << found->reason;
  }
  EXPECT_EQ(metrics_.value("cordon_console_refused_total"), 4);
}

TEST_F(ResultIntakeTest, KeepsHowAgentsAre) {
  const AgentReport report{.agent = "i-1/1",
                           .deployment = "main",
                           .account = AccountId("111122223333"),
                           .region = Region("eu-west-1"),
                           .started_at = clock_.system_now(),
                           .reported_at = clock_.system_now(),
                           .version = "1.0"};
  AgentReport of_tomorrow = report;
  of_tomorrow.reported_at += std::chrono::hours(24);
  queue_.send(to_json(report));
  queue_.send(to_json(of_tomorrow));
  queue_.send("{\"schema\":\"cordon.agent-report/1\",\"agent\":\"i-1/1\"}");
  queue_.send(message_of(ReportedFinding("1")));

  run_until_empty();

  const auto kept = store_.agent_reports({}, {}, Deadline::never(), {});
  EXPECT_EQ(kept.value().rows, std::vector<AgentReport>{report});
  EXPECT_EQ(store_.size(), 1U);
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_TRUE(queue_.dead().empty());
  EXPECT_EQ(metrics_.value("cordon_console_agent_reports_total", {{"outcome", "kept"}}), 1);
  EXPECT_EQ(metrics_.value("cordon_console_agent_reports_total", {{"outcome", "refused"}}), 2);
}

TEST_F(ResultIntakeTest, AReportWaitsForTheStoreAsResultsDo) {
  store_.fail_next_add(Error{Errc::unavailable, "locked"}, 3);
  const SystemTime now = clock_.system_now();
  queue_.send(to_json(AgentReport{.agent = "a",
                                  .deployment = "main",
                                  .account = AccountId("111122223333"),
                                  .region = Region("eu-west-1"),
                                  .started_at = now,
                                  .reported_at = now,
                                  .version = "1.0"}));

  run_until_empty();

  EXPECT_EQ(store_.agent_reports({}, {}, Deadline::never(), {}).value().rows.size(), 1U);
}

TEST_F(ResultIntakeTest, KeepsTheBatchWhileTheStoreIsAway) {
  // Longer than a message is hidden, several times over: pauses grow to 20 s.
  store_.fail_next_add(Error{Errc::unavailable, "the disk is full"}, 60);
  for (int i = 0; i < 5; ++i) queue_.send(message_of(ReportedFinding(std::to_string(i))));

  run_until_empty();

  EXPECT_EQ(store_.size(), 5U);
  EXPECT_TRUE(queue_.dead().empty());
  EXPECT_EQ(queue_.calls(FakeEventQueue::Call::dead_letter), 0);
  EXPECT_GT(queue_.calls(FakeEventQueue::Call::extend), 1);
  EXPECT_EQ(metrics_.value("cordon_console_store_failures_total"), 60);
  EXPECT_TRUE(intake_.health().is_ready);
}

TEST_F(ResultIntakeTest, GivesBackWhatIsNotKeptWhenItIsStopped) {
  SimulatedClock clock(SimulatedClock::Mode::manual);
  FakeEventQueue queue(clock);
  FakeFindingStore store(clock);
  store.fail_next_add(Error{Errc::invalid, "a newer cordon made it"}, 1'000);
  ResultIntake intake({}, {queue, store, store, clock, random_, log_, metrics_});
  queue.send(message_of(ReportedFinding("1")));
  {
    std::jthread runner([&](std::stop_token stop) { intake.run(std::move(stop)); });
    clock.until_waiting(1);  // Between two tries.
    EXPECT_EQ(queue.visible(), 0U);
    EXPECT_FALSE(intake.health().is_ready);
    EXPECT_NE(intake.health().detail.find("a newer cordon made it"), std::string::npos);
  }

  EXPECT_EQ(queue.visible(), 1U);
  EXPECT_EQ(store.size(), 0U);
}

// Another thread still waits for messages when the stop comes; what is given back then is not its.
TEST_F(ResultIntakeTest, NothingIsGivenBackWhileAReceiveIsUnderWay) {
  SimulatedClock clock(SimulatedClock::Mode::manual);
  FakeEventQueue queue(clock);
  FakeFindingStore store(clock);
  store.fail_next_add(Error{Errc::unavailable, "locked"}, 1'000);
  ResultIntake intake({}, {queue, store, store, clock, random_, log_, metrics_});
  queue.send(message_of(ReportedFinding("1")));
  std::atomic<bool> may_end = false;
  std::atomic<bool> is_receiving = false;
  std::jthread first([&](std::stop_token stop) { intake.run(std::move(stop)); });
  clock.until_waiting(1);  // It has the message, and the store does not take it.
  queue.on_call([&](FakeEventQueue::Call call) -> std::optional<Error> {
    if (call != FakeEventQueue::Call::receive) return std::nullopt;
    is_receiving = true;
    while (!may_end) std::this_thread::yield();
    return Error{Errc::cancelled, "stopped"};
  });
  std::jthread second([&](std::stop_token stop) { intake.run(std::move(stop)); });
  while (!is_receiving) std::this_thread::yield();
  first.request_stop();
  second.request_stop();

  for (int i = 0; i < 1'000; ++i) {
    std::this_thread::yield();
    ASSERT_EQ(queue.visible(), 0U);
  }
  may_end = true;
  first.join();
  second.join();

  EXPECT_EQ(queue.visible(), 1U);
}

TEST_F(ResultIntakeTest, AQueueThatIsAwayIsAskedAgain) {
  queue_.fail_next(FakeEventQueue::Call::receive, Error{Errc::unavailable, "away"}, 3);
  queue_.fail_next(FakeEventQueue::Call::acknowledge, Error{Errc::timeout, "slow"}, 1);
  queue_.send(message_of(ReportedFinding("1")));
  {
    std::jthread runner([this](std::stop_token stop) { intake_.run(std::move(stop)); });
    while (store_.batches() < 1) std::this_thread::yield();
    while (queue_.size() > 0) {
      queue_.expire_claims();  // The message that was not deleted comes again.
      std::this_thread::yield();
    }
  }

  EXPECT_EQ(store_.size(), 1U);
  EXPECT_EQ(metrics_.value("cordon_console_acknowledge_failures_total"), 1);
}

}  // namespace
}  // namespace cordon
