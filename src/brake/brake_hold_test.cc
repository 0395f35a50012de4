// The brake in the path of an object, and what becomes of what it held.

#include <gtest/gtest.h>

#include "brake/brake_decisions.h"
#include "brake/brake_watch.h"
#include "core/scan_request.h"
#include "testing/agent_world.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"
#include "testing/fake_scan_requests.h"

namespace cordon {
namespace {

const BucketName kSystem("system");
const std::string kFolder = "brake/eu-west-1/";

/// A world in which the brake is pulled by the second object with a new name.
class BrakeHold : public ::testing::Test {
 protected:
  void SetUp() override {
    world.store.make_bucket(kSystem, FakeObjectStore::Versions::on);
    watch.set_in_force("before");
    watch.set_in_force(world.scanner.version().signatures);
  }
  ObjectOutcome carry(const ObjectEvent& event, int attempt = 1) {
    return pipeline.carry(event, {.attempt = attempt, .sent_at = world.clock.system_now()},
                          Deadline::never(), {});
  }
  std::string status(const ObjectOutcome& outcome) {
    if (!outcome.result || outcome.result->actions.empty()) return "(none)";
    return std::string(name_of(outcome.result->actions.back().status));
  }
  ObjectEvent pull() {
    EXPECT_EQ(status(carry(world.upload("first", kHarmful + "1"))), "done");
    const ObjectEvent second = world.upload("second", kHarmful + "2");
    EXPECT_EQ(status(carry(second)), "held");
    return second;
  }
  std::size_t records() const { return world.store.all(kSystem).size(); }
  Result<DecidedBrake> decide(BrakeDecision decision, std::stop_token stop = {}) {
    return review.decide(
        decision, requests, [](const ReleaseProgress&) {}, std::move(stop));
  }
  std::uint64_t listed() { return review.held({}).value().count; }

