#include "agent/message_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/agent_world.h"

namespace cordon {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using Call = FakeObjectStore::Call;

TEST(MessageHandler, AcknowledgesWhatIsFinal) {
  World world;
  world.queue.send(sns_envelope(World::message_of(world.upload("a+ b/%ü😀", "x"))));

  EXPECT_EQ(world.deliver(), Settled::acknowledged);

  EXPECT_EQ(world.queue.size(), 0U);
  EXPECT_EQ(world.verdict_tag(kUploads, "a+ b/%ü😀"), "Clean");
  EXPECT_EQ(world.observer.steps(), "decode admit open stage scan tag act report acknowledge");
}

TEST(MessageHandler, AcknowledgesWhatNeedsNoWork) {
  World world;
  world.queue.send(R"({"Service":"Amazon S3","Event":"s3:TestEvent"})");

  EXPECT_EQ(world.deliver(), Settled::acknowledged);

  EXPECT_EQ(world.queue.size(), 0U);
  EXPECT_TRUE(world.sink.results().empty());
}

TEST(MessageHandler, PutsWhatItCannotReadToTheDeadLettersWithTheReason) {
  World world;
  world.queue.send("hello");

  EXPECT_EQ(world.deliver(), Settled::dead_lettered);

  ASSERT_EQ(world.queue.dead().size(), 1U);
  EXPECT_EQ(world.queue.dead()[0].body, "hello");
  EXPECT_THAT(world.queue.dead()[0].reason, HasSubstr("not JSON"));
}

TEST(MessageHandler, ABadRecordGoesAloneToTheDeadLetters) {
  World world;
  const ObjectEvent good = world.upload("good", "x");
  const ObjectEvent harmful = world.upload("harmful", kHarmful);
  const std::string bad = R"({"eventVersion":"2.1","eventName":"ObjectCreated:Put"})";
  world.queue.send(sns_envelope(
      s3_message(World::record_of(good) + "," + bad + "," + World::record_of(harmful) + ",7")));

  EXPECT_EQ(world.deliver(), Settled::dead_lettered);

  EXPECT_EQ(world.verdict_tag(kUploads, "good"), "Clean");
  EXPECT_EQ(world.verdict_tag(kUploads, "harmful"), "(gone)");
  EXPECT_EQ(world.queue.size(), 0U);
  ASSERT_EQ(world.queue.dead().size(), 1U);
  EXPECT_EQ(world.queue.dead()[0].body, s3_message(bad + ",7"));
  EXPECT_THAT(world.queue.dead()[0].reason, HasSubstr("not understood: Records[1]: "));
  EXPECT_THAT(world.queue.dead()[0].reason, HasSubstr("(and 1 more of its records)"));
  EXPECT_EQ(world.metrics.value("cordon_records_refused_total"), 2);
}

TEST(MessageHandler, ARecordOfAForeignBucketTakesNoOtherWithIt) {
  World world;
  world.store.make_bucket(BucketName("foreign"));
  const ObjectEvent good = world.upload("good", "x");
  const ObjectEvent foreign = world.upload("k", "x", {}, BucketName("foreign"));
  world.buckets.answer(BucketName("foreign"), Standing::unprotected);
  world.queue.send(s3_message(World::record_of(foreign) + "," + World::record_of(good)));

  EXPECT_EQ(world.deliver(), Settled::dead_lettered);

  EXPECT_EQ(world.verdict_tag(kUploads, "good"), "Clean");
  ASSERT_EQ(world.queue.dead().size(), 1U);
  EXPECT_THAT(world.queue.dead()[0].body, Not(HasSubstr("good")));
  EXPECT_THAT(world.queue.dead()[0].reason, testing::StartsWith("not-protected: "));
}

TEST(MessageHandler, ABadRecordWaitsForTheGoodOnesThatAreNotDone) {
  World world;
  const ObjectEvent event = world.upload("k", "x");
  world.queue.send(s3_message("7," + World::record_of(event)));
  world.store.fail_next(Call::read, {Errc::unavailable, "down"}, 1000);

  EXPECT_EQ(world.deliver(), Settled::retried);
  EXPECT_TRUE(world.queue.dead().empty());
  for (int i = 0; i < 4; ++i) {
    world.queue.expire_claims();
    world.deliver();
  }

  ASSERT_EQ(world.queue.dead().size(), 1U) << "given up as a whole";
  EXPECT_EQ(world.queue.dead()[0].body, s3_message("7," + World::record_of(event)));
}

TEST(MessageHandler, ADeathBeforeTheDeadLettersTakeTheBadRecordLosesNothing) {
  World world;
  world.queue.send(s3_message("7," + World::record_of(world.upload("k", "x"))));
  world.queue.fail_next(FakeEventQueue::Call::dead_letter, {Errc::unavailable, "away"});

  EXPECT_EQ(world.deliver(), Settled::retried);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_EQ(world.queue.size(), 1U);
  world.queue.expire_claims();
  EXPECT_EQ(world.deliver(), Settled::dead_lettered);

  EXPECT_EQ(world.queue.dead().at(0).body, s3_message("7"));
  EXPECT_EQ(world.sink.results().size(), 1U) << "what was done is not done again";
}

TEST(MessageHandler, ManyBadMessagesAreToldOfAFewTimesAndCountedAll) {
  World world;
  for (int i = 0; i < 30; ++i) {
    world.queue.send("hello");
    EXPECT_EQ(world.deliver(), Settled::dead_lettered);
  }

  const std::size_t lines = world.log_lines.with([](auto& all) { return all.size(); });
  EXPECT_EQ(lines, 10U);
  EXPECT_EQ(world.metrics.value("cordon_messages_dead_lettered_total"), 30);
  world.clock.advance(seconds(60));
  world.log.tell_left_out();
  EXPECT_THAT(world.log_lines.with([](auto& all) { return all.back(); }),
              HasSubstr(R"("of":"message.dead_lettered","count":20)"));
}

TEST(MessageHandler, LosesNothingWhenTheDeadLettersAreAway) {
  World world;
  world.queue.send("hello");
  world.queue.fail_next(FakeEventQueue::Call::dead_letter, {Errc::not_found, "no dead letters"});

  EXPECT_EQ(world.deliver(), Settled::retried);

  EXPECT_EQ(world.queue.size(), 1U);
}

TEST(MessageHandler, AcknowledgesSeveralRecordsWhenEveryOneIsFinal) {
  World world;
  const ObjectEvent a = world.upload("a", "x");
  const ObjectEvent b = world.upload("b", kHarmful);
  const ObjectEvent gone = world.upload("gone", "x");
  world.store.delete_current(kUploads, ObjectKey("gone"));
  world.queue.send(
      s3_message(World::record_of(a) + "," + World::record_of(gone) + "," + World::record_of(b)));
  int reads = 0;
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call == Call::tags && object.key.str() == "a" && ++reads == 1) {
      return Error{Errc::throttled, "SlowDown"};
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.deliver(), Settled::retried);
  EXPECT_EQ(world.verdict_tag(kUploads, "b"), "(gone)") << "the others went on";
  world.queue.expire_claims();
  EXPECT_EQ(world.deliver(), Settled::acknowledged);

