#include "results/durable_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_journal_folder.h"
#include "testing/fake_result_sink.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DurableSinkTest : public testing::Test {
 protected:
  static ScanResult result(const std::string& id) {
    ScanResult made;
    made.id = id;
    made.deployment = "main";
    made.agent = "agent-1";
    made.verdict = infected_verdict({"Win.Test"}, 5);
    return made;
  }
  Result<void> publish(const std::string& id, std::stop_token stop = {}) {
    return publish_one(sink_, result(id), Deadline::never(), std::move(stop));
  }
  int times_told(const std::string& event) const {
    int times = 0;
    for (std::size_t at = logged_.find(event); at != std::string::npos;
         at = logged_.find(event, at + 1)) {
      ++times;
    }
    return times;
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  SeededRandom random_;
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  FakeJournalFolder folder_;
  FakeResultSink place_;   ///< Where the outbox delivers.
  FakeResultSink direct_;  ///< The same, asked by slots.
  std::unique_ptr<Outbox> outbox_ = Outbox::open(folder_, {.bytes_max = 4096}, {{"log", &place_}},
                                                 {clock_, random_, log_, metrics_})
                                        .value();
  DurableSink sink_{*outbox_, direct_, log_, metrics_};
};

TEST_F(DurableSinkTest, AResultGoesIntoTheOutboxAlone) {
  ASSERT_TRUE(publish("1"));
  outbox_->finish(Deadline::never());

  EXPECT_THAT(place_.results(), SizeIs(1));
  EXPECT_THAT(direct_.results(), IsEmpty());
}

TEST_F(DurableSinkTest, WithoutRoomOnDiskSlotsDeliverThemselves) {
  folder_.room = 0;

  for (int i = 0; i < 5; ++i) ASSERT_TRUE(publish(std::to_string(i)));

  EXPECT_THAT(direct_.results(), SizeIs(5));
  EXPECT_EQ(metrics_.value("cordon_results_direct_total"), 5);
  EXPECT_EQ(times_told("outbox.takes_nothing"), 1);
  folder_.room = SIZE_MAX;
  ASSERT_TRUE(publish("again"));
  EXPECT_EQ(times_told("outbox.takes_again"), 1);
  EXPECT_THAT(direct_.results(), SizeIs(5));
}

TEST_F(DurableSinkTest, AFullOutboxHoldsTheSlotUntilItsResultIsTaken) {
  place_.fail_next({Errc::unavailable, "away"}, 100'000);
  int kept = 0;
  while (direct_.results().empty()) {
    ASSERT_TRUE(publish(std::to_string(kept++)));
    ASSERT_LT(kept, 1000);
  }
  direct_.fail_next({Errc::unavailable, "away"});

  const Result<void> published = publish("late");

  ASSERT_FALSE(published) << "its message is not acknowledged";
  EXPECT_EQ(published.error().code, Errc::unavailable);
}

TEST_F(DurableSinkTest, AStopIsNoReasonToDeliver) {
  std::stop_source stop;
  stop.request_stop();

  const Result<void> published = publish("1", stop.get_token());

  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Errc::cancelled);
  EXPECT_THAT(direct_.results(), IsEmpty());
}

TEST(AllSinks, AResultIsDeliveredWhenAllTookIt) {
  FakeResultSink first;
  FakeResultSink second;
  AllSinks all({&first, &second});
  std::vector<ScanResult> batch(3);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].id = std::to_string(i);
  first.refuse("0", {Errc::throttled, "slower"});
  second.refuse("1", {Errc::unavailable, "away"});

  const ResultOutcomes outcomes = all.publish(batch, Deadline::never(), {});

  ASSERT_THAT(outcomes, SizeIs(3));
  EXPECT_EQ(outcomes[0].error().code, Errc::throttled);
  EXPECT_EQ(outcomes[1].error().code, Errc::unavailable);
  EXPECT_TRUE(outcomes[2]);
}

}  // namespace
}  // namespace cordon
