// Birth, recycling, reload and death of engine processes, seen from the agent.
#include <poll.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>
#include <vector>

#include "engine/pidfd.h"
#include "sandbox_fixture.h"
#include "testing/scanner_contract.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

bool ends_soon(const UniqueFd& process) {
  pollfd wait{process.get(), POLLIN, 0};
  return ::poll(&wait, 1, 20'000) == 1;
}

bool holds_nothing(const fs::path& directory) {
  return fs::directory_iterator(directory) == fs::directory_iterator();
}

class Lifecycle : public SandboxTest {
 protected:
  Result<std::unique_ptr<Engine>> start_engine(Engine::Options options) {
    return Engine::start(options, clock_, log_, metrics_);
  }
};

class Recycling : public Lifecycle {
 protected:
  Recycling() { pool_options_.recycle_after = 2; }
};

TEST_F(Recycling, AWorkerIsReplacedAfterItsNumberOfScans) {
  const std::string first = said("process-id");
  EXPECT_EQ(said("process-id"), first);

  EXPECT_NE(said("process-id"), first);

  EXPECT_EQ(ended("recycled"), 1);
  EXPECT_EQ(ended("crash"), 0);
}

TEST_F(Lifecycle, ADroppedLeaseKillsItsWorkerAndItsFiles) {
  pid_t pid = 0;
  UniqueFd process;
  {
    auto lease = pool_->lease(Deadline::never(), {});
    ASSERT_TRUE(lease) << lease.error().what;
    pid = (*lease)->pid();
    process = open_process(pid);
    EXPECT_FALSE(holds_nothing(engine_->scratch()));
  }

  EXPECT_TRUE(ends_soon(process));
  EXPECT_EQ(ended("dropped"), 1);
  EXPECT_TRUE(holds_nothing(engine_->scratch()));
}

TEST_F(Lifecycle, WhoWaitsForABusyWorkerIsToldThatNoneWasFreeNotThatTheScanTookTooLong) {
  auto busy = pool_->lease(Deadline::never(), {});
  ASSERT_TRUE(busy);

  auto other = scanner_->scan(content_of("x"), 1,
                              Deadline::after(clock_, std::chrono::milliseconds(30)), {});

  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::unavailable);
}

TEST_F(Lifecycle, AWorkerThatIsKilledWhileIdleIsReplaced) {
  const pid_t pid = static_cast<pid_t>(std::stol(said("process-id")));
  const UniqueFd process = open_process(pid);
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(ends_soon(process));

  expect_that_honest_objects_are_still_scanned();
}

TEST_F(Lifecycle, WorkersDieWithTheZygoteAndTheNextScanStartsAnother) {
  const UniqueFd worker = open_process(static_cast<pid_t>(std::stol(said("process-id"))));
  const pid_t first = engine_->pid();
  const UniqueFd zygote = open_process(first);
  ::kill(first, SIGKILL);

  EXPECT_TRUE(ends_soon(zygote));
  EXPECT_TRUE(ends_soon(worker));
  expect_that_honest_objects_are_still_scanned();
  EXPECT_NE(pool_->engine()->pid(), first);
}

TEST_F(Lifecycle, NothingIsLeftOfAnEngineThatEnded) {
  ASSERT_TRUE(scan("harmless"));
  const UniqueFd zygote = open_process(engine_->pid());

  scanner_.reset();
  pool_.reset();

  EXPECT_TRUE(ends_soon(zygote));
  EXPECT_TRUE(holds_nothing(place_.scratch()));
}

TEST_F(Lifecycle, StartNamesWhatIsWrong) {
  const struct {
    const char* behaviour;
    Errc code;
    const char* says;
  } kRows[] = {{"refuse", Errc::invalid, "these signatures are broken"},
               {"die", Errc::unavailable, "ended while loading: exit status 3"},
               {"blind", Errc::invalid, "the canary was not recognised"}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.behaviour);
    place_.behave(row.behaviour, "1");

    auto engine = start_engine(place_.options());

    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, row.code);
    EXPECT_NE(engine.error().what.find(row.says), std::string::npos) << engine.error().what;
  }
  Engine::Options elsewhere = place_.options();
  elsewhere.binary = "/nonexistent/cordon-engine";
  EXPECT_EQ(start_engine(elsewhere).error().code, Errc::not_found);
  elsewhere = place_.options();
  elsewhere.scratch_dir = "/nonexistent/scratch/dir";
  EXPECT_EQ(start_engine(elsewhere).error().code, Errc::not_found);
}

TEST_F(Lifecycle, AnEngineThatLoadsForEverIsGivenUp) {
  place_.behave("hang", "1");
  Engine::Options options = place_.options();
  options.max_load = seconds(1);

  auto engine = start_engine(options);

  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Errc::timeout);
}

