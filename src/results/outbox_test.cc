#include "results/outbox.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_journal_folder.h"
#include "testing/fake_result_sink.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A destination that answers nothing until it is told to, or stopped.
class HeldSink final : public ResultSink {
 public:
  ResultOutcomes publish(std::span<const ScanResult> results, Deadline,
                         std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    changed_.notify_all();
    if (!changed_.wait(lock, stop, [this] { return is_released_; })) {
      return ResultOutcomes(results.size(), Error{Errc::cancelled, "stopped"});
    }
    taken_ += results.size();
    changed_.notify_all();
    return ResultOutcomes(results.size());
  }
  void release() {
    std::lock_guard lock(mutex_);
    is_released_ = true;
    changed_.notify_all();
  }
  void until_called() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return calls_ > 0; });
  }
  std::size_t taken() {
    std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_released_ = false;
  int calls_ = 0;
  std::size_t taken_ = 0;
};

class OutboxTest : public testing::Test {
 protected:
  std::unique_ptr<Outbox> open(std::vector<ResultDestination> destinations,
                               OutboxOptions options = {}) {
    return Outbox::open(folder_, options, std::move(destinations),
                        {clock_, random_, log_, metrics_})
        .value();
  }
  ScanResult result(const std::string& id) {
    ScanResult made;
    made.id = id;
    made.deployment = "main";
    made.agent = "agent-1";
    made.scanned_at = clock_.system_now();
    made.verdict = infected_verdict({"Win.Test"}, 5);
    return made;
  }
  Result<void> keep(Outbox& outbox, const std::string& id) {
    return outbox.keep(result(id), Deadline::never(), {});
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  SeededRandom random_;
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  FakeJournalFolder folder_;
  FakeResultSink log_sink_;
};

TEST_F(OutboxTest, EveryDestinationGetsEveryResult) {
  FakeResultSink topic;
  const auto outbox = open({{"log", &log_sink_}, {"topic", &topic}});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(keep(*outbox, std::to_string(i)));

  outbox->finish(Deadline::never());

  EXPECT_THAT(log_sink_.results(), SizeIs(20));
  EXPECT_THAT(topic.results(), SizeIs(20));
  EXPECT_EQ(outbox->depth(), 0U);
  const std::map<std::string, std::uint64_t> files = folder_.files().value();
  for (const auto& [name, bytes] : files) {
    EXPECT_FALSE(name.ends_with(".journal")) << "nothing is left to deliver";
  }
}

TEST_F(OutboxTest, OneThatDoesNotAnswerDelaysNobody) {
  HeldSink held;
  const auto outbox = open({{"held", &held}, {"log", &log_sink_}});
  ASSERT_TRUE(keep(*outbox, "first"));
  held.until_called();

  for (int i = 0; i < 50; ++i) ASSERT_TRUE(keep(*outbox, std::to_string(i)));
  while (log_sink_.results().size() < 51) std::this_thread::yield();
  EXPECT_EQ(held.taken(), 0U);
  EXPECT_EQ(outbox->depth(), 51U);

  held.release();
  outbox->finish(Deadline::never());
  EXPECT_EQ(held.taken(), 51U);
}

TEST_F(OutboxTest, WhatIsLeftAtTheEndIsDeliveredByTheNext) {
  HeldSink held;
  {
    const auto outbox = open({{"held", &held}, {"log", &log_sink_}});
    ASSERT_TRUE(keep(*outbox, "1"));
    held.until_called();
    std::jthread time([this] {
      clock_.until_waiting(1);
      clock_.advance(seconds(31));
    });

    outbox->finish(Deadline::after(clock_, seconds(30)));

    EXPECT_EQ(outbox->depth(), 1U);
    EXPECT_THAT(logged_, HasSubstr("outbox.kept"));
  }
  FakeResultSink next;
  const auto outbox = open({{"held", &next}, {"log", &log_sink_}});

  outbox->finish(Deadline::never());

  ASSERT_THAT(next.results(), SizeIs(1));
  EXPECT_EQ(next.results()[0].id, "1");
  EXPECT_THAT(log_sink_.results(), SizeIs(1)) << "the other one had it already";
  EXPECT_THAT(logged_, HasSubstr("outbox.left_behind"));
}

TEST_F(OutboxTest, EndsAtOnceWithoutFinishing) {
  HeldSink held;
  {
    const auto outbox = open({{"held", &held}});
    ASSERT_TRUE(keep(*outbox, "1"));
    held.until_called();
  }
  EXPECT_EQ(held.taken(), 0U);
}

TEST_F(OutboxTest, TakesNothingThatCouldNotBeDelivered) {
  const auto outbox = open({{"log", &log_sink_}});
  ScanResult contradiction = result("1");
  contradiction.verdict.disposition = Disposition::clean;

  const Result<void> kept = outbox->keep(contradiction, Deadline::never(), {});

  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, Errc::invalid);
  EXPECT_EQ(outbox->depth(), 0U);
}

TEST_F(OutboxTest, AFolderThatCannotBeReadIsAnError) {
  folder_.die_at(0);

  EXPECT_FALSE(Outbox::open(folder_, {}, {{"log", &log_sink_}}, {clock_, random_, log_, metrics_}));
}

}  // namespace
}  // namespace cordon