  World world;
  FakeDocumentStore pulled;
  FakeDocumentStore state;  ///< What people decide.
  FakeDocumentStore history;
  FakeBucketCatalogue catalogue{world.store};
  BrakeSettings settings{.infected_min = 2};
  BrakeWatch watch{{.agent = "agent-1", .bucket = kSystem, .folder = kFolder},
                   {pulled, state, history, catalogue, [this] { return settings; }, world.clock,
                    world.log, world.metrics}};
  PipelinePorts ports = [this] {
    PipelinePorts with = world.pipeline_ports;
    with.brake = &watch;
    return with;
  }();
  Pipeline pipeline{world.pipeline_options, ports};
  MessageHandler message_handler{{},
                                 {world.queue, pipeline, world.claims, world.clock, world.random,
                                  world.log, world.metrics, world.observer}};
  FakeScanRequests requests;
  BrakeDecisions review{
      {.bucket = kSystem, .folder = kFolder, .decider = "somebody"},
      {pulled, state, catalogue, world.store, world.clock, world.random, world.log, world.metrics}};
};

TEST_F(BrakeHold, AHeldObjectIsTaggedAndStaysAndIsWrittenDown) {
  const ObjectEvent second = pull();

  EXPECT_EQ(world.verdict_tag(kUploads, "first"), "(gone)");
  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Infected");
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
  ASSERT_EQ(records(), 1U);
  const auto held = parse_held_object(world.store.all(kSystem).front().content);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->object.key, second.object.key);
  EXPECT_EQ(held->names.size(), 1U);
  const auto told = parse_brake_pull((*pulled.read({}, Deadline::never(), {}))->document);
  EXPECT_EQ(told->agent, "agent-1");
  EXPECT_EQ(watch.shared().phase, BrakeState::Phase::holding);
  EXPECT_EQ(state.read({}, Deadline::never(), {}).error().code, Errc::not_found)
      << "people write that, and nobody else";
}

TEST_F(BrakeHold, ADeletionIsHeldAndACopyIsMade) {
  world.policy.on_infected = {{RouteStep::Kind::copy, Destination{kProduction, "lab"}},
                              {RouteStep::Kind::remove}};

  pull();

  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Infected");
  EXPECT_TRUE(world.store.current(kProduction, ObjectKey("lab/second")));
}

TEST_F(BrakeHold, WhatStaysAnywayIsNotHeld) {
  world.policy.on_infected = {{RouteStep::Kind::keep}};
  (void)carry(world.upload("first", kHarmful + "1"));

  EXPECT_EQ(status(carry(world.upload("second", kHarmful + "2"))), "done");
  EXPECT_EQ(records(), 0U);
  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Infected");
}

TEST_F(BrakeHold, TheMessageIsAcknowledgedOnlyAfterTheRecordCounts) {
  (void)carry(world.upload("first", kHarmful + "1"));
  world.queue.send(World::message_of(world.upload("second", kHarmful + "2")));
  const auto deliver = [&] {
    world.queue.expire_claims();
    auto claims = world.queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
    return message_handler.deliver(claims->front(), world.clock.steady_now(), {});
  };

  state.fail_with({Errc::denied, "another's bucket"});
  EXPECT_EQ(deliver(), Settled::retried);
  EXPECT_EQ(records(), 0U) << "nothing is told to a bucket that may be another's";
  state.recover();
  catalogue.before_write = [&] { state.fail_with({Errc::unavailable, "away"}); };
  EXPECT_EQ(deliver(), Settled::retried);
  EXPECT_EQ(records(), 1U) << "written, but nobody knows whether it still counts";
  state.recover();
  EXPECT_EQ(deliver(), Settled::acknowledged);

  EXPECT_EQ(records(), 1U);
  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Infected");
  EXPECT_EQ(world.sink.results().back().actions.back().status, ActionStatus::held);
}

TEST_F(BrakeHold, ASecondDeliveryMakesNoSecondRecord) {
  const ObjectEvent second = pull();

  EXPECT_EQ(carry(second, 2).kind, ObjectOutcome::Kind::duplicate);
  ObjectEvent again = second;
  again.sequencer = "9999";
  EXPECT_EQ(status(carry(again, 2)), "held");
  EXPECT_EQ(records(), 1U);
}

TEST_F(BrakeHold, AfterTheConfirmationEverythingThatWasHeldIsQuarantined) {
  pull();
  (void)carry(world.upload("third", kHarmful + "3"));

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->released.asked, 2U);
  EXPECT_EQ(records(), 0U);
  ASSERT_EQ(requests.sent.size(), 2U);
  for (const ObjectEvent& request : requests.sent) {
    EXPECT_TRUE(request.is_forced);
    EXPECT_EQ(status(carry(request)), "done");
  }
  EXPECT_EQ(world.store.all(kQuarantine).size(), 3U);
  EXPECT_EQ(status(carry(world.upload("fourth", kHarmful + "4"))), "done");
  EXPECT_EQ(watch.shared().decided_by, "somebody");
}

TEST_F(BrakeHold, WhatTheQueueNeverTakesStaysHeldAndKeepsNoOtherBack) {
  pull();
  (void)carry(world.upload("third", kHarmful + "3"));
  requests.never = ObjectKey("second");

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->released.asked, 1U);
  EXPECT_EQ(done->released.refused, 1U);
  ASSERT_EQ(records(), 1U) << "its record is what reminds of it";
  EXPECT_EQ(parse_held_object(world.store.all(kSystem).front().content)->object.key,
            ObjectKey("second"));
}

TEST_F(BrakeHold, AfterTheRejectionTheMessageWaitsForTheEngineAndTheObjectIsClean) {
  const ObjectEvent second = pull();
  ASSERT_TRUE(decide({.kind = BrakeDecision::Kind::reject_names}));
  ASSERT_EQ(requests.sent.size(), 1U);

  const ObjectOutcome too_early = carry(requests.sent.front());
  world.scanner.answer_next(clean_verdict(10));
  const ObjectOutcome in_time = carry(requests.sent.front());

  EXPECT_EQ(too_early.kind, ObjectOutcome::Kind::retry_later);
  EXPECT_EQ(in_time.kind, ObjectOutcome::Kind::done);
  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Clean");
  EXPECT_EQ(watch.shared().ignored.size(), 1U);
}

TEST_F(BrakeHold, AnEngineThatNeverTakesTheRejectionHoldsInTheEnd) {
  pull();
  ASSERT_TRUE(decide({.kind = BrakeDecision::Kind::reject_names}));

  EXPECT_EQ(status(carry(requests.sent.front(), 5)), "held");
  EXPECT_EQ(world.verdict_tag(kUploads, "second"), "Infected");
  EXPECT_EQ(records(), 1U);
}

