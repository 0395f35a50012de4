// Where an agent acts, whatever the messages say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "agent/agent.h"
#include "core/scan_request.h"
#include "testing/agent_ports.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kShare = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-1";

/// Says that nothing may be asked of the store and nothing done there.
void expect_untouched(World& world, const BucketName& bucket, std::size_t objects) {
  EXPECT_EQ(world.store.all(bucket).size(), objects);
  for (const auto& stored : world.store.all(bucket)) EXPECT_TRUE(stored.tags.empty());
  EXPECT_TRUE(world.store.all(kQuarantine).empty());
  EXPECT_TRUE(world.sink.results().empty());
  EXPECT_EQ(world.observer.steps().find("admit"), std::string::npos);
}

TEST(Permission, AMessageAloneMovesNothingInABucketThatIsNotProtected) {
  for (const Standing standing : {Standing::unprotected, Standing::own}) {
    World world;
    world.buckets.answer(kUploads, standing);
    world.queue.send(World::message_of(world.upload("k", kHarmful)));

    EXPECT_EQ(world.deliver(), Settled::dead_lettered);

    ASSERT_EQ(world.queue.dead().size(), 1U);
    EXPECT_THAT(world.queue.dead()[0].reason, StartsWith("not-protected: bucket uploads"));
    expect_untouched(world, kUploads, 1);
  }
}

TEST(Permission, WhatCannotBeFoundOutIsTriedAgainAndNothingIsDone) {
  for (const Errc code : {Errc::denied, Errc::unavailable, Errc::timeout, Errc::throttled}) {
    World world;
    world.buckets.answer(kUploads, Error{code, "no"});
    world.queue.send(World::message_of(world.upload("k", kHarmful)));

    EXPECT_EQ(world.deliver(), Settled::retried);

    EXPECT_EQ(world.queue.size(), 1U);
    expect_untouched(world, kUploads, 1);
  }
}

TEST(Permission, AfterTheLastDeliveryItIsInTheDeadLettersAndNotLost) {
  World world;
  world.buckets.answer(kUploads, Error{Errc::denied, "no s3:GetBucketNotification"});
  world.queue.send(World::message_of(world.upload("k", kHarmful)));

  Settled last = Settled::lost;
  for (int i = 0; i < 5; ++i) {
    last = world.deliver();
    world.clock.advance(std::chrono::minutes(15));
  }

  EXPECT_EQ(last, Settled::dead_lettered);
  EXPECT_THAT(world.queue.dead().at(0).reason, HasSubstr("denied: whether bucket uploads"));
  EXPECT_TRUE(world.buckets.asked().back().is_last);
  EXPECT_FALSE(world.buckets.asked().front().is_last);
}

