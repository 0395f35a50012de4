#include "operations/signature_brake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "brake/brake_document.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = BrakeDecision::Kind;
using Phase = BrakeState::Phase;

const std::string kFolder = "brake/eu-west-1/";

class SignatureBrakeTest : public testing::Test {
 protected:
  SignatureBrakeTest() {
    account_.objects.make_bucket(system_, FakeObjectStore::Versions::on);
    account_.queue(access_.deployment().sweep_queue());
  }

  void pull() {
    account_.stored(kFolder + "pulled.json")
        .put(to_json(BrakePull{.set = "27452",
                               .names = {"Win.Test.A"},
                               .agent = "agent-1",
                               .since = account_.clock.system_now(),
                               .scanned = 10,
                               .infected = 4}));
  }
  void hold(const std::string& key, const std::string& name) {
    const HeldObject held{.object = {BucketName("uploads"), ObjectKey(key)},
                          .names = {name},
                          .set = "27452",
                          .held_at = account_.clock.system_now()};
    put_record(key, to_json(held));
  }
  void put_record(const std::string& name, const std::string& text) {
    account_.objects.put(system_, ObjectKey(kFolder + "held/" + name), text);
  }
  std::size_t records() const { return account_.objects.all(system_).size(); }
  Result<DecidedBrake> decide(BrakeDecision decision) {
    return decide_brake(access_, runtime_.runtime, {std::move(decision), "somebody"},
                        [this](const ReleaseProgress& now) { told_.push_back(now.asked); });
  }
  Result<BrakeReport> report() { return report_brake(access_, runtime_.runtime); }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  const BucketName system_ = access_.deployment().system_bucket(access_.account());
  std::vector<std::uint64_t> told_;  ///< What the progress said.
};

TEST_F(SignatureBrakeTest, ABrakeThatWasNeverPulledHoldsNothing) {
  const auto seen = report();

  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->state.phase, Phase::none);
  EXPECT_EQ(seen->region, Region("eu-west-1"));
  EXPECT_FALSE(seen->is_pending());
  EXPECT_EQ(brake_state(access_, runtime_.runtime).value(), BrakeState());
}

TEST_F(SignatureBrakeTest, APulledBrakeIsPendingWithTheNamesOfThePullAndOfWhatIsHeld) {
  pull();
  hold("k", "Win.Test.B");

  const auto seen = report();

  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->state.phase, Phase::holding);
  EXPECT_EQ(seen->held.count, 1U);
  EXPECT_THAT(seen->names, ElementsAre("Win.Test.A", "Win.Test.B"));
  EXPECT_TRUE(seen->is_pending());
  EXPECT_EQ(boost::json::serialize(document_of(*seen)),
            R"({"schema":"cordon.brake-report/1","region":"eu-west-1","state":"holding",)"
            R"("set":"27452","names":["Win.Test.A","Win.Test.B"],"agent":"agent-1",)"
            R"("since":"2026-11-22T15:50:33.000Z","scanned":10,"infected":4,"held":1,)"
            R"("decidedAt":null,"decidedBy":"","ignored":[],"rejectedSets":[]})");
}

TEST_F(SignatureBrakeTest, ADocumentThatNobodyUnderstandsIsNoReport) {
  account_.stored(kFolder + "state.json").put("{");

  for (const Error& error : {brake_state(access_, runtime_.runtime).error(), report().error()}) {
    EXPECT_EQ(error.code, Errc::invalid);
    EXPECT_THAT(error.what, HasSubstr(kFolder + "state.json"));
  }
}

TEST_F(SignatureBrakeTest, AStopRequestIsNoReport) {
  runtime_.stop.request_stop();

  EXPECT_EQ(report().error().code, Errc::cancelled);
}

