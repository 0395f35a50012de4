// Uploads through a Storage Gateway: several events of one file, none of which names a version.

#include "agent/gateway_uploads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/agent_world.h"

namespace cordon {
namespace {

using testing::HasSubstr;

constexpr const char* kShare = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-1";
using Versions = FakeObjectStore::Versions;

class GatewayUploadsTest : public testing::TestWithParam<Versions> {
 protected:
  GatewayUploadsTest() {
    world_.shares.shares[kShare] = {.arn = kShare, .bucket = kUploads, .prefix = "in/"};
  }
  static ObjectEvent told(const std::string& path, const BucketName& bucket = kUploads) {
    return {.source = EventSource::gateway,
            .object = {bucket, ObjectKey("in/" + path)},
            .upload = GatewayUpload{.share_arn = kShare, .path = path, .prefix = "in/"}};
  }
  static std::string message(const std::string& path) {
    return R"({"version":"0","detail-type":"Storage Gateway Object Upload Event",
        "source":"aws.storagegateway","account":"111122223333","resources":[")" +
           std::string(kShare) + R"("],"detail":{"object-key":")" + path +
           R"(","prefix":"in/","bucket-name":"uploads"}})";
  }
  CopyResult write(const std::string& path, const std::string& content, const TagSet& tags = {}) {
    return world_.store.put(kUploads, ObjectKey("in/" + path), content, tags);
  }

  World world_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Buckets, GatewayUploadsTest, testing::Values(Versions::on, Versions::off));

TEST_P(GatewayUploadsTest, ThreeEventsOfOneFileScanItsFinalBytesOnce) {
  write("a.txt", "partial");
  write("a.txt", "partial and the rest");
  write("a.txt", "partial and the rest");  // The same with other metadata.

  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(world_.outcome(told("a.txt")), testing::AnyOf("done", "duplicate"));
  }

  EXPECT_EQ(world_.scanner.scanned(), std::vector<std::string>{"partial and the rest"});
  EXPECT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "Clean");
}

TEST_P(GatewayUploadsTest, BytesThatWereJustScannedAreTaggedAgainWithoutTheEngine) {
  write("a.txt", "content");
  ASSERT_EQ(world_.outcome(told("a.txt")), "done");
  write("a.txt", "content");
  ASSERT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "(none)");

  const ObjectOutcome outcome = world_.carry(told("a.txt"));

  ASSERT_EQ(name_of(outcome.kind), "done");
  EXPECT_TRUE(outcome.result->skipped);
  EXPECT_EQ(world_.scanner.scans(), 1U);
  EXPECT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "Clean");
}

TEST_P(GatewayUploadsTest, OtherBytesUnderTheSamePathAreScanned) {
  write("a.txt", "one");
  world_.outcome(told("a.txt"));
  write("a.txt", kHarmful);

  EXPECT_EQ(world_.outcome(told("a.txt")), "done");

  EXPECT_EQ(world_.scanner.scans(), 2U);
  EXPECT_TRUE(world_.store.current(kQuarantine, ObjectKey("uploads/in/a.txt")));
}

TEST_P(GatewayUploadsTest, WaitsForTheObjectAndGivesUpWithoutADeadLetter) {
  EXPECT_EQ(world_.outcome(told("late.txt"), 1), "retry-later");
  EXPECT_EQ(world_.outcome(told("late.txt"), 2), "retry-later");
  EXPECT_EQ(world_.outcome(told("late.txt"), 3), "superseded");

  write("late.txt", "here");
  EXPECT_EQ(world_.outcome(told("late.txt"), 2), "done");
}

TEST_P(GatewayUploadsTest, FindsTheKeyWhetherThePathHasThePrefixOrNot) {
  write("a.txt", "content");
  ObjectEvent event = told("in/a.txt");  // The gateway wrote the whole key.

  EXPECT_EQ(world_.outcome(event), "done");

  EXPECT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "Clean");
}

TEST_P(GatewayUploadsTest, AsksTheShareWhereTheEventDoesNotSay) {
  write("a.txt", "content");
  ObjectEvent event = told("a.txt", BucketName());
  event.object.key = ObjectKey("a.txt");
  event.upload->prefix.reset();

  EXPECT_EQ(world_.outcome(event), "done");
  EXPECT_EQ(world_.outcome(event), GetParam() == Versions::on ? "duplicate" : "done");

  EXPECT_EQ(world_.shares.lookups, 1);
  EXPECT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "Clean");
}

TEST_P(GatewayUploadsTest, GoesByTheEventWhereTheShareCannotBeAsked) {
  world_.shares.shares.clear();
  write("a.txt", "content");
  EXPECT_EQ(world_.outcome(told("a.txt")), "done");

  ObjectEvent nameless = told("b.txt", BucketName());
  const ObjectOutcome outcome = world_.carry(nameless);
  EXPECT_EQ(name_of(outcome.kind), "dead-letter");
  EXPECT_THAT(outcome.why, HasSubstr("storagegateway:DescribeNFSFileShares"));
}

