#include "push/local_event_queue.h"

#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/dead_letter_reason.h"
#include "core/event.h"
#include "testing/event_queue_contract.h"
#include "testing/fake_journal_folder.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"
#include "testing/temporary_folder.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A queue on a disk that tests cut and damage, and what is around it.
class LocalPlace {
 public:
  explicit LocalPlace(const LocalQueueOptions& options = {}) { open(options); }

  /// As after kill -9: what was in memory is gone.
  void open(const LocalQueueOptions& options = {}) {
    queue_.reset();
    queue_ = LocalEventQueue::open(options, {folder, *letters_, clock, log_, metrics}).value();
  }
  LocalEventQueue& queue() { return *queue_; }
  LocalDeadLetters& letters() { return *letters_; }

  SimulatedClock clock;
  FakeJournalFolder folder;
  Metrics metrics;
  std::string logged;

 private:
  TemporaryFolder place_;
  SeededRandom random_;
  Log log_{LogLevel::info, clock, [this](std::string_view line) { logged += line; }};
  std::unique_ptr<LocalDeadLetters> letters_ =
      LocalDeadLetters::open(place_.path(), {}, clock, random_).value();
  std::unique_ptr<LocalEventQueue> queue_;
};

class LocalSubject {
 public:
  std::string skip_reason() const { return ""; }
  EventQueue& queue() { return place_.queue(); }
  void send(const std::string& body) {
    ASSERT_TRUE(place_.queue().send(body, Deadline::never(), {}));
  }
  std::vector<BuriedMessage> dead_letters() {
    std::vector<BuriedMessage> buried;
    const auto taken = place_.letters().take(std::chrono::seconds(1), DeadLetterBox::Patience::none,
                                             Deadline::never(), {});
    for (const DeadLetter& letter : taken.value()) {
      buried.push_back({letter.claim.body, letter.reason});
      EXPECT_TRUE(place_.letters().drop(letter, Deadline::never(), {}));
    }
    return buried;
  }

 private:
  LocalPlace place_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Local, EventQueueContract, LocalSubject);

class LocalEventQueueTest : public testing::Test {
 protected:
  Result<void> send(const std::string& body) {
    return place_.queue().send(body, Deadline::never(), {});
  }
  std::vector<Claim> receive(int count_max = 10, int wait_seconds = 0) {
    return place_.queue()
        .receive(count_max, std::chrono::seconds(wait_seconds), Deadline::never(), {})
        .value();
  }
  Result<void> acknowledge(const Claim& claim) {
    return place_.queue().acknowledge(claim, Deadline::never(), {});
  }
  static std::vector<std::string> bodies(const std::vector<Claim>& claims) {
    std::vector<std::string> found;
    for (const Claim& claim : claims) found.push_back(claim.body);
    return found;
  }
  std::vector<DeadLetter> dead() {
    return place_.letters()
        .take(std::chrono::seconds(1), DeadLetterBox::Patience::none, Deadline::never(), {})
        .value();
  }

  LocalPlace place_;
};

TEST_F(LocalEventQueueTest, DeliversInTheOrderOfArrival) {
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(send(body));

  EXPECT_THAT(bodies(receive(2)), ElementsAre("1", "2"));
  EXPECT_THAT(bodies(receive()), ElementsAre("3"));
}

TEST_F(LocalEventQueueTest, AStartFindsWhatWasNotAcknowledged) {
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(send(body));
  const std::vector<Claim> claims = receive();
  ASSERT_TRUE(acknowledge(claims[1]));

  place_.open();

  const std::vector<Claim> again = receive();
  EXPECT_THAT(bodies(again), ElementsAre("1", "3"));
  EXPECT_EQ(again[0].receive_count, 2) << "a message that kills agents must not do so for ever";
  EXPECT_EQ(again[0].message_id, claims[0].message_id);
  EXPECT_EQ(again[0].sent_at, claims[0].sent_at);
}

