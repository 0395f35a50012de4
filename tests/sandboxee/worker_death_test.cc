// A worker that was taken over dies, lies or hangs: each ends in the right outcome, and the next
// object is scanned as if nothing had happened.
#include <thread>

#include "sandbox_fixture.h"

namespace cordon {
namespace {

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
