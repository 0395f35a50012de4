#include "results/result_delivery.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scan_result_decoding.h"
#include "testing/fake_journal_folder.h"
#include "testing/fake_result_sink.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Error kAway{Errc::unavailable, "away"};
const Error kTooLong{Errc::invalid, "too long"};

class ResultDeliveryTest : public testing::Test {
 protected:
  void append(const std::string& id, seconds age = seconds(0)) {
    ScanResult result;
    result.id = id;
    result.deployment = "main";
    result.agent = "agent-1";
    result.scanned_at = clock_.system_now() - age;
    result.verdict = infected_verdict({"Win.Test"}, 5);
    append_line(to_json(result));
  }
  void append_line(const std::string& line) {
    ASSERT_TRUE(journal_->append(line, Deadline::never(), {}));
  }
  /// Delivers until nothing is left, as at the end of an agent.
  void deliver() {
    std::stop_source ending;
    ending.request_stop();
    ResultDelivery delivery({"log", &sink_}, *journal_, folder_, options_,
                            {clock_, random_, log_, metrics_});
    delivery.run(stop_.get_token(), ending.get_token());
  }
  std::vector<std::string> delivered() const {
    std::vector<std::string> ids;
    for (const ScanResult& result : sink_.results()) ids.push_back(result.id);
    return ids;
  }
  double metric(const std::string& name) const {
    return metrics_.value(name, {{"destination", "log"}});
  }
  double gauge(const std::string& name) const {
    return metrics_.value(name, {{"destination", "log"}, {"outbox", "0"}});
  }

  SimulatedClock clock_;
  SeededRandom random_;
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  FakeJournalFolder folder_;
  FakeResultSink sink_;
  ResultDeliveryOptions options_;
  std::stop_source stop_;
  std::unique_ptr<Journal> journal_ =
      Journal::open(folder_, {.name = "outbox", .readers = {"log", "other"}}, log_).value();
};

TEST_F(ResultDeliveryTest, WhatIsThereGoesInOneBatchInItsOrder) {
  for (const char* id : {"1", "2", "3"}) append(id);

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(sink_.batches(), 1);
  EXPECT_EQ(journal_->depth("log"), 0U);
  EXPECT_EQ(journal_->depth("other"), 3U) << "each destination is on its own";
  EXPECT_EQ(metric("cordon_results_delivered_total"), 3);
  EXPECT_EQ(gauge("cordon_outbox_results"), 0);
}

TEST_F(ResultDeliveryTest, ABatchHoldsNoMoreThanItMay) {
  options_.batch_results_max = 10;
  for (int i = 0; i < 25; ++i) append(std::to_string(i));

  deliver();

  EXPECT_EQ(delivered().size(), 25U);
  EXPECT_EQ(sink_.batches(), 3);
}

TEST_F(ResultDeliveryTest, ADestinationThatIsAwayIsTriedUntilItTakesThem) {
  for (const char* id : {"1", "2"}) append(id);
  sink_.fail_next(kAway, 9);

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("1", "2"));
  EXPECT_EQ(sink_.batches(), 10);
  EXPECT_EQ(metric("cordon_results_failed_total"), 18);
  const auto waits = clock_.waits();
  ASSERT_EQ(waits.size(), 9U);
  for (const auto wait : waits) EXPECT_LE(wait, seconds(30));
  EXPECT_GT(*std::max_element(waits.begin(), waits.end()), seconds(2)) << "it backs off";
}

TEST_F(ResultDeliveryTest, ThatItIsAwayIsToldOnceAndThatItIsBack) {
  append("1");
  sink_.fail_next(kAway, 5);

  deliver();

  EXPECT_EQ(logged_.find("results.not_taken"), logged_.rfind("results.not_taken"));
  EXPECT_THAT(logged_, HasSubstr("results.not_taken"));
  EXPECT_THAT(logged_, HasSubstr("results.delivered_again"));
}

