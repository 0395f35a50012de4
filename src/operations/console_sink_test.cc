#include "operations/console_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_result_sink.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// Passes everything on to a sink that outlives it.
class Lent final : public ResultSink {
 public:
  explicit Lent(FakeResultSink& kept) : kept_(kept) {}
  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override {
    return kept_.publish(results, deadline, std::move(stop));
  }

 private:
  FakeResultSink& kept_;
};

class ConsoleSinkTest : public testing::Test {
 protected:
  ResultOutcomes publish(const std::vector<Disposition>& dispositions) {
    std::vector<ScanResult> batch(dispositions.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i].id = std::to_string(i);
      batch[i].verdict.disposition = dispositions[i];
    }
    return sink_.publish(batch, Deadline::never(), {});
  }
  bool published(Disposition disposition) { return publish({disposition}).front().ok(); }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  FakeResultSink queue_;
  std::optional<Error> missing_;
  int looks_ = 0;
  ConsoleResults wanted_ = ConsoleResults::problems;
  ConsoleSink sink_{
      {.settings = [this] { return wanted_; },
       .queue = [this](Deadline, std::stop_token) -> Result<std::unique_ptr<ResultSink>> {
         ++looks_;
         if (missing_) return *missing_;
         return std::unique_ptr<ResultSink>(std::make_unique<Lent>(queue_));
       },
       .clock = clock_,
       .log = log_,
       .metrics = metrics_}};
};

TEST_F(ConsoleSinkTest, IsToldOfProblemsUnlessAllIsWanted) {
  const std::vector<Disposition> every = {Disposition::clean,       Disposition::infected,
                                          Disposition::unscannable, Disposition::error,
                                          Disposition::suspicious,  Disposition::infected_allowed};

  for (const Result<void>& outcome : publish(every)) EXPECT_TRUE(outcome);
  EXPECT_THAT(queue_.results(), SizeIs(5));

  wanted_ = ConsoleResults::all;
  for (const Result<void>& outcome : publish(every)) EXPECT_TRUE(outcome);
  EXPECT_THAT(queue_.results(), SizeIs(11));
}

TEST_F(ConsoleSinkTest, LooksForItsQueueOnceAndOnlyWhenSomethingIsToBeSent) {
  ASSERT_TRUE(published(Disposition::clean));
  EXPECT_EQ(looks_, 0);

  ASSERT_TRUE(published(Disposition::infected));
  ASSERT_TRUE(published(Disposition::infected));
  EXPECT_EQ(looks_, 1);
}

TEST_F(ConsoleSinkTest, WithoutAQueueNobodyIsHeldUp) {
  missing_ = Error{Errc::not_found, "no queue"};

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(published(Disposition::infected));

  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(metrics_.value("cordon_results_without_queue_total"), 3);
  EXPECT_EQ(logged_.find("results.no_queue"), logged_.rfind("results.no_queue"));
  EXPECT_THAT(logged_, HasSubstr("results.no_queue"));
}

TEST_F(ConsoleSinkTest, AQueueThatIsMadeLaterIsFound) {
  missing_ = Error{Errc::not_found, "no queue"};
  ASSERT_TRUE(published(Disposition::infected));
  missing_.reset();
  clock_.advance(std::chrono::seconds(61));

  ASSERT_TRUE(published(Disposition::infected));

  EXPECT_THAT(queue_.results(), SizeIs(1));
}

TEST_F(ConsoleSinkTest, AQueueThatCannotBeLookedForIsNoMissingOne) {
  for (const Errc code : {Errc::denied, Errc::unavailable, Errc::throttled}) {
    missing_ = Error{code, "sqs:GetQueueUrl"};
    const Result<void> outcome = publish({Disposition::infected}).front();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code);
  }
}

TEST_F(ConsoleSinkTest, AQueueThatIsGoneIsLookedForAgain) {
  ASSERT_TRUE(published(Disposition::infected));
  queue_.fail_next(Error{Errc::not_found, "no queue"});
  EXPECT_FALSE(published(Disposition::infected)) << "it is tried again";
  missing_ = Error{Errc::not_found, "no queue"};

  EXPECT_TRUE(published(Disposition::infected));

  EXPECT_EQ(looks_, 2);
}

}  // namespace
}  // namespace cordon