TEST_F(SignatureBrakeTest, AConfirmationAsksForEveryHeldObjectAgain) {
  pull();
  hold("k", "Win.Test.A");

  const auto done = decide({.kind = Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->state.phase, Phase::confirmed);
  EXPECT_EQ(done->state.decided_by, "somebody");
  EXPECT_EQ(done->released.asked, 1U);
  ASSERT_EQ(account_.scan_requests.sent.size(), 1U);
  EXPECT_EQ(account_.scan_requests.sent.front().object.key, ObjectKey("k"));
  EXPECT_THAT(told_, ElementsAre(1U, 1U));
  EXPECT_EQ(records(), 0U);
  EXPECT_FALSE(report()->is_pending());
  EXPECT_EQ(boost::json::serialize(document_of(*done)),
            R"({"schema":"cordon.brake-decision/1","state":"confirmed","set":"27452",)"
            R"("names":["Win.Test.A"],"ignored":[],"rejectedSets":[],)"
            R"("asked":1,"broken":0,"refused":0})");
}

TEST_F(SignatureBrakeTest, ARejectionIsOfNamesOrOfTheWholeSet) {
  for (const Kind kind : {Kind::reject_names, Kind::reject_set}) {
    pull();
    account_.stored(kFolder + "state.json").remove();

    const auto done = decide({.kind = kind});

    ASSERT_TRUE(done);
    EXPECT_EQ(done->state.phase, Phase::rejected);
    EXPECT_EQ(done->state.ignored.contains("Win.Test.A"), kind == Kind::reject_names);
    EXPECT_EQ(done->state.rejected_sets.contains("27452"), kind == Kind::reject_set);
  }
}

TEST_F(SignatureBrakeTest, WhatTheQueueRefusesAndWhatIsNotUnderstoodStaysHeld) {
  pull();
  hold("k", "Win.Test.A");
  hold("never", "Win.Test.A");
  put_record("broken", "{");
  account_.scan_requests.never = ObjectKey("never");

  const auto done = decide({.kind = Kind::confirm});

  ASSERT_TRUE(done);
  EXPECT_EQ(done->released.asked, 1U);
  EXPECT_EQ(done->released.refused, 1U);
  EXPECT_EQ(done->released.broken, 1U);
  EXPECT_EQ(records(), 2U);
  EXPECT_TRUE(report()->is_pending()) << "a decision that was interrupted can be continued";
}

TEST_F(SignatureBrakeTest, NoRecordGoesBeforeItsScanWasAskedFor) {
  pull();
  hold("k", "Win.Test.A");
  account_.scan_requests.failure = Error{Errc::denied, "sqs:SendMessage"};

  const auto failed = decide({.kind = Kind::confirm});

  EXPECT_EQ(failed.error().code, Errc::denied);
  EXPECT_EQ(records(), 1U);
}

TEST_F(SignatureBrakeTest, WithoutAPullThereIsNothingToDecide) {
  EXPECT_EQ(decide({.kind = Kind::confirm}).error().code, Errc::not_found);
  EXPECT_THAT(account_.scan_requests.sent, IsEmpty());
}

TEST_F(SignatureBrakeTest, WithoutASweepQueueNothingIsDecided) {
  pull();
  account_.home().queues.queues.clear();

  const auto failed = decide({.kind = Kind::confirm});

  EXPECT_EQ(failed.error().code, Errc::not_found);
  EXPECT_THAT(failed.error().what, HasSubstr("there is no queue"));
  EXPECT_EQ(brake_state(access_, runtime_.runtime)->phase, Phase::holding);
}

TEST_F(SignatureBrakeTest, RefusesNamesThatNoSignatureCanHave) {
  pull();
  const std::pair<const char*, std::string> kNames[] = {
      {"nothing", ""}, {"not UTF-8", "\xff"}, {"too long", std::string(257, 'x')}};
  for (const auto& [what, name] : kNames) {
    SCOPED_TRACE(what);

    const auto refused = decide({.kind = Kind::reject_names, .names = {name}});

    EXPECT_EQ(refused.error().code, Errc::invalid);
  }
  EXPECT_EQ(brake_state(access_, runtime_.runtime)->phase, Phase::holding);
}

}  // namespace
}  // namespace cordon