TEST_F(LocalEventQueueTest, AClaimThatNobodyExtendsRunsOut) {
  ASSERT_TRUE(send("1"));
  const Claim first = receive().front();
  place_.clock.advance(std::chrono::seconds(119));
  ASSERT_THAT(receive(), IsEmpty());

  place_.clock.advance(std::chrono::seconds(1));

  const std::vector<Claim> second = receive();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(
      place_.queue().extend(first, std::chrono::seconds(60), Deadline::never(), {}).error().code,
      Errc::changed)
      << "the newest receipt is the valid one";
  EXPECT_TRUE(place_.queue().extend(second[0], std::chrono::seconds(60), Deadline::never(), {}));
}

TEST_F(LocalEventQueueTest, AnExtendedClaimHidesItsMessageAsLongAsItWasSaid) {
  ASSERT_TRUE(send("1"));
  const Claim claim = receive().front();
  place_.clock.advance(std::chrono::seconds(100));
  ASSERT_TRUE(place_.queue().extend(claim, std::chrono::seconds(900), Deadline::never(), {}));

  place_.clock.advance(std::chrono::seconds(899));
  EXPECT_THAT(receive(), IsEmpty());
  place_.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(LocalEventQueueTest, AReceiveWaitsForWhatComesBack) {
  ASSERT_TRUE(send("1"));
  const Claim claim = receive().front();
  ASSERT_TRUE(place_.queue().extend(claim, std::chrono::seconds(7), Deadline::never(), {}));

  EXPECT_THAT(bodies(receive(10, 20)), ElementsAre("1"));
}

TEST_F(LocalEventQueueTest, AReceiveIsWokenByWhatIsSent) {
  std::latch is_waiting(1);
  std::vector<std::string> got;
  SimulatedClock manual(SimulatedClock::Mode::manual);
  Log log(LogLevel::off, manual, [](std::string_view) {});
  const auto queue =
      LocalEventQueue::open({}, {place_.folder, place_.letters(), manual, log, place_.metrics})
          .value();
  std::jthread receiver([&] {
    got = bodies(queue->receive(1, std::chrono::seconds(20), Deadline::never(), {}).value());
  });
  manual.until_waiting(1);

  ASSERT_TRUE(queue->send("1", Deadline::never(), {}));

  receiver.join();
  EXPECT_THAT(got, ElementsAre("1"));
}

TEST_F(LocalEventQueueTest, WhatWasReceivedTooOftenIsADeadLetterWithoutAReason) {
  ASSERT_TRUE(send("kills its agent"));
  for (int life = 1; life <= 5; ++life) {
    ASSERT_EQ(receive().front().receive_count, life);
    place_.open();
  }

  EXPECT_THAT(receive(), IsEmpty());

  const std::vector<DeadLetter> letters = dead();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].claim.body, "kills its agent");
  EXPECT_EQ(cause_of(letters[0].reason), DeadCause::unexplained);
  EXPECT_EQ(place_.queue().size(), 0U);
}

TEST_F(LocalEventQueueTest, WhatIsReplayedComesBackAsNew) {
  ASSERT_TRUE(send("once more"));
  ASSERT_TRUE(place_.queue().dead_letter(receive().front(), "why", Deadline::never(), {}));
  const DeadLetter letter = dead().front();
  ASSERT_TRUE(place_.letters().send_again(letter, Deadline::never(), {}));
  ASSERT_TRUE(place_.letters().drop(letter, Deadline::never(), {}));

  const std::vector<Claim> claims = receive(10, 20);

  ASSERT_THAT(bodies(claims), ElementsAre("once more"));
  EXPECT_EQ(claims[0].receive_count, 1);
  EXPECT_THAT(place_.letters().replayed(10).value(), IsEmpty());
}

TEST_F(LocalEventQueueTest, WhatHasNoRoomIsRefusedAndRoomComesBack) {
  const LocalQueueOptions options{.bytes_max = 64U << 10U};
  place_.open(options);
  const std::string body(1000, 'x');
  int taken = 0;
  while (send(body)) ++taken;

  const Result<void> refused = send(body);

  EXPECT_GT(taken, 20);
  EXPECT_EQ(refused.error().code, Errc::throttled);
  EXPECT_EQ(refused.error().cause, ErrorCause::staging);
  for (int left = taken; left > 0;) {
    const std::vector<Claim> claims = receive();
    ASSERT_FALSE(claims.empty());
    for (const Claim& claim : claims) ASSERT_TRUE(acknowledge(claim)) << "notes have room";
    left -= static_cast<int>(claims.size());
  }
  EXPECT_TRUE(send(body));
  place_.open(options);
  EXPECT_EQ(place_.queue().size(), 1U);
}

