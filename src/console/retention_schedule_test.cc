#include "console/retention_schedule.h"

#include <gtest/gtest.h>

#include <thread>

#include "testing/fake_finding_store.h"
#include "testing/fake_people_store.h"
#include "testing/findings.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

TEST(RetentionSchedule, ForgetsWhatIsOlderHourByHour) {
  SimulatedClock clock(SimulatedClock::Mode::manual);
  FakeFindingStore store(clock);
  FakePeopleStore people(clock);
  const Session over{.digest = "d", .created = clock.system_now() - kSessionLife};
  ASSERT_TRUE(people.add_session(over, Deadline::never(), {}));
  Log log(LogLevel::off, clock);
  Metrics metrics;
  std::vector<ScanResult> results;
  const auto add = [&](const std::string& id, std::chrono::hours age) {
    ScanResult one = ReportedFinding(id).key(id).verdict(Disposition::clean);
    one.scanned_at = clock.system_now() - age;
    results.push_back(one);
  };
  for (int i = 0; i < 700; ++i) add("old" + std::to_string(i), kKeptLeast + std::chrono::hours(1));
  add("young", std::chrono::hours(1));
  add("soon", kKeptLeast - std::chrono::hours(1));
  ASSERT_TRUE(store.add(results, Deadline::never(), {}));
  const auto report = [&](const std::string& agent, std::chrono::hours age) {
    return AgentReport{.agent = agent, .reported_at = clock.system_now() - age};
  };
  ASSERT_TRUE(store.keep_reports(std::vector{report("gone", kAgentsKept + std::chrono::hours(1)),
                                             report("here", std::chrono::hours(0))},
                                 Deadline::never(), {}));
  std::jthread thread([&](std::stop_token stop) {
    forget_on_schedule(store, store, people, kKeptLeast, clock, log, metrics, std::move(stop));
  });

  // Nobody else takes the store while a piece is forgotten; between two pieces there is a pause.
  while (store.size() > 202) std::this_thread::yield();
  while (metrics.value("cordon_console_forgotten_total") < 700) {
    clock.until_waiting(1);
    clock.advance(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(store.size(), 2U);
  clock.until_waiting(1);
  const auto agents = store.agent_reports({}, {}, Deadline::never(), {});
  ASSERT_EQ(agents.value().rows.size(), 1U);
  EXPECT_EQ(agents->rows.front().agent, "here");
  EXPECT_EQ(people.sessions(), 0U);

  clock.until_waiting(1);
  clock.advance(std::chrono::hours(2));
  while (store.size() > 1) std::this_thread::yield();
  EXPECT_TRUE(store.result("young", Deadline::never(), {}));
}

}  // namespace
}  // namespace cordon
