// Races of the pool, forced: a restart that a reload overtakes, a wake-up that meets a stop
// request, crashes that make the engine start anew.
#include "engine/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using Source = std::shared_ptr<WorkerSource>;

/// An engine without processes. Its workers have nobody behind them: they are leased and given
/// back.
class FakeSource final : public WorkerSource {
 public:
  FakeSource(std::string signatures, const Clock& clock)
      : version_{.engine = "Fake 1.0", .signatures = std::move(signatures)}, clock_(clock) {}

  const EngineVersion& version() const override { return version_; }
  std::uint64_t signature_count() const override { return 1; }
  const std::vector<std::string>& notes() const override { return notes_; }
  std::uint64_t note_count() const override { return 0; }
  pid_t pid() const override { return 0; }
  bool alive() const override { return alive_; }
  void die() { alive_ = false; }

  Result<NewWorker> spawn(Deadline, const std::stop_token&) override {
    // An event that never comes plays the process that never ends.
    UniqueFd process(::eventfd(0, EFD_CLOEXEC));
    CORDON_TRY(Channel::Pair ends, Channel::pair(clock_));
    return NewWorker{.number = ++spawned_,
                     .process = std::move(process),
                     .channel = std::move(ends.near),
                     .confinement = {}};
  }
  Result<ProcessEnd> reap(std::uint32_t, Deadline) override { return ProcessEnd{}; }

 private:
  const EngineVersion version_;
  const std::vector<std::string> notes_;
  const Clock& clock_;
  std::atomic<bool> alive_ = true;
  std::atomic<std::uint32_t> spawned_ = 0;
};

class WorkerPoolTest : public testing::Test {
 protected:
  std::shared_ptr<FakeSource> source(const std::string& signatures) {
    return std::make_shared<FakeSource>(signatures, clock_);
  }
  void start(WorkerPoolOptions options, WorkerPool::StartEngine start_engine) {
    pool_ = std::make_unique<WorkerPool>(
        options,
        [this, start_engine = std::move(start_engine)](Deadline deadline,
                                                       const std::stop_token& stop) {
          ++starts_;
          return start_engine(deadline, stop);
        },
        clock_, log_, metrics_);
    first_ = source("first");
    pool_->replace(first_);
  }
  Result<WorkerLease> lease() { return pool_->lease(Deadline::never(), {}); }
  /// The signatures of the engine that would scan now.
  std::string in_use() {
    Result<WorkerLease> worker = lease();
    if (!worker) return "error: " + worker.error().what;
    std::string signatures = (*worker)->engine().version().signatures;
    std::move(*worker).give_back();
    return signatures;
  }
  void let_workers_end(int count, WorkerFate fate) {
    for (int i = 0; i < count; ++i) {
      Result<WorkerLease> worker = lease();
      ASSERT_TRUE(worker) << worker.error().what;
      std::move(*worker).discard(fate);
    }
  }
  double renewals(const char* outcome) const {
    return metrics_.value("cordon_engine_renewals_total", {{"outcome", outcome}});
  }

  SimulatedClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  int starts_ = 0;
  std::shared_ptr<FakeSource> first_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, ARestartThatAReloadOvertakesDoesNotBringTheOldSetBack) {
  start({}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    pool_->replace(source("reloaded"));  // While the old set is still being loaded.
    return Source(source("first"));
  });
  first_->die();

  EXPECT_EQ(in_use(), "reloaded");
  EXPECT_EQ(pool_->engine()->version().signatures, "reloaded");
  EXPECT_EQ(starts_, 1);
}

TEST_F(WorkerPoolTest, ARestartThatFailsBecauseAReloadRemovedItsSetIsNoFailure) {
  start({}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    pool_->replace(source("reloaded"));
    return Error{Errc::not_found, "no such directory"};
  });
  first_->die();

  EXPECT_EQ(in_use(), "reloaded");
}

TEST_F(WorkerPoolTest, AnEngineThatDiesRightAfterAReloadIsStartedOnceMore) {
  start({}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    if (starts_ == 1) {
      const auto reloaded = source("reloaded");
      pool_->replace(reloaded);
      reloaded->die();
      return Source(source("first"));
    }
    return Source(source("reloaded"));
  });
  first_->die();

  EXPECT_EQ(in_use(), "reloaded");
  EXPECT_EQ(starts_, 2);
}

TEST_F(WorkerPoolTest, ADeadEngineIsStartedAnewAlthoughNobodyLeases) {
  start({}, [this](Deadline, const std::stop_token&) { return Result<Source>(source("anew")); });
  ASSERT_TRUE(pool_->revive(Deadline::never(), {}));
  EXPECT_EQ(starts_, 0) << "it lives";
  first_->die();

  const auto revived = pool_->revive(Deadline::never(), {});

  ASSERT_TRUE(revived) << revived.error().what;
  EXPECT_TRUE(pool_->engine()->alive());
  EXPECT_EQ(starts_, 1);
  EXPECT_EQ(pool_->workers_alive(), 0U) << "they are born for who scans";
}