TEST_P(GatewayUploadsTest, AShareThatCannotBeAskedJustNowIsAskedAgain) {
  write("a.txt", "content");
  ObjectEvent nameless = told("a.txt", BucketName());
  nameless.object.key = ObjectKey("a.txt");
  nameless.upload->prefix.reset();
  for (const Errc code : {Errc::throttled, Errc::timeout, Errc::unavailable}) {
    world_.shares.failure = Error{code, "not now"};
    EXPECT_EQ(world_.outcome(nameless), "retry-later");
    // What contradicts the share must not pass because the share is away.
    EXPECT_EQ(world_.outcome(told("a.txt", kProduction)), "retry-later");
  }
  EXPECT_EQ(world_.shares.lookups, 6);

  world_.shares.failure.reset();
  EXPECT_EQ(world_.outcome(told("a.txt", kProduction)), "dead-letter");
  EXPECT_EQ(world_.outcome(nameless), "done");
}

TEST_P(GatewayUploadsTest, AShareThatMayNotBeAskedIsAskedOnce) {
  write("a.txt", "content");
  world_.shares.failure = Error{Errc::denied, "no right"};

  EXPECT_EQ(world_.outcome(told("a.txt")), "done");
  EXPECT_EQ(world_.outcome(told("b.txt")), "retry-later");  // Not there yet.

  EXPECT_EQ(world_.shares.lookups, 1);
}

TEST_P(GatewayUploadsTest, SharesThatDoNotExistCostFewLooksAndNoHonestUpload) {
  for (int number = 0; number < 1000; ++number) {
    ObjectEvent forged = told("nothing.txt");
    forged.upload->share_arn = kShare + std::to_string(number);
    world_.outcome(forged);
  }
  EXPECT_LE(world_.shares.lookups, 20);
  write("a.txt", "content");
  write("b.txt", "content of another");

  EXPECT_EQ(world_.outcome(told("a.txt")), "done");  // By its own word.
  ObjectEvent nameless = told("b.txt", BucketName());
  EXPECT_EQ(world_.outcome(nameless), "retry-later");
  world_.clock.advance(std::chrono::minutes(1));

  EXPECT_EQ(world_.outcome(nameless), "done");
  EXPECT_EQ(world_.verdict_tag(kUploads, "in/a.txt"), "Clean");
  EXPECT_EQ(world_.verdict_tag(kUploads, "in/b.txt"), "Clean");
}

TEST_P(GatewayUploadsTest, AnEventThatContradictsTheShareTouchesNothing) {
  world_.store.put(kProduction, ObjectKey("in/a.txt"), kHarmful);

  const ObjectOutcome outcome = world_.carry(told("a.txt", kProduction));

  EXPECT_EQ(name_of(outcome.kind), "dead-letter");
  EXPECT_TRUE(world_.store.current(kProduction, ObjectKey("in/a.txt")));
  EXPECT_EQ(world_.scanner.scans(), 0U);
}

TEST_P(GatewayUploadsTest, TheShareIsRefreshedWhenTheObjectWentAway) {
  write("dir/evil.bin", kHarmful);
  write("good.txt", "harmless");

  world_.outcome(told("dir/evil.bin"));
  world_.outcome(told("good.txt"));

  ASSERT_EQ(world_.shares.refreshed.size(), 1U);
  EXPECT_EQ(world_.shares.refreshed[0], std::make_pair(std::string(kShare), std::string("/dir")));
}

TEST_P(GatewayUploadsTest, EventsAtTheSameTimeLeadToOneScan) {
  write("a.txt", "content");
  std::string meanwhile;
  world_.observer.script([&](Step step) {
    // Another slot has the next event of the file, and does not wait for this one.
    if (step == Step::scan && meanwhile.empty()) meanwhile = world_.outcome(told("a.txt"));
    return Proceed::go_on;
  });

  EXPECT_EQ(world_.outcome(told("a.txt")), "done");

  EXPECT_EQ(meanwhile, "postponed");
  EXPECT_EQ(world_.outcome(told("a.txt")), GetParam() == Versions::on ? "duplicate" : "done");
  EXPECT_EQ(world_.scanner.scans(), 1U);
}

TEST_P(GatewayUploadsTest, KilledAtAnyStepNothingIsLost) {
  for (const Step step : {Step::decode, Step::admit, Step::open, Step::stage, Step::scan, Step::tag,
                          Step::act, Step::copy, Step::remove, Step::report, Step::acknowledge}) {
    SCOPED_TRACE(name_of(step));
    World world{GetParam()};
    world.shares.shares = world_.shares.shares;
    const std::string content = kHarmful + std::string(name_of(step));
    world.store.put(kUploads, ObjectKey("in/evil"), content);
    world.queue.send(message("evil"));
    world.observer.script(
        [step](Step now) { return now == step ? Proceed::abandon : Proceed::go_on; });
    EXPECT_EQ(world.deliver(), Settled::abandoned);
    world.observer.script({});
    // The process died: what it knew is gone.
    Pipeline successor(world.pipeline_options, world.pipeline_ports);
    MessageHandler message_handler({}, {world.queue, successor, world.claims, world.clock,
                                        world.random, world.log, world.metrics, world.observer});
    world.clock.advance(FakeEventQueue::kVisibility + std::chrono::seconds(1));
    auto again = world.queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
    ASSERT_TRUE(again && again->size() == 1U);

    EXPECT_EQ(message_handler.deliver(again->front(), world.clock.steady_now(), {}),
              Settled::acknowledged);

    EXPECT_TRUE(world.store.current(kQuarantine, ObjectKey("uploads/in/evil")));
    EXPECT_FALSE(world.store.current(kUploads, ObjectKey("in/evil")));
    ASSERT_FALSE(world.sink.results().empty());
    EXPECT_EQ(world.sink.results().back().verdict.disposition, Disposition::infected);
  }
}

}  // namespace
}  // namespace cordon