TEST_F(LocalEventQueueTest, OneMessageThatTakesLongKeepsNoOthersOnDisk) {
  const LocalQueueOptions options{.bytes_max = 64U << 10U};
  place_.open(options);
  ASSERT_TRUE(send("takes hours"));
  const Claim slow = receive().front();
  const std::string body(1000, 'x');

  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(send(body)) << i;
    const std::vector<Claim> claims = receive(1);
    ASSERT_EQ(claims.size(), 1U);
    ASSERT_TRUE(acknowledge(claims[0]));
    ASSERT_TRUE(place_.queue().extend(slow, std::chrono::seconds(60), Deadline::never(), {}));
  }

  place_.open(options);
  const std::vector<Claim> again = receive();
  ASSERT_THAT(bodies(again), ElementsAre("takes hours"));
  EXPECT_EQ(again[0].message_id, slow.message_id);
  EXPECT_EQ(again[0].receive_count, 2);
}

TEST_F(LocalEventQueueTest, RefusesWhatNoQueueCarries) {
  EXPECT_EQ(send(std::string(kMessageBytesMax + 1, 'x')).error().code, Errc::invalid);
  EXPECT_EQ(send("\xFF\xFE").error().code, Errc::invalid);
  EXPECT_TRUE(send(std::string(kMessageBytesMax, 'x')));
  EXPECT_EQ(receive().front().body.size(), kMessageBytesMax);
}

TEST_F(LocalEventQueueTest, ADiskThatTakesNothingTakesNoMessage) {
  ASSERT_TRUE(send("1"));
  place_.folder.room = 0;

  EXPECT_EQ(send("2").error().code, Errc::unavailable);
  EXPECT_FALSE(place_.queue().receive(1, std::chrono::seconds(0), Deadline::never(), {}))
      << "a receive that is not written down could repeat for ever";

  place_.folder.room = SIZE_MAX;
  const std::vector<Claim> claims = receive();
  ASSERT_THAT(bodies(claims), ElementsAre("1"));
  EXPECT_EQ(claims[0].receive_count, 1);
}

TEST_F(LocalEventQueueTest, DamageIsToldAndTakesNoOtherMessage) {
  for (const char* body : {"first", "second", "third"}) ASSERT_TRUE(send(body));
  std::string& file = place_.folder.content("0000000000000001.journal");
  file[file.find("second")] = 'S';

  place_.open();

  EXPECT_THAT(bodies(receive()), ElementsAre("first", "third"));
  EXPECT_EQ(place_.queue().damaged_parts(), 1U);
  EXPECT_THAT(place_.logged, HasSubstr("events.damaged"));
  EXPECT_THAT(place_.metrics.text(), HasSubstr("cordon_local_queue_damaged_parts 1"));
  EXPECT_THAT(place_.folder.content("damaged"), HasSubstr("Second"));
}

TEST_F(LocalEventQueueTest, DamageUnderARunningAgentIsToldToo) {
  for (const char* body : {"first", "second"}) ASSERT_TRUE(send(body));
  std::string& file = place_.folder.content("0000000000000001.journal");
  file[file.find("first")] = 'F';

  EXPECT_THAT(bodies(receive()), ElementsAre("second"));
  EXPECT_EQ(place_.queue().damaged_parts(), 1U);
  EXPECT_THAT(place_.logged, HasSubstr("events.lost"));
  EXPECT_EQ(place_.queue().size(), 1U) << "the one that is claimed";
}

TEST_F(LocalEventQueueTest, NumbersGrowOverStartsAndWhenTheClockGoesBack) {
  ASSERT_TRUE(send("1"));
  const std::string first = receive().front().message_id;
  place_.open();
  ASSERT_TRUE(send("2"));

  const std::vector<Claim> claims = receive();

  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].message_id, first);
  EXPECT_GT(claims[1].message_id, first);
}

}  // namespace
}  // namespace cordon