TEST_F(WorkerPoolTest, AStoppedWaiterPassesItsWakeUpOn) {
  struct Waiter {
    std::stop_source stop;
    std::optional<Errc> error;
    bool served = false;
  };
  static thread_local Waiter* self = nullptr;
  std::atomic<int> waiting = 0;
  std::atomic<int> woken = 0;
  WorkerPoolOptions options{.workers = 1};
  options.on_wait = [&](bool over) {
    if (self == nullptr) return;
    if (!over) ++waiting;
    // Whichever is woken first is told to stop in just that moment.
    if (over && ++woken == 1) self->stop.request_stop();
  };
  start(options, nullptr);
  const RealClock clock;
  const Deadline in_time = Deadline::after(clock, seconds(20));
  Result<WorkerLease> only = lease();
  ASSERT_TRUE(only);
  Waiter waiters[2];
  {
    std::vector<std::jthread> threads;
    for (Waiter& waiter : waiters) {
      threads.emplace_back([&] {
        self = &waiter;
        Result<WorkerLease> worker = pool_->lease(in_time, waiter.stop.get_token());
        waiter.served = worker.ok();
        if (!worker) waiter.error = worker.error().code;
      });
    }
    while (waiting < 2) std::this_thread::yield();

    std::move(*only).give_back();  // Takes the lock: both wait by then.
  }

  EXPECT_EQ(waiters[0].served + waiters[1].served, 1);
  EXPECT_FALSE(in_time.passed(clock)) << "the end of its time woke it, and nobody before";
  EXPECT_EQ((waiters[0].served ? waiters[1] : waiters[0]).error, Errc::cancelled);
}

TEST_F(WorkerPoolTest, CrashesWithinTheWindowMakeTheEngineStartAnew) {
  start({.crashes_max = 3}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    return Source(source("first"));
  });
  let_workers_end(1, WorkerFate::crash);
  let_workers_end(1, WorkerFate::violation);
  EXPECT_EQ(in_use(), "first");
  EXPECT_EQ(starts_, 0);

  let_workers_end(1, WorkerFate::lie);
  EXPECT_EQ(in_use(), "first");

  EXPECT_EQ(starts_, 1);
  EXPECT_EQ(renewals("ready"), 1);
  EXPECT_NE(pool_->engine(), first_) << "the same set, in another process";
  let_workers_end(2, WorkerFate::crash);
  EXPECT_EQ(in_use(), "first");
  EXPECT_EQ(starts_, 1) << "the count begins anew";
}

TEST_F(WorkerPoolTest, CrashesThatLieFarApartAndDeathsOfOtherKindsDoNot) {
  start({.crashes_max = 3, .crash_window = seconds(60)}, nullptr);
  for (int i = 0; i < 20; ++i) {
    let_workers_end(1, WorkerFate::crash);
    clock_.advance(seconds(31));
  }
  for (const WorkerFate fate : {WorkerFate::timeout, WorkerFate::memory, WorkerFate::dropped,
                                WorkerFate::cancelled, WorkerFate::fault}) {
    let_workers_end(5, fate);
  }

  EXPECT_EQ(in_use(), "first");
  EXPECT_EQ(starts_, 0);
}

TEST_F(WorkerPoolTest, OtherScansGoOnWhileTheEngineStartsAnew) {
  std::string meanwhile;
  start({.workers = 2, .crashes_max = 1}, [&](Deadline, const std::stop_token&) -> Result<Source> {
    std::jthread other([&] { meanwhile = in_use(); });
    other.join();
    return Source(source("second"));
  });
  let_workers_end(1, WorkerFate::crash);

  EXPECT_EQ(in_use(), "second");
  EXPECT_EQ(meanwhile, "first");
}

TEST_F(WorkerPoolTest, TheOldEngineServesOnWhenNoneCanStartInItsPlace) {
  start({.crashes_max = 1}, [](Deadline, const std::stop_token&) -> Result<Source> {
    return Error{Errc::unavailable, "no memory"};
  });
  let_workers_end(1, WorkerFate::crash);

  EXPECT_EQ(in_use(), "first");
  EXPECT_EQ(renewals("failed"), 1);
  EXPECT_EQ(pool_->engine(), first_);
}

TEST_F(WorkerPoolTest, AReloadIsNotJoinedByAThirdEngineAndItsSetStays) {
  start({.crashes_max = 1}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    return Source(source("first"));
  });
  {
    const WorkerPool::NoRenewals none(*pool_);
    let_workers_end(5, WorkerFate::crash);
    EXPECT_EQ(in_use(), "first");
    pool_->replace(source("reloaded"));
  }

  EXPECT_EQ(in_use(), "reloaded");
  EXPECT_EQ(starts_, 0) << "the reload has brought other addresses";
}

TEST_F(WorkerPoolTest, ARenewalThatAReloadOvertakesDoesNotBringTheOldSetBack) {
  start({.crashes_max = 1}, [this](Deadline, const std::stop_token&) -> Result<Source> {
    pool_->replace(source("reloaded"));
    return Source(source("first"));
  });
  let_workers_end(1, WorkerFate::crash);

  EXPECT_EQ(in_use(), "reloaded");
}

}  // namespace
}  // namespace cordon