TEST_F(BrakeHold, AnInterruptedReleaseGoesOn) {
  pull();
  requests.failure = Error{Errc::denied, "no"};
  EXPECT_FALSE(decide({.kind = BrakeDecision::Kind::confirm}));
  EXPECT_EQ(records(), 1U);
  requests.failure.reset();

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->released.asked, 1U);
  EXPECT_EQ(records(), 0U);
}

// The steps are: decide, list, ask for scans, remove the records. A stop after any of them leaves
// records that are listed, and the next call takes them.
TEST_F(BrakeHold, AReleaseThatDiedBetweenAskingAndRemovingGoesOn) {
  pull();
  std::stop_source stop;
  requests.before_send = [&] { stop.request_stop(); };
  EXPECT_EQ(decide({.kind = BrakeDecision::Kind::confirm}, stop.get_token()).error().code,
            Errc::cancelled);
  EXPECT_EQ(requests.sent.size(), 1U);
  EXPECT_EQ(listed(), 1U);

  ASSERT_TRUE(decide({.kind = BrakeDecision::Kind::confirm}));

  EXPECT_EQ(listed(), 0U);
  ASSERT_EQ(requests.sent.size(), 2U);
  EXPECT_EQ(status(carry(requests.sent.front())), "done");
  EXPECT_NE(carry(requests.sent.back()).kind, ObjectOutcome::Kind::retry_later) << "asked twice";
  EXPECT_EQ(world.store.all(kQuarantine).size(), 2U);
}

TEST_F(BrakeHold, ARecordThatComesBehindTheListIsTakenByTheNextRound) {
  pull();
  const ObjectEvent late = world.upload("0 comes first", kHarmful + "9");
  const HeldObject held{.object = late.object, .etag = late.etag, .names = {"New"}, .set = "2"};
  requests.before_send = [&] {
    const ObjectRef place{kSystem, ObjectKey(kFolder + "held/" + held_id(held) + ".json")};
    ASSERT_TRUE(catalogue.write(place, to_json(held), std::nullopt, Deadline::never(), {}));
  };

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->released.asked, 2U);
  EXPECT_EQ(listed(), 0U);
}

TEST_F(BrakeHold, ARecordOfAnObjectThatIsGoneOrAnotherEnds) {
  pull();
  const ObjectEvent gone = world.upload("gone", kHarmful + "3");
  (void)carry(gone);
  (void)carry(world.upload("changed", kHarmful + "4"));
  ASSERT_EQ(listed(), 3U);
  ASSERT_TRUE(world.store.remove(gone.object, gone.etag.value(), Deadline::never(), {}));
  (void)world.upload("changed", "harmless, and another object");

  ASSERT_TRUE(decide({.kind = BrakeDecision::Kind::confirm}));

  EXPECT_EQ(listed(), 0U);
  ASSERT_EQ(requests.sent.size(), 3U);
  for (const ObjectEvent& request : requests.sent) {
    const bool is_there = request.object.key == ObjectKey("second");
    EXPECT_EQ(carry(request).kind,
              is_there ? ObjectOutcome::Kind::done : ObjectOutcome::Kind::superseded)
        << request.object.key.str();
  }
  EXPECT_TRUE(world.store.current(kUploads, ObjectKey("changed")));
}

TEST_F(BrakeHold, ADecisionIsAboutWhatWasThereWhenItWasMade) {
  pull();
  const BrakePull another{.set = "9", .names = {"Other"}, .agent = "thief"};
  requests.before_send = [&] { pulled.put(to_json(another)); };

  const auto done = decide({.kind = BrakeDecision::Kind::reject_names});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->state.set, world.scanner.version().signatures);
  EXPECT_FALSE(done->state.ignored.contains("Other"));
  ASSERT_TRUE(watch.look({}));
  EXPECT_EQ(watch.shared().phase, BrakeState::Phase::holding) << "that is still to be decided";
  EXPECT_EQ(watch.shared().set, "9");
}

