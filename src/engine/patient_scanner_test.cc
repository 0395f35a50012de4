#include "engine/patient_scanner.h"

#include <gtest/gtest.h>

#include "testing/fake_scanner.h"
#include "testing/scanner_contract.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

Error dead() { return Error{Errc::worker_died, "killed by signal 11"}; }
Verdict error() { return error_verdict(Reason::staging, "no space"); }
Error slow() { return Error{Errc::timeout, "took too long"}; }

class PatientScannerTest : public testing::Test {
 protected:
  Result<ScanReport> scan(Deadline deadline = Deadline::never()) {
    return patient_.scan(content_of("x"), 1, deadline, {});
  }

  SimulatedClock clock_;
  Log log_{LogLevel::off, clock_};
  Metrics metrics_;
  FakeScanner inner_{clock_};
  PatientScanner patient_{inner_, [this] { return inner_.version(); }, clock_, log_, metrics_};
};

TEST_F(PatientScannerTest, PassesOnWhatTheFirstWorkerSays) {
  EXPECT_EQ(scan()->verdict, clean_verdict(1));
  EXPECT_EQ(inner_.scans(), 1U);
}

TEST_F(PatientScannerTest, OneDeadWorkerCostsOneRetryAndNothingElse) {
  inner_.answer_next(dead());

  EXPECT_EQ(scan()->verdict, clean_verdict(1));
  EXPECT_EQ(inner_.scans(), 2U);
  EXPECT_EQ(metrics_.value("cordon_engine_retries_total"), 1);
  EXPECT_EQ(metrics_.value("cordon_engine_poison_total", {{"reason", "engine-crash"}}), 0);
}

TEST_F(PatientScannerTest, TwoFailuresOfTheSameContentMakeItUnscannable) {
  const struct {
    const char* what;
    Result<Verdict> first;
    Result<Verdict> second;
    Reason reason;
  } kRows[] = {{"two dead workers", dead(), dead(), Reason::engine_crash},
               {"dead, then too slow", dead(), slow(), Reason::timeout},
               {"no verdict but Error twice", error(), error(), Reason::engine_crash},
               {"Error, then dead", error(), dead(), Reason::engine_crash}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    const std::size_t before = inner_.scans();
    inner_.answer_next(row.first);
    inner_.answer_next(row.second);

    auto report = scan();

    ASSERT_TRUE(report);
    EXPECT_EQ(report->verdict.disposition, Disposition::unscannable);
    EXPECT_EQ(report->verdict.reason, row.reason);
    EXPECT_EQ(report->version, inner_.version());
    EXPECT_EQ(inner_.scans(), before + 2);
  }
}

TEST_F(PatientScannerTest, ATimeoutIsNotTriedTwice) {
  inner_.answer_next(slow());

  auto report = scan();

  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, unscannable_verdict(Reason::timeout, "took too long"));
  EXPECT_EQ(inner_.scans(), 1U);
  EXPECT_EQ(metrics_.value("cordon_engine_poison_total", {{"reason", "timeout"}}), 1);
  EXPECT_EQ(metrics_.value("cordon_engine_retries_total"), 0);
}

TEST_F(PatientScannerTest, AnErrorThatTheNextWorkerDoesNotShareIsForgotten) {
  inner_.answer_next(error());

  EXPECT_EQ(scan()->verdict, clean_verdict(1));
}

TEST_F(PatientScannerTest, DoesNotBlameTheObjectForWhatIsNotItsFault) {
  for (const Errc code : {Errc::unavailable, Errc::cancelled, Errc::invalid}) {
    inner_.answer_next(Error{code, "not the object"});
    const std::size_t before = inner_.scans();

    EXPECT_EQ(scan().error().code, code);
    EXPECT_EQ(inner_.scans(), before + 1);
  }
}

TEST_F(PatientScannerTest, TheCallersOwnDeadlineSaysNothingAboutTheObject) {
  const Deadline deadline = Deadline::after(clock_, std::chrono::seconds(10));
  inner_.answer_next(slow());
  inner_.on_scan([this] { clock_.advance(std::chrono::seconds(10)); });

  auto report = scan(deadline);

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::timeout);
  EXPECT_EQ(metrics_.value("cordon_engine_retries_total"), 0);
}

/// Its worker dies, and meanwhile the agent is told to stop.
class DyingWhileStopping final : public Scanner {
 public:
  Result<ScanReport> scan(const UniqueFd&, std::uint64_t, Deadline, std::stop_token) override {
    ++scans;
    stop.request_stop();
    return dead();
  }

  int scans = 0;
  std::stop_source stop;
};

TEST_F(PatientScannerTest, AStopRequestBetweenTwoAttemptsIsCancelled) {
  DyingWhileStopping inner;
  PatientScanner patient(
      inner, [] { return EngineVersion{}; }, clock_, log_, metrics_);

  auto report = patient.scan(content_of("x"), 1, Deadline::never(), inner.stop.get_token());

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::cancelled);
  EXPECT_EQ(inner.scans, 1);
}

class FakeSubject {
 public:
  Scanner& scanner() { return scanner_; }
  std::string harmful() const { return FakeScanner::kHarmful; }
  const Clock& clock() const { return clock_; }

 private:
  RealClock clock_;
  FakeScanner scanner_{clock_};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ScannerContract, FakeSubject);

}  // namespace
}  // namespace cordon