TEST_F(Lifecycle, ANewSignatureSetTakesOverAndABadOneDoesNot) {
  auto engine = start_engine(place_.options());
  ASSERT_TRUE(engine) << engine.error().what;
  EXPECT_EQ((*engine)->version().signatures, "1");

  place_.behave("well", "2");
  ASSERT_TRUE((*engine)->reload({}));
  EXPECT_EQ((*engine)->version().signatures, "2");

  place_.behave("blind", "3");
  EXPECT_FALSE((*engine)->reload({}));
  EXPECT_EQ((*engine)->version().signatures, "2");
  auto report = (*engine)->scanner().scan(content_of("x"), 1, Deadline::never(), {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->version.signatures, "2");
}

TEST_F(Lifecycle, AScanThatRunsDuringAReloadEndsOnTheOldEngine) {
  auto lease = pool_->lease(Deadline::never(), {});
  ASSERT_TRUE(lease);
  const UniqueFd old = open_process(engine_->pid());
  place_.behave("well", "2");
  auto next = start_process();
  ASSERT_TRUE(next) << next.error().what;
  pool_->replace(std::move(next).value());

  auto answer = (*lease)->scan(read_only_view(content_of("harmless"), 8).value(), 8,
                               Deadline::after(clock_, seconds(20)), {}, {});
  ASSERT_TRUE(answer) << answer.error().what;
  std::move(*lease).give_back();

  {  // The lease holds no worker any more, and nothing else holds the old engine.
    EXPECT_TRUE(ends_soon(old));
  }
  EXPECT_EQ(scan("harmless")->version.signatures, "2");
}

class Crowd : public Lifecycle {
 protected:
  Crowd() { pool_options_ = {.workers = 2, .recycle_after = 3}; }
};

TEST_F(Crowd, EveryThreadGetsTheVerdictOfItsOwnObject) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([this, thread] {
      for (int turn = 0; turn < 15; ++turn) {
        const int kind = (thread + turn) % 3;
        auto report = scan(kind == 0 ? "harmless" : kind == 1 ? FakeScanner::kHarmful : "do: segv");
        if (kind == 2) {
          ASSERT_FALSE(report);
          EXPECT_EQ(report.error().code, Errc::worker_died);
        } else {
          ASSERT_TRUE(report) << report.error().what;
          EXPECT_EQ(report->verdict.disposition,
                    kind == 0 ? Disposition::clean : Disposition::infected);
        }
      }
    });
  }
  place_.behave("well", "2");
  auto next = start_process();
  ASSERT_TRUE(next) << next.error().what;
  pool_->replace(std::move(next).value());
  threads.clear();

  EXPECT_EQ(ended("crash"), 30);
  EXPECT_LE(pool_->workers_alive(), 2U);
  EXPECT_EQ(scan("harmless")->version.signatures, "2");
}

TEST_F(Lifecycle, AnObjectThatKillsTwoWorkersIsUnscannable) {
  auto engine = start_engine(place_.options());
  ASSERT_TRUE(engine) << engine.error().what;

  auto report = (*engine)->scanner().scan(content_of("do: segv"), 8, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.reason, Reason::engine_crash);
  EXPECT_EQ(report->version.engine, "Sandboxee 1.0");
  EXPECT_TRUE((*engine)->healthy());
}

TEST_F(Lifecycle, AnObjectThatTakesAllMemoryTwiceIsUnscannableAndHarmsNoOther) {
#ifdef CORDON_SANITIZED
  GTEST_SKIP() << "a sanitizer reserves terabytes, so workers have no memory limit in this build";
#endif
  Engine::Options options = place_.options();
  options.workers = 2;
  options.memory_bytes = 256ULL << 20;
  auto engine = start_engine(options);
  ASSERT_TRUE(engine) << engine.error().what;
  Result<ScanReport> other = Error{Errc::unavailable, "not scanned"};
  std::jthread beside(
      [&] { other = (*engine)->scanner().scan(content_of("harmless"), 8, Deadline::never(), {}); });

  auto report = (*engine)->scanner().scan(content_of("do: hog-memory"), 14, Deadline::never(), {});
  beside.join();

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.disposition, Disposition::unscannable);
  EXPECT_EQ(report->verdict.reason, Reason::engine_crash) << report->verdict.message;
  ASSERT_TRUE(other) << other.error().what;
  EXPECT_EQ(other->verdict, clean_verdict(8));
}

TEST_F(Lifecycle, AnErrorOfTwoWorkersIsUnscannable) {
  auto engine = start_engine(place_.options());
  ASSERT_TRUE(engine) << engine.error().what;

  auto report =
      (*engine)->scanner().scan(content_of("do: error-verdict"), 17, Deadline::never(), {});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.reason, Reason::engine_crash);
}

