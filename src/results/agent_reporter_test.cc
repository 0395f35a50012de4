#include "results/agent_reporter.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

/// The place for reports. Threads: any.
struct Place {
  std::mutex mutex;
  std::vector<AgentReport> reports;
  std::deque<Error> failures;
};

class PlaceSink final : public AgentReportSink {
 public:
  explicit PlaceSink(Place& place) : place_(place) {}
  Result<void> send(const AgentReport& report, Deadline, std::stop_token stop) override {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    std::lock_guard lock(place_.mutex);
    if (!place_.failures.empty()) {
      Error error = place_.failures.front();
      place_.failures.pop_front();
      return error;
    }
    place_.reports.push_back(report);
    return {};
  }

 private:
  Place& place_;
};

class AgentReporterTest : public testing::Test {
 protected:
  /// Reports `count` times, 30 s apart.
  void run(int count) {
    std::stop_source stop;
    std::jthread thread([&] { reporter_.run(stop.get_token()); });
    for (int i = 1; i < count; ++i) {
      clock_.until_waiting(1);
      clock_.advance(seconds(30));
      while (sends_ <= i) std::this_thread::yield();
    }
    clock_.until_waiting(1);
    stop.request_stop();
  }
  void scanned(const std::string& verdict, int objects, double bytes) {
    metrics_.count("cordon_objects_scanned_total", {{"verdict", verdict}}, objects);
    metrics_.count("cordon_bytes_scanned_total", {{"verdict", verdict}}, bytes);
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  Place place_;
  std::optional<Error> missing_;
  std::atomic<int> sends_ = 0;
  int looks_ = 0;
  std::optional<EngineVersion> engine_ = EngineVersion{"ClamAV 1.4.6", "27451"};
  AgentReporter reporter_{
      {.agent = "i-0abc/1",
       .deployment = "main",
       .account = AccountId("111122223333"),
       .region = Region("eu-west-1"),
       .version = "0.1.0",
       .workers = 2},
      {.sink = [this](Deadline, std::stop_token) -> Result<std::unique_ptr<AgentReportSink>> {
         ++looks_;
         if (missing_) {
           ++sends_;
           return *missing_;
         }
         return std::unique_ptr<AgentReportSink>(std::make_unique<PlaceSink>(place_));
       },
       .engine = [this] { return engine_; },
       .outbox_results =
           [this] {
             if (!missing_) ++sends_;
             return std::uint64_t{7};
           },
       .clock = clock_,
       .log = log_,
       .metrics = metrics_}};
};

TEST_F(AgentReporterTest, SaysWhatTheMetricsSay) {
  scanned("Clean", 10, 1'000'000);
  scanned("Infected", 1, 68);
  metrics_.count("cordon_objects_skipped_total", {}, 2);
  metrics_.count("cordon_forged_tags_total", {{"kind", "broken"}});
  metrics_.count("cordon_forged_tags_total", {{"kind", "unsealed"}}, 3);
  metrics_.set("cordon_slots", {}, 8);
  metrics_.set("cordon_slots_busy", {}, 3);
  metrics_.set("cordon_queue_age_seconds", {}, 0.085);
  metrics_.set("cordon_signatures_loaded", {}, 8'700'000);
  metrics_.set("cordon_signatures_age_seconds", {}, 3600.5);

  const AgentReport report = reporter_.report();

  const std::map<Disposition, AgentReport::Counts> verdicts = {
      {Disposition::clean, {10, 1'000'000}}, {Disposition::infected, {1, 68}}};
  EXPECT_EQ(report.verdicts, verdicts);
  EXPECT_EQ(report.skipped, 2U);
  EXPECT_EQ(report.forged_tags, 4U);
  EXPECT_EQ(report.slots, 8U);
  EXPECT_EQ(report.slots_busy, 3U);
  EXPECT_EQ(report.workers, 2U);
  EXPECT_EQ(report.queue_age_millis, 85U);
  EXPECT_EQ(report.signatures, "27451");
  EXPECT_EQ(report.signature_count, 8'700'000U);
  EXPECT_EQ(report.signature_age_seconds, 3600U);
  EXPECT_EQ(report.outbox_results, 7U);
  EXPECT_EQ(report.agent, "i-0abc/1");
}

TEST_F(AgentReporterTest, NothingIsGuessedOfAnEngineThatIsNotReady) {
  engine_.reset();
  metrics_.set("cordon_signatures_refused", {}, 1);
  metrics_.set("cordon_sandbox_weak", {}, 1);

  const AgentReport report = reporter_.report();

  EXPECT_FALSE(report.engine || report.signatures || report.signature_count ||
               report.signature_age_seconds);
  EXPECT_TRUE(report.are_signatures_refused);
  EXPECT_TRUE(report.is_sandbox_weak);
}

TEST_F(AgentReporterTest, TheLastMinuteIsTheLastMinute) {
  reporter_.report();
  for (int half_minute = 1; half_minute <= 5; ++half_minute) {
    clock_.advance(seconds(30));
    scanned("Clean", 10, 100);
    const AgentReport::Counts expected =
        half_minute == 1 ? AgentReport::Counts{10, 100} : AgentReport::Counts{20, 200};
    EXPECT_EQ(reporter_.report().last_minute, expected) << half_minute;
  }
  clock_.advance(seconds(60));
  EXPECT_EQ(reporter_.report().last_minute, (AgentReport::Counts{0, 0}));
}

TEST_F(AgentReporterTest, ReportsAtOnceAndEveryThirtySeconds) {
  run(3);

  ASSERT_THAT(place_.reports, SizeIs(3));
  EXPECT_EQ(place_.reports[2].reported_at - place_.reports[0].reported_at, seconds(60));
  EXPECT_EQ(place_.reports[2].started_at, place_.reports[0].started_at);
  EXPECT_EQ(looks_, 1);
}

TEST_F(AgentReporterTest, ThatNobodyTakesReportsIsToldOnce) {
  missing_ = Error{Errc::not_found, "no queue"};

  run(3);

  EXPECT_EQ(looks_, 3);
  EXPECT_THAT(logged_, HasSubstr("agent.not_reported"));
  EXPECT_EQ(logged_.find("agent.not_reported"), logged_.rfind("agent.not_reported"));
}

TEST_F(AgentReporterTest, AQueueThatIsGoneIsLookedForAgain) {
  place_.failures = {Error{Errc::unavailable, "away"}, Error{Errc::not_found, "no queue"}};

  run(4);

  EXPECT_THAT(place_.reports, SizeIs(2));
  EXPECT_EQ(looks_, 2);
  EXPECT_THAT(logged_, HasSubstr("agent.reports_again"));
}

}  // namespace
}  // namespace cordon
