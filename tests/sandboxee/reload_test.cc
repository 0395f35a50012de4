// Signatures that change while objects are scanned, on real processes. What a scan must not do is
// counted, not timed: fail, or wait for the birth of a worker.
#include <atomic>
#include <thread>
#include <vector>

#include "engine/pidfd.h"
#include "sandbox_fixture.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::size_t kWorkers = 2;

class Reload : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the ThreadSanitizer runtime needs a second thread, which workers may not have";
#endif
    Engine::Options options = place_.options();
    options.workers = kWorkers;
    options.recycle_after = 1'000'000;
    auto engine = Engine::start(options, clock_, log_, metrics_);
    ASSERT_TRUE(engine) << engine.error().what;
    engine_ = std::move(engine).value();
  }

  Result<ScanReport> scan(const std::string& bytes) {
    return engine_->scanner().scan(content_of(bytes), bytes.size(),
                                   Deadline::after(clock_, seconds(60)), {});
  }
  double cold() const { return metrics_.value("cordon_engine_cold_leases_total", {}); }
  double recycled() const {
    return metrics_.value("cordon_engine_workers_ended_total", {{"cause", "recycled"}});
  }
  std::size_t engines_in_scratch() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(place_.scratch()))
      count += entry.is_directory();
    return count;
  }

  Place place_;
  RealClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};

/// Scans without a pause on as many threads as there are workers.
class Load {
 public:
  using Scan = std::function<Result<ScanReport>(const std::string& bytes)>;

  explicit Load(Scan scan) : scan_(std::move(scan)) {
    for (std::size_t i = 0; i < kWorkers; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) one();
      });
    }
  }
  void end() { threads_.clear(); }
  void await_more(int count) const {
    const int until = done + count;
    while (done < until) ::sched_yield();
  }

  std::atomic<int> done = 0;
  std::atomic<int> wrong = 0;

 private:
  void one() {
    const bool harmful = done % 2 == 0;
    const auto report = scan_(harmful ? FakeScanner::kHarmful : "harmless");
    const Disposition wanted = harmful ? Disposition::infected : Disposition::clean;
    if (!report || report->verdict.disposition != wanted) ++wrong;
    ++done;
  }

  const Scan scan_;
  std::vector<std::jthread> threads_;
};

TEST_F(Reload, UnderLoadFailsNoScanAndLetsNoneWaitForAWorkerWhateverTheSetIsLike) {
  const double cold_before = cold();
  Load load([this](const std::string& bytes) { return scan(bytes); });
  const struct {
    const char* behaviour;
    const char* version;
    bool taken;
  } kSets[] = {{"well", "2", true},    {"blind", "3", false}, {"well", "4", true},
               {"refuse", "5", false}, {"die", "6", false},   {"well", "7", true}};
  std::string in_force = "1";
  for (const auto& set : kSets) {
    SCOPED_TRACE(set.version);
    load.await_more(4);
    place_.behave(set.behaviour, set.version);

    const Result<void> reloaded = engine_->reload({});

    EXPECT_EQ(reloaded.ok(), set.taken);
    if (set.taken) in_force = set.version;
    EXPECT_EQ(engine_->version().signatures, in_force);
  }
  load.await_more(4);
  load.end();

  EXPECT_EQ(load.wrong, 0);
  EXPECT_EQ(cold(), cold_before);
  EXPECT_EQ(scan("harmless")->version.signatures, "7");
}

TEST_F(Reload, ReturnsWhenTheOldEngineHasEndedAndLeavesNothingOfIt) {
  place_.behave("well", "2");
  ASSERT_TRUE(engine_->reload({}));

  EXPECT_EQ(engines_in_scratch(), 1U);
  EXPECT_EQ(recycled(), double{kWorkers});
}

TEST_F(Reload, ACandidateThatItsJudgeRefusesScansNothingAfterwards) {
  place_.behave("well", "2");
  const Engine::Judge judge = [this](const Engine::Candidate& candidate) -> Result<void> {
    EXPECT_EQ(candidate.version.signatures, "2");
    EXPECT_EQ(candidate.signature_count, 1U);
    const auto report = candidate.scanner.scan(content_of(FakeScanner::kHarmful),
                                               std::string(FakeScanner::kHarmful).size(),
                                               Deadline::after(clock_, seconds(60)), {});
    EXPECT_TRUE(report);
    if (report) {
      EXPECT_EQ(report->verdict.disposition, Disposition::infected);
    }
    return Error{Errc::invalid, "it finds what is clean"};
  };

  const Result<void> reloaded = engine_->reload({}, judge, {});

  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().what, "it finds what is clean");
  EXPECT_EQ(scan("harmless")->version.signatures, "1");
  EXPECT_EQ(engines_in_scratch(), 1U);
}

TEST_F(Reload, AnEngineThatDiesLaterIsRestartedFromTheSetThatWasTaken) {
  const fs::path other = place_.root() / "other";
  fs::create_directories(other);
  std::ofstream(other / "behaviour.ndb") << "well 2\n";
  ASSERT_TRUE(engine_->reload(other, nullptr, {}));
  place_.behave("refuse", "3");
  const pid_t zygote = [&] {
    pid_t found = 0;
    std::ifstream("/proc/self/task/" + std::to_string(::gettid()) + "/children") >> found;
    return found;
  }();
  ASSERT_GT(zygote, 0);
  const UniqueFd process = open_process(zygote);
  ASSERT_EQ(::kill(zygote, SIGKILL), 0);

  Result<ScanReport> report = scan("harmless");
  for (int attempt = 0; attempt < 100 && report && report->version.signatures != "2"; ++attempt) {
    report = scan("harmless");
  }

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->version.signatures, "2");
}

TEST_F(Reload, AStopDuringAReloadLeavesTheOldEngineInForce) {
  place_.behave("hang", "2");
  std::stop_source stop;
  std::jthread stopper([&] {
    while (text_of(place_.signatures() / "loading").empty()) ::sched_yield();
    stop.request_stop();
  });

  const Result<void> reloaded = engine_->reload(stop.get_token());

  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, Errc::cancelled);
  EXPECT_EQ(scan("harmless")->version.signatures, "1");
}

}  // namespace
}  // namespace cordon