/// Where the code of a process lies: what siblings share and what exec changes.
std::string addresses_of(pid_t pid) {
  std::ifstream lines(fs::path("/proc") / std::to_string(pid) / "maps");
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with("/cordon_sandboxee")) return line.substr(0, line.find(' '));
  }
  return "unreadable";
}

class Hunted : public Lifecycle {
 protected:
  Hunted() { pool_options_.crashes_max = 3; }
};

TEST_F(Hunted, AnEngineWhoseWorkersCrashOftenIsStartedAnewAtOtherAddresses) {
  const pid_t first = engine_->pid();
  const std::string before = addresses_of(first);
  const UniqueFd zygote = open_process(first);
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(order("segv"));

  expect_that_honest_objects_are_still_scanned();

  EXPECT_NE(pool_->engine()->pid(), first);
  EXPECT_NE(addresses_of(pool_->engine()->pid()), before);
  EXPECT_TRUE(ends_soon(zygote));
  EXPECT_EQ(metrics_.value("cordon_engine_renewals_total", {{"outcome", "ready"}}), 1);
}

/// Runs an agent in a child that is then killed like by `kill -9`; returns handles of its zygote
/// and, if it got that far, of its worker.
class DyingAgent {
 public:
  explicit DyingAgent(const Place& place) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    agent_ = ::fork();
    if (agent_ == 0) live(place, ends[1]);
    ::close(ends[1]);
    from_agent_.reset(ends[0]);
  }
  ~DyingAgent() { ::waitpid(agent_, nullptr, 0); }

  pid_t hear() const {
    pid_t said = 0;
    return ::read(from_agent_.get(), &said, sizeof said) == sizeof said ? said : -1;
  }
  void die() const { ::kill(agent_, SIGKILL); }

 private:
  [[noreturn]] static void live(const Place& place, int to_test) {
    const RealClock clock;
    auto process = EngineProcess::start(
        {.binary = beside_this_program("cordon_sandboxee"),
         .arguments = {"--signatures", place.signatures().string(), "--memory-bytes", "268435456",
                       "--temporary-bytes", "33554432"},
         .scratch = place.scratch()},
        clock, Deadline::after(clock, seconds(60)), {});
    if (process) {
      auto worker = (*process)->spawn(Deadline::never(), {});
      const pid_t pids[] = {(*process)->pid(), worker ? worker->pid : -1};
      for (const pid_t pid : pids) {
        if (::write(to_test, &pid, sizeof pid) < 0) ::_exit(1);
      }
      for (;;) ::poll(nullptr, 0, -1);
    }
    ::_exit(0);
  }

  pid_t agent_ = -1;
  UniqueFd from_agent_;
};

TEST_F(Lifecycle, ZygoteAndWorkersDieWithTheAgentAndTheNextStartSweepsUp) {
  DyingAgent agent(place_);
  const UniqueFd zygote = open_process(agent.hear());
  const UniqueFd worker = open_process(agent.hear());
  ASSERT_TRUE(zygote && worker);

  agent.die();

  EXPECT_TRUE(ends_soon(zygote));
  EXPECT_TRUE(ends_soon(worker));
  scanner_.reset();
  pool_.reset();
  ScratchDirectory::sweep(place_.scratch());
  EXPECT_TRUE(holds_nothing(place_.scratch()));
}

/// The zygote that hangs while it loads, once it has got that far.
pid_t loading_zygote(const Place& place) {
  for (int attempt = 0; attempt < 10'000'000; ++attempt) {
    const std::string text = text_of(place.signatures() / "loading");
    if (text.ends_with('\n')) return static_cast<pid_t>(std::stol(text));
    ::sched_yield();
  }
  return -1;
}

TEST_F(Lifecycle, AZygoteThatIsStillLoadingDiesWithTheAgentToo) {
  place_.behave("hang", "1");
  DyingAgent agent(place_);
  const UniqueFd zygote = open_process(loading_zygote(place_));
  ASSERT_TRUE(zygote);

  agent.die();

  EXPECT_TRUE(ends_soon(zygote));
}

#ifndef __SANITIZE_THREAD__  // Whose runtime needs a second thread, which workers may not have.
class SandboxSubject {
 public:
  SandboxSubject() {
    Engine::Options options = place_.options();
    options.workers = 2;
    engine_ = Engine::start(options, clock_, log_, metrics_).value();
  }
  Scanner& scanner() { return engine_->scanner(); }
  std::string harmful() const { return FakeScanner::kHarmful; }
  const Clock& clock() const { return clock_; }

 private:
  Place place_;
  RealClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sandbox, ScannerContract, SandboxSubject);
#else
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ScannerContract);
#endif

}  // namespace
}  // namespace cordon