TEST(Permission, AMessageThatHasToWaitIsNoTrouble) {
  World world;
  world.buckets.answer(kUploads, Standing::ask_again);
  world.queue.send(World::message_of(world.upload("k", kHarmful)));

  EXPECT_EQ(world.deliver(), Settled::postponed);
  expect_untouched(world, kUploads, 1);
  EXPECT_EQ(world.queue.visible(), 0U);

  world.buckets.answer(kUploads, Standing::is_protected);
  world.clock.advance(std::chrono::seconds(16));
  EXPECT_EQ(world.deliver(), Settled::acknowledged);
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

TEST(Permission, ABucketThatIsGoneHasNothingToBeDone) {
  World world;
  world.buckets.answer(kUploads, Error{Errc::not_found, "no such bucket"});
  world.queue.send(World::message_of(world.upload("k", "x")));

  EXPECT_EQ(world.deliver(), Settled::acknowledged);
}

TEST(Permission, AResultDoesNotTakeAMessagesWordForWhoseABucketIs) {
  World world;
  PipelinePorts ports = world.pipeline_ports;
  ports.owner = [](const BucketName&) { return AccountId("444455556666"); };
  Pipeline pipeline(world.pipeline_options, ports);
  ObjectEvent event = world.upload("k", "x");
  event.account = AccountId("999999999999");
  event.region = Region("ap-south-2");

  const ObjectOutcome outcome =
      pipeline.carry(event, {.sent_at = world.clock.system_now()}, Deadline::never(), {});

  ASSERT_TRUE(outcome.result) << outcome.why;
  EXPECT_EQ(outcome.result->account, AccountId("444455556666"));
  EXPECT_EQ(outcome.result->region, Region("eu-west-1"));
}

TEST(Permission, OneRecordOfAnUnprotectedBucketKeepsNoOtherFromBeingScanned) {
  World world;
  world.buckets.answer(kProduction, Standing::unprotected);
  const ObjectEvent good = world.upload("k", kHarmful);
  const ObjectEvent forged = world.upload("k", kHarmful, {}, kProduction);
  world.queue.send("{\"Records\":[" + World::record_of(forged) + "," + World::record_of(good) +
                   "]}");

  EXPECT_EQ(world.deliver(), Settled::dead_lettered);

  EXPECT_EQ(world.store.all(kUploads).size(), 0U);
  EXPECT_EQ(world.store.all(kProduction).size(), 1U);
}

TEST(Permission, AnUploadThroughAGatewayIsAskedForWithItsShare) {
  World world;
  world.shares.shares[kShare] = {.arn = kShare, .bucket = kUploads, .prefix = ""};
  ObjectEvent event = world.upload("k", kHarmful);
  event.source = EventSource::gateway;
  event.upload = GatewayUpload{.share_arn = kShare, .path = "k"};
  event.object.bucket = kProduction;  // The event's word; the share knows better, and refuses.
  EXPECT_EQ(world.outcome(event), "dead-letter");
  expect_untouched(world, kUploads, 1);

  event.object.bucket = kUploads;
  world.buckets.answer(kUploads, Standing::unprotected);
  EXPECT_EQ(world.outcome(event), "dead-letter");
  expect_untouched(world, kUploads, 1);
  EXPECT_TRUE(world.buckets.asked().back().by_gateway);

  world.buckets.answer(kUploads, Standing::is_protected);
  EXPECT_EQ(world.outcome(event), "done");
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

// --- scan requests ---------------------------------------------------------------------------

ObjectEvent request_for(World& world, const std::string& key) {
  ObjectEvent event = world.upload(key, kHarmful);
  event.source = EventSource::retro;
  return event;
}

TEST(Permission, ElsewhereAScanRequestIsAnsweredWithTagsAlone) {
  World world;
  world.buckets.answer(kUploads, Standing::unprotected);

  EXPECT_EQ(world.outcome(request_for(world, "k")), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
  EXPECT_TRUE(world.store.all(kQuarantine).empty());
  ASSERT_EQ(world.sink.results().size(), 1U);
  EXPECT_EQ(world.sink.results()[0].actions.at(0).kind, ActionKind::keep);
}

TEST(Permission, ElsewhereAScanRequestFollowsTheRoutesWhenItSaysSo) {
  World world;
  world.buckets.answer(kUploads, Standing::unprotected);
  ObjectEvent event = request_for(world, "k");
  event.acts_anywhere = true;

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

TEST(Permission, InAProtectedBucketAScanRequestFollowsTheRoutes) {
  World world;

  EXPECT_EQ(world.outcome(request_for(world, "k")), "done");

  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

TEST(Permission, NoScanRequestReachesCordonsOwnBuckets) {
  World world;
  world.buckets.answer(kUploads, Standing::own);
  ObjectEvent event = request_for(world, "k");
  event.acts_anywhere = true;

  EXPECT_EQ(world.outcome(event), "dead-letter");

  expect_untouched(world, kUploads, 1);
}

TEST(Permission, TheEventQueueTakesNoScanRequests) {
  World world;
  ObjectEvent event = world.upload("k", kHarmful);
  event.acts_anywhere = true;
  FakeEventQueue sweep_queue(world.clock);
  AgentOptions options{.pipeline = world.pipeline_options, .stage = world.stage_options};
  options.receive_grace = {};
  AgentPorts ports = agent_ports(world);
  ports.sweep_queue = &sweep_queue;
  Agent agent(options, std::move(ports));
  world.queue.send(encode_scan_request(event));
  world.queue.send(sns_envelope(encode_scan_request(event)));
  std::stop_source stop;
  std::jthread thread([&] { agent.run(stop.get_token()); });
  while (world.queue.dead().size() < 2) std::this_thread::yield();

  for (const auto& dead : world.queue.dead()) {
    EXPECT_EQ(dead.reason, "not understood: scan request: taken from the sweep queue only");
  }
  expect_untouched(world, kUploads, 1);

  sweep_queue.send(encode_scan_request(event));  // The same from where it belongs.
  while (sweep_queue.size() > 0) std::this_thread::yield();
  stop.request_stop();
  thread.join();
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

}  // namespace
}  // namespace cordon