  EXPECT_EQ(world.verdict_tag(kUploads, "a"), "Clean");
  EXPECT_EQ(world.sink.results().size(), 2U) << "what was final is not done again";
  EXPECT_EQ(world.queue.size(), 0U);
}

TEST(MessageHandler, WaitsLongerAfterEveryFailure) {
  World world;
  const ObjectEvent event = world.upload("k", "x");
  const std::string id = world.queue.send(World::message_of(event));
  world.store.fail_next(Call::read, {Errc::unavailable, "down"}, 1000);

  for (const int expected : {20, 40, 80, 160}) {
    ASSERT_EQ(world.deliver(), Settled::retried);
    const seconds wait = world.queue.hidden_for(id).value();
    EXPECT_GE(wait, seconds(expected));
    EXPECT_LE(wait, seconds(expected + 10));
    world.queue.expire_claims();
  }

  EXPECT_EQ(world.deliver(), Settled::dead_lettered) << "the last receive says why";
  EXPECT_THAT(world.queue.dead().at(0).reason, HasSubstr("after 5 deliveries"));
  EXPECT_THAT(world.queue.dead().at(0).reason, HasSubstr("down"));
  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, "x");
}

TEST(MessageHandler, NeverWaitsLongerThanAQuarterOfAnHour) {
  SeededRandom random;

  EXPECT_EQ(retry_visibility(100, random), seconds(900));
  EXPECT_LT(retry_visibility(0, random), seconds(21));
}

TEST(MessageHandler, GivesBackWhatAStopInterrupted) {
  World world;
  world.queue.send(World::message_of(world.upload("k", "x")));
  std::stop_source stop;
  world.scanner.on_scan([&] { stop.request_stop(); });
  const Claim claim = world.queue.receive(1, seconds(0), Deadline::never(), {})->at(0);

  EXPECT_EQ(world.message_handler.deliver(claim, world.clock.steady_now(), stop.get_token()),
            Settled::given_back);

  EXPECT_EQ(world.queue.visible(), 1U);
}

TEST(MessageHandler, LeavesAMessageAloneWhoseClaimIsLost) {
  World world;
  world.queue.send(World::message_of(world.upload("k", kHarmful)));
  const Claim claim = world.queue.receive(1, seconds(0), Deadline::never(), {})->at(0);
  world.queue.fail_next(FakeEventQueue::Call::extend, {Errc::changed, "MessageNotInflight"});
  world.scanner.on_scan([&] {
    world.clock.until_waiting(1);
    world.clock.advance(seconds(60));
    while (world.metrics.value("cordon_claims_lost_total") < 1) std::this_thread::yield();
  });

  EXPECT_EQ(world.message_handler.deliver(claim, world.clock.steady_now(), {}), Settled::lost);

  EXPECT_EQ(world.queue.size(), 1U);
  EXPECT_EQ(world.queue.acknowledged(), 0);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(none)");
}

TEST(MessageHandler, SaysPoisonOnTheLastDelivery) {
  World world;
  world.queue.send(World::message_of(world.upload("k", "x")));
  for (int i = 0; i < 5; ++i) {
    world.scanner.answer_next(Error{Errc::worker_died, "crash"});
    const Settled expected = i < 4 ? Settled::retried : Settled::acknowledged;
    EXPECT_EQ(world.deliver(), expected);
    world.queue.expire_claims();
  }

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Unscannable");
  EXPECT_EQ(world.sink.results().at(0).verdict.reason, Reason::engine_crash);
  EXPECT_EQ(world.sink.results().at(0).attempt, 5);
}

}  // namespace
}  // namespace cordon