TEST_F(BrakeHold, NothingIsDecidedWhenTheBrakeIsPulledAgainMeanwhile) {
  pull();
  state.before_write = [&] {
    state.put(to_json(BrakeState{.phase = BrakeState::Phase::confirmed, .set = "0"}));
    pulled.put(to_json(BrakePull{.set = "9", .names = {"Other"}}));
  };

  const auto refused = decide({.kind = BrakeDecision::Kind::reject_set});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::changed);
  EXPECT_TRUE(review.state({})->rejected_sets.empty());
}

TEST_F(BrakeHold, AnotherPersonsDecisionMeanwhileEndsTheRelease) {
  pull();
  requests.before_send = [&] {
    BrakeState other = review.state({}).value();
    other.phase = BrakeState::Phase::rejected;
    other.rejected_sets = {other.set};
    state.put(to_json(other));
    // One more record, with a name that the first decision would have to take in.
    HeldObject held{.object = {kUploads, ObjectKey("k")}, .names = {"Newer"}, .set = "2"};
    const ObjectRef place{kSystem, ObjectKey(kFolder + "held/0.json")};
    ASSERT_TRUE(catalogue.write(place, to_json(held), std::nullopt, Deadline::never(), {}));
  };

  const auto ended = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::changed);
  EXPECT_EQ(review.state({})->phase, BrakeState::Phase::rejected);
  EXPECT_EQ(listed(), 1U);
}

TEST_F(BrakeHold, DocumentsThatAreNotUnderstoodAreNotDecidedOver) {
  pull();
  state.put("{");
  const auto refused = decide({.kind = BrakeDecision::Kind::confirm});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("state.json"), std::string::npos);
  EXPECT_EQ((*state.read({}, Deadline::never(), {}))->document, "{");

  state.remove();
  pulled.put("{");
  EXPECT_NE(review.state({}).error().what.find("pulled.json"), std::string::npos);
}

TEST_F(BrakeHold, WhoDecidesWhileAnObjectIsWrittenDownLosesNone) {
  (void)carry(world.upload("first", kHarmful + "1"));
  (void)carry(world.upload("second", kHarmful + "2"));
  catalogue.before_write = [&] { EXPECT_TRUE(decide({.kind = BrakeDecision::Kind::confirm})); };

  const ObjectEvent third = world.upload("third", kHarmful + "3");

  EXPECT_EQ(carry(third).kind, ObjectOutcome::Kind::retry_later);
  EXPECT_EQ(status(carry(third, 2)), "done");
  EXPECT_EQ(world.verdict_tag(kUploads, "third"), "(gone)");
  // Its record came when the list had ended: it is listed still, and the next call ends it.
  EXPECT_EQ(listed(), 1U);
  ASSERT_TRUE(decide({.kind = BrakeDecision::Kind::confirm}));
  EXPECT_EQ(listed(), 0U);
  EXPECT_NE(carry(requests.sent.back()).kind, ObjectOutcome::Kind::retry_later);
}

TEST_F(BrakeHold, ARecordThatNobodyUnderstandsStays) {
  pull();
  world.store.put(kSystem, ObjectKey(kFolder + "held/x.json"), "{");

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->released.asked, 1U);
  EXPECT_EQ(done->released.broken, 1U);
  EXPECT_EQ(records(), 1U);
}

// The agents that told of the pull are gone, and so is their document.
TEST_F(BrakeHold, WhatIsHeldForAPullThatNobodyKnowsOfIsScannedAgain) {
  pull();
  pulled.remove();
  ASSERT_EQ(review.state({}).value().phase, BrakeState::Phase::none);
  EXPECT_EQ(decide({.kind = BrakeDecision::Kind::reject_names}).error().code, Errc::not_found);

  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->released.asked, 1U);
  EXPECT_EQ(requests.sent.size(), 1U);
  EXPECT_EQ(records(), 0U);
  EXPECT_EQ(state.read({}, Deadline::never(), {}).error().code, Errc::not_found)
      << "nothing was decided";
}

TEST_F(BrakeHold, NothingIsDecidedWhereNothingIsHeld) {
  const auto done = decide({.kind = BrakeDecision::Kind::confirm});

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::not_found);
}

}  // namespace
}  // namespace cordon
