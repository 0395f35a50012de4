// A worker that was taken over dies, lies or hangs: each ends in the right outcome, and the next
// object is scanned as if nothing had happened.
#include <thread>

#include "sandbox_fixture.h"

namespace cordon {
namespace {

using std::chrono::seconds;

class WorkerDeath : public SandboxTest {};

TEST_F(WorkerDeath, IsTheOutcomeOfEveryCrashAndEveryLie) {
  const struct {
    const char* deed;
    const char* cause;
  } kRows[] = {
      {"segv", "crash"},          {"abort", "crash"},  {"leave", "crash"},
      {"half-reply", "lie"},      {"wrong-id", "lie"}, {"clean-without-scan 3", "lie"},
      {"garbage", "lie"},         {"flood", "lie"},    {"hello-again", "lie"},
      {"descriptor-gift", "lie"}, {"hang-up", "lie"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.deed);
    const double before = ended(row.cause);

    auto report = order(row.deed);

    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::worker_died) << report.error().what;
    EXPECT_EQ(ended(row.cause), before + 1) << report.error().what;
    expect_that_honest_objects_are_still_scanned();
  }
}

TEST_F(WorkerDeath, FollowsAnAnswerThatWasSentTwice) {
  static_cast<void>(order("two-replies"));

  auto next = scan("harmless");

  // Whichever of the two came first: never may the second be taken for the next object's verdict.
  if (next) {
    EXPECT_EQ(next->verdict, clean_verdict(8));
  } else {
    EXPECT_EQ(next.error().code, Errc::worker_died);
  }
  EXPECT_GE(ended("lie"), 1);
  expect_that_honest_objects_are_still_scanned();
}

TEST_F(WorkerDeath, FollowsWhenNoVerdictWasReached) {
  auto none = order("no-verdict");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unavailable);

  auto error = order("error-verdict");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->verdict.disposition, Disposition::error);

  EXPECT_EQ(ended("fault"), 2);
  expect_that_honest_objects_are_still_scanned();
}

class SlowWorker : public SandboxTest {
 protected:
  SlowWorker() { scanner_options_.scan_time_max = std::chrono::milliseconds(300); }
};

TEST_F(SlowWorker, IsKilledByTheClientsWallClock) {
  for (const char* deed : {"hang", "spin"}) {
    SCOPED_TRACE(deed);

    auto report = order(deed);

    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::timeout);
  }
  EXPECT_EQ(ended("timeout"), 2);
  expect_that_honest_objects_are_still_scanned();
}

/// What the kernel says about workers is what the test says.
class CountedWorker : public SandboxTest {
 protected:
  CountedWorker() {
    setup_ = false;
    scanner_options_.scan_time_max = std::chrono::milliseconds(300);
    scanner_options_.processor_time = [this](pid_t) { return std::optional(processor_time_); };
    scanner_options_.own_memory = [this](pid_t) { return own_memory_; };
  }
  std::chrono::nanoseconds took(const std::string& deed) {
    const SteadyTime begun = clock_.steady_now();
    EXPECT_EQ(order(deed).error().code, Errc::timeout);
    return clock_.steady_now() - begun;
  }

  std::chrono::nanoseconds processor_time_{0};
  std::optional<std::uint64_t> own_memory_ = 0;
};

TEST_F(CountedWorker, ThatWasStarvedHasItsTimeOnceMoreAndNoLonger) {
  start();
  ASSERT_TRUE(scan("harmless"));  // So that the worker is there.

  EXPECT_GE(took("hang"), std::chrono::milliseconds(600));
  EXPECT_EQ(ended("timeout"), 1);
}

TEST_F(CountedWorker, ThatHadTheProcessorHasItsTimeOnce) {
  scanner_options_.scan_time_max = seconds(3);
  scanner_options_.processor_time = [this](pid_t) {
    processor_time_ += seconds(3);  // Between two looks.
    return std::optional(processor_time_);
  };
  start();
  ASSERT_TRUE(scan("harmless"));

  EXPECT_LT(took("hang"), seconds(6));
}

TEST_F(CountedWorker, ThatTakesMoreMemoryThanItsObjectMayIsEnded) {
  scanner_options_.scan_time_max = seconds(20);
  start();
  ASSERT_TRUE(scan("harmless"));
  own_memory_ = 3ULL << 30;

  auto report = order("hang");

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::worker_died);
  EXPECT_EQ(ended("memory"), 1);
  own_memory_.reset();  // Nothing can be read: the limit of the address space is left.
  expect_that_honest_objects_are_still_scanned();
}

TEST_F(WorkerDeath, IsWhatAStopRequestMeansForAScan) {
  ASSERT_TRUE(scan("harmless"));  // So that the worker is there and the scan begins at once.
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  auto report = scanner_->scan(content_of("do: hang"), 8, Deadline::never(), stop.get_token());

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::cancelled);
  expect_that_honest_objects_are_still_scanned();
}

TEST_F(WorkerDeath, ByRunningOutOfMemoryIsToldFromACrash) {
#ifdef CORDON_SANITIZED
  GTEST_SKIP() << "a sanitizer reserves terabytes, so workers have no memory limit in this build";
#endif
  auto report = order("hog-memory");

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::worker_died);
  EXPECT_EQ(ended("memory"), 1) << report.error().what;
  expect_that_honest_objects_are_still_scanned();
}

}  // namespace
}  // namespace cordon