TEST_F(ResultDeliveryTest, WhatIsRefusedForGoodIsSetAsideAndHoldsNothingUp) {
  for (const char* id : {"1", "bad", "3"}) append(id);
  sink_.refuse("bad", kTooLong);

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("1", "3"));
  EXPECT_EQ(journal_->depth("log"), 0U);
  EXPECT_EQ(metric("cordon_results_refused_total"), 1);
  const std::string kept = folder_.content("log.refused");
  EXPECT_EQ(decode_scan_result(kept.substr(0, kept.find('\n'))).value().id, "bad");
  EXPECT_THAT(logged_, HasSubstr("too long"));
}

TEST_F(ResultDeliveryTest, WhatFailsForNowDoesNotHoldUpTheOthers) {
  for (const char* id : {"slow", "2", "3"}) append(id);
  sink_.refuse("slow", {Errc::throttled, "slower"});
  int calls = 0;
  options_.observer = [&](std::string_view step) {
    if (step == "deliver" && ++calls == 3) sink_.take_again("slow");
  };

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("2", "3", "slow"));
  EXPECT_EQ(journal_->depth("log"), 0U);
}

TEST_F(ResultDeliveryTest, WhatWasReadAgainAfterACrashIsNotPassedTooEarly) {
  for (const char* id : {"slow", "2"}) append(id);
  sink_.refuse("slow", {Errc::throttled, "slower"});
  int calls = 0;
  options_.observer = [&](std::string_view step) {
    if (step == "deliver" && ++calls == 2) stop_.request_stop();
  };

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("2"));
  EXPECT_EQ(journal_->depth("log"), 2U) << "the first one was not taken";
}

TEST_F(ResultDeliveryTest, WhatCannotBeReadIsSetAside) {
  append("1");
  append_line("{\"schema\":\"cordon.scan-result/9\"}");
  append("3");

  deliver();

  EXPECT_THAT(delivered(), ElementsAre("1", "3"));
  EXPECT_EQ(folder_.content("log.refused"), "{\"schema\":\"cordon.scan-result/9\"}\n");
  EXPECT_EQ(journal_->depth("log"), 0U);
}

TEST_F(ResultDeliveryTest, SaysHowOldTheOldestIs) {
  append("old", seconds(90));
  append("new");
  sink_.fail_next(kAway, 1000);
  int calls = 0;
  options_.observer = [&](std::string_view step) {
    if (step == "delivered" && ++calls == 2) stop_.request_stop();
  };

  deliver();

  EXPECT_GE(gauge("cordon_outbox_oldest_seconds"), 90);
  EXPECT_EQ(gauge("cordon_outbox_results"), 2);
  EXPECT_GT(metrics_.value("cordon_outbox_bytes", {{"outbox", "0"}}), 0);
}

TEST_F(ResultDeliveryTest, AStopEndsAPause) {
  append("1");
  sink_.fail_next(kAway, 1000);
  SimulatedClock slow(SimulatedClock::Mode::manual);
  ResultDelivery delivery({"log", &sink_}, *journal_, folder_, options_,
                          {slow, random_, log_, metrics_});
  std::jthread thread([&] { delivery.run(stop_.get_token(), {}); });
  slow.until_waiting(1);

  stop_.request_stop();
  thread.join();

  EXPECT_THAT(delivered(), IsEmpty());
  EXPECT_EQ(journal_->depth("log"), 1U);
}

TEST_F(ResultDeliveryTest, ADiskThatCannotBeReadIsTriedAgain) {
  append("1");
  const std::string content = folder_.content("0000000000000001.journal");
  ASSERT_TRUE(folder_.remove("0000000000000001.journal"));
  SimulatedClock slow(SimulatedClock::Mode::manual);
  ResultDelivery delivery({"log", &sink_}, *journal_, folder_, options_,
                          {slow, random_, log_, metrics_});
  std::stop_source ending;
  std::jthread thread([&] { delivery.run(stop_.get_token(), ending.get_token()); });
  slow.until_waiting(1);

  ASSERT_TRUE(folder_.append("0000000000000001.journal", content));
  ending.request_stop();
  slow.advance(seconds(60));
  thread.join();

  EXPECT_THAT(delivered(), ElementsAre("1"));
}

}  // namespace
}  // namespace cordon
