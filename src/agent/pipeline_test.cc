#include "agent/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "testing/agent_world.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;
using testing::Contains;
using testing::HasSubstr;

const RouteStep kMoveToProduction{RouteStep::Kind::move, Destination{kProduction, "in"}};

TEST(Pipeline, TagsACleanObjectAndLeavesItWhereItIs) {
  for (const Versions versions : {Versions::off, Versions::on, Versions::suspended}) {
    World world(versions);
    const ObjectEvent event = world.upload("a b/ü", "harmless", {{"owner", "me"}});

    const ObjectOutcome outcome = world.carry(event);

    ASSERT_EQ(outcome.kind, ObjectOutcome::Kind::done) << outcome.why;
    EXPECT_EQ(world.tags(kUploads, "a b/ü"), (TagSet{{"owner", "me"},
                                                     {"scan-result", "Clean"},
                                                     {"date-scanned", "2026-11-22T15:50:33Z"}}));
    EXPECT_EQ(world.store.current(kUploads, ObjectKey("a b/ü"))->content, "harmless");
    ASSERT_EQ(world.sink.results().size(), 1U);
    const ScanResult result = world.sink.results()[0];
    EXPECT_EQ(result.verdict, clean_verdict(8));
    EXPECT_EQ(result.sha256, hex(sha256("harmless")));
    EXPECT_EQ(result.engine, "Fake 1.0");
    EXPECT_EQ(result.tagging, TaggingState::done);
    EXPECT_EQ(result.account, AccountId("111122223333"));
    EXPECT_EQ(result.uploaded_by, "AWS:AIDAEXAMPLE");
    EXPECT_EQ(result.id.size(), 26U);
    EXPECT_EQ(
        result.actions,
        (std::vector<ActionRecord>{{.kind = ActionKind::keep, .status = ActionStatus::done}}));
    EXPECT_EQ(world.metrics.value("cordon_objects_scanned_total", {{"verdict", "Clean"}}), 1);
  }
}

TEST(Pipeline, TakesTheStepsInTheirOrder) {
  World world;

  world.carry(world.upload("k", kHarmful));

  EXPECT_EQ(world.observer.steps(), "admit open stage scan tag act copy delete report");
}

TEST(Pipeline, MovesAnInfectedObjectToQuarantineWithEverythingThatIsKnown) {
  for (const Versions versions : {Versions::off, Versions::on, Versions::suspended}) {
    World world(versions);
    const ObjectEvent event = world.upload("d/k", kHarmful, {{"owner", "me"}});

    const ObjectOutcome outcome = world.carry(event);

    ASSERT_EQ(outcome.kind, ObjectOutcome::Kind::done) << outcome.why;
    EXPECT_TRUE(world.store.all(kUploads).empty());
    const auto copy = world.store.current(kQuarantine, ObjectKey("uploads/d/k"));
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->content, kHarmful);
    EXPECT_EQ(copy->tags, (TagSet{{"owner", "me"},
                                  {"scan-result", "Infected"},
                                  {"date-scanned", "2026-11-22T15:50:33Z"},
                                  {"virus-name", FakeScanner::kVirusName},
                                  {"uploaded-by", "AWS:AIDAEXAMPLE"}}));
    EXPECT_EQ(copy->metadata.at("cordon-key"), "d/k");
    EXPECT_EQ(copy->metadata.at("cordon-sha256"), hex(sha256(kHarmful)));
    EXPECT_EQ(copy->metadata.at("cordon-result-id"), outcome.result->id);
    EXPECT_EQ(outcome.result->actions,
              (std::vector<ActionRecord>{
                  {ActionKind::move, kQuarantine, ObjectKey("uploads/d/k"), ActionStatus::done}}));
  }
}

TEST(Pipeline, DeletesExactlyTheVersionThatItScanned) {
  World world(Versions::on);
  const ObjectEvent harmful = world.upload("k", kHarmful);
  world.upload("k", "newer and harmless");

  EXPECT_EQ(world.outcome(harmful), "done");

  const auto left = world.store.all(kUploads);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].content, "newer and harmless");
  EXPECT_TRUE(left[0].tags.empty());
}

TEST(Pipeline, NeedsNoEngineForNothing) {
  World world;

  EXPECT_EQ(world.outcome(world.upload("empty", "")), "done");
  EXPECT_EQ(world.outcome(world.upload("folder/", "")), "done");

  EXPECT_EQ(world.scanner.scans(), 0U);
  EXPECT_EQ(world.verdict_tag(kUploads, "empty"), "Clean");
  EXPECT_EQ(world.verdict_tag(kUploads, "folder/"), "Clean");
}

TEST(Pipeline, WhatIsGoneOrReplacedIsSupersededAndReportedAsNothing) {
  World gone;
  const ObjectEvent event = gone.upload("k", "x");
  gone.store.delete_current(kUploads, ObjectKey("k"));
  World replaced;
  const ObjectEvent before = replaced.upload("k", "x");
  replaced.upload("k", "y");
  World marked(Versions::on);
  ObjectEvent unpinned = marked.upload("k", "x");
  unpinned.object.version.reset();
  marked.store.delete_current(kUploads, ObjectKey("k"));

  EXPECT_EQ(gone.outcome(event), "superseded");
  EXPECT_EQ(replaced.outcome(before), "superseded");
  EXPECT_EQ(marked.outcome(unpinned), "superseded");

  EXPECT_TRUE(gone.sink.results().empty());
  EXPECT_TRUE(replaced.sink.results().empty());
  EXPECT_EQ(replaced.verdict_tag(kUploads, "k"), "(none)");
  EXPECT_EQ(replaced.scanner.scans(), 0U);
}

TEST(Pipeline, ScansAVersionThatADeleteMarkerHides) {
  World world(Versions::on);
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.delete_current(kUploads, ObjectKey("k"));

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_TRUE(world.store.all(kUploads).empty());
  EXPECT_TRUE(world.store.current(kQuarantine, ObjectKey("uploads/k")));
}

TEST(Pipeline, AnObjectReplacedDuringItsScanGetsNoTagOfOurs) {
  for (const Versions versions : {Versions::off, Versions::suspended}) {
    World world(versions);
    const ObjectEvent event = world.upload("k", "harmless");
    world.scanner.on_scan([&] { world.store.put(kUploads, ObjectKey("k"), kHarmful, {}); });

    EXPECT_EQ(world.outcome(event), "superseded");

    EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, kHarmful);
    EXPECT_TRUE(world.tags(kUploads, "k").empty());
    EXPECT_TRUE(world.sink.results().empty());
  }
}

TEST(Pipeline, AnObjectReplacedBeforeItsTagsAreWrittenKeepsItsOwn) {
  World world;
  const ObjectEvent event = world.upload("k", "harmless");
  world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::tags) world.store.put(kUploads, ObjectKey("k"), "new", {{"owner", "new"}});
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "superseded");

  EXPECT_EQ(world.tags(kUploads, "k"), (TagSet{{"owner", "new"}}));
}

TEST(Pipeline, AnObjectReplacedWhileItIsTaggedIsScannedItself) {
  World world;
  const ObjectEvent event = world.upload("k", "harmless");
  bool done = false;
  world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::set_tags && !std::exchange(done, true)) {
      world.store.put(kUploads, ObjectKey("k"), kHarmful);
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  const auto copy = world.store.current(kQuarantine, ObjectKey("uploads/k"));
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->content, kHarmful);
  ASSERT_EQ(world.sink.results().size(), 1U);
  EXPECT_EQ(world.sink.results()[0].verdict.disposition, Disposition::infected);
}

TEST(Pipeline, AnObjectReplacedAgainAndAgainKeepsNoTagOfOurs) {
  World world;
  const ObjectEvent event = world.upload("k", "harmless");
  world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    // Every other call takes our tags back.
    const int number = world.store.calls(Call::set_tags);
    if (call == Call::set_tags && number % 2 == 1) {
      world.store.put(kUploads, ObjectKey("k"), "v" + std::to_string(number));
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "retry-later");

  EXPECT_TRUE(world.tags(kUploads, "k").empty());
}

TEST(Pipeline, DeletesNothingThatCameBetweenCopyAndDelete) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::remove) world.store.put(kUploads, ObjectKey("k"), "precious", {});
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, "precious");
  EXPECT_EQ(world.store.current(kQuarantine, ObjectKey("uploads/k"))->content, kHarmful);
}

TEST(Pipeline, NeverDeletesASuspendedBucketsNewObject) {
  World world(Versions::suspended);
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::remove) world.store.put(kUploads, ObjectKey("k"), "precious", {});
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, "precious");
}

TEST(Pipeline, WhatIsWrongWithTheObjectIsAVerdict) {
  const struct {
    Error error;
    Disposition disposition;
    Reason reason;
  } kCases[] = {
      {{Errc::denied, "GetObject: needs s3:GetObject", ErrorCause::access_denied},
       Disposition::error,
       Reason::access_denied},
      {{Errc::denied, "no"}, Disposition::error, Reason::access_denied},
      {{Errc::denied, "key disabled", ErrorCause::kms}, Disposition::error, Reason::kms},
      {{Errc::denied, "InvalidObjectState", ErrorCause::archived},
       Disposition::unscannable,
       Reason::archived},
      {{Errc::denied, "customer key", ErrorCause::sse_c}, Disposition::unscannable, Reason::sse_c},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.error.what);
    World world;
    const ObjectEvent event = world.upload("k", "x");
    world.store.fail_next(Call::read, c.error, 2);

    EXPECT_EQ(world.outcome(event), "done");

    ASSERT_EQ(world.sink.results().size(), 1U);
    EXPECT_EQ(world.sink.results()[0].verdict.disposition, c.disposition);
    EXPECT_EQ(world.sink.results()[0].verdict.reason, c.reason);
    EXPECT_THAT(world.tags(kUploads, "k").at("message"), HasSubstr(std::string(name_of(c.reason))));
  }
}

TEST(Pipeline, ARefusedReadIsTriedAgainBeforeItBecomesAVerdict) {
  for (const ErrorCause cause : {ErrorCause::access_denied, ErrorCause::kms}) {
    World world;
    const ObjectEvent event = world.upload("k", "x");
    world.store.fail_next(Call::read, {Errc::denied, "not yet", cause});

    EXPECT_EQ(world.outcome(event), "done");

    ASSERT_EQ(world.sink.results().size(), 1U);
    EXPECT_EQ(world.sink.results()[0].verdict.disposition, Disposition::clean);
  }
}

TEST(Pipeline, AKeyThatItsSenderSpellsOtherwiseIsFound) {
  World world;
  ObjectEvent event = world.upload("a+b%20c", kHarmful);
  event.object.key = ObjectKey("a b c");
  event.key_spelled_otherwise = ObjectKey("a+b%20c");

  EXPECT_EQ(world.outcome(event), "done");

  ASSERT_EQ(world.sink.results().size(), 1U);
  EXPECT_EQ(world.sink.results()[0].key, ObjectKey("a+b%20c"));
  EXPECT_EQ(world.sink.results()[0].verdict.disposition, Disposition::infected);
}

TEST(Pipeline, AnotherObjectIsNotTakenForTheOneThatWasSpelledOtherwise) {
  World world;
  ObjectEvent event = world.upload("a b", "gone");
  (void)world.upload("a+b", "another");
  event.key_spelled_otherwise = ObjectKey("a+b");
  ASSERT_TRUE(world.store.remove(event.object, *event.etag, Deadline::never(), {}));

  EXPECT_EQ(world.outcome(event), "superseded");

  EXPECT_TRUE(world.sink.results().empty());
  EXPECT_FALSE(world.tags(kUploads, "a+b").contains("scan-result"));
}

TEST(Pipeline, WhatIsAwayMeansAnotherDeliveryAndNoVerdict) {
  const Error kAway[] = {{Errc::unavailable, "down"},
                         {Errc::timeout, "slow"},
                         {Errc::throttled, "SlowDown"},
                         {Errc::denied, "ExpiredToken", ErrorCause::credentials},
                         {Errc::denied, "RequestTimeTooSkewed", ErrorCause::clock_skew},
                         {Errc::unavailable, "disk full", ErrorCause::staging}};
  for (const Call call :
       {Call::head, Call::read, Call::tags, Call::set_tags, Call::copy, Call::remove}) {
    for (const Error& error : kAway) {
      SCOPED_TRACE(std::to_string(static_cast<int>(call)) + error.what);
      World world;
      const ObjectEvent event = world.upload("k", kHarmful);
      world.store.fail_next(call, error, 100);

      EXPECT_EQ(world.outcome(event), "retry-later");

      EXPECT_TRUE(world.sink.results().empty());
      EXPECT_EQ(world.store.all(kUploads).size(), 1U);
    }
  }
}

TEST(Pipeline, GoesOnAtTheNextDelivery) {
  for (const Call call : {Call::read, Call::tags, Call::set_tags, Call::copy, Call::remove}) {
    World world;
    const ObjectEvent event = world.upload("k", kHarmful, {{"owner", "me"}});
    world.store.fail_next(call, {Errc::throttled, "SlowDown"});
    ASSERT_EQ(world.outcome(event), "retry-later");

    EXPECT_EQ(world.outcome(event, 2), "done");

    EXPECT_TRUE(world.store.all(kUploads).empty());
    const auto copies = world.store.all(kQuarantine);
    ASSERT_EQ(copies.size(), 1U) << "one copy, also when the first delivery had made it";
    EXPECT_EQ(copies[0].tags.at("owner"), "me");
    ASSERT_EQ(world.sink.results().size(), 1U);
    EXPECT_EQ(world.sink.results()[0].id, copies[0].metadata.at("cordon-result-id"));
  }
}

TEST(Pipeline, AMessageThatComesTwiceAtOnceIsCarriedOnce) {
  for (const auto versions : {FakeObjectStore::Versions::off, FakeObjectStore::Versions::on}) {
    World world(versions);
    const ObjectEvent event = world.upload("k", kHarmful);
    std::string second;
    world.observer.script([&](Step step) {
      // The other slot has its message while this one has made its copy and has not deleted yet.
      if (step == Step::remove && second.empty()) second = world.outcome(event);
      return Proceed::go_on;
    });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(second, "postponed");
    EXPECT_EQ(world.outcome(event, 2), "duplicate");
    EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
    EXPECT_EQ(world.sink.results().size(), 1U);
  }
}

TEST(Pipeline, TwoStatesOfOneKeyDoNotWaitForEachOther) {
  World world(FakeObjectStore::Versions::on);
  const ObjectEvent first = world.upload("k", "one");
  const ObjectEvent second = world.upload("k", "two");
  std::string of_second;
  world.observer.script([&](Step step) {
    if (step == Step::scan && of_second.empty()) {
      of_second = "entered";
      of_second = world.outcome(second);
    }
    return Proceed::go_on;
  });

  EXPECT_EQ(world.outcome(first), "done");

  EXPECT_EQ(of_second, "done");
}

TEST(Pipeline, ContentThatFailsItsChecksumTwiceIsAnError) {
  World once;
  World twice;
  const ObjectEvent a = once.upload("k", "x");
  const ObjectEvent b = twice.upload("k", "x");
  once.store.corrupt_next_read();
  twice.store.corrupt_next_read();
  twice.store.corrupt_next_read();

  EXPECT_EQ(once.outcome(a), "done");
  EXPECT_EQ(twice.outcome(b), "done");

  EXPECT_EQ(once.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_EQ(twice.verdict_tag(kUploads, "k"), "Error");
  EXPECT_EQ(twice.sink.results()[0].verdict.reason, Reason::integrity);
  EXPECT_EQ(twice.scanner.scans(), 0U);
}

TEST(Pipeline, AnObjectTooLargeForTheSpoolIsUnscannableWithoutFetchingIt) {
  World world;
  const ObjectEvent event = world.upload("k", std::string((1 << 20) + 1, 'x'));

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Unscannable");
  EXPECT_EQ(world.sink.results()[0].verdict.reason, Reason::staging);
}

TEST(Pipeline, AFullSpoolIsAnotherAgentsChanceAndAVerdictInTheEnd) {
  World world;
  const ObjectEvent event = world.upload("k", "x");
  world.store.fail_next(Call::read, {Errc::unavailable, "disk full", ErrorCause::staging}, 100);

  EXPECT_EQ(world.outcome(event, 4), "retry-later");
  EXPECT_EQ(world.outcome(event, 5), "done");

  EXPECT_EQ(world.sink.results()[0].verdict.reason, Reason::staging);
}

TEST(Pipeline, AnEngineThatFailsNeverMeansClean) {
  const struct {
    Error error;
    int attempt;
    const char* outcome;
    const char* tag;
  } kCases[] = {
      {{Errc::worker_died, "crash"}, 1, "retry-later", "(none)"},
      {{Errc::worker_died, "crash"}, 5, "done", "Unscannable"},
      {{Errc::timeout, "slow"}, 4, "retry-later", "(none)"},
      {{Errc::timeout, "slow"}, 5, "done", "Unscannable"},
      {{Errc::unavailable, "no worker"}, 5, "retry-later", "(none)"},
      {{Errc::cancelled, "stop"}, 5, "cancelled", "(none)"},
      {{Errc::not_found, "?"}, 5, "retry-later", "(none)"},
      {{Errc::changed, "?"}, 5, "retry-later", "(none)"},
      {{Errc::denied, "?"}, 5, "retry-later", "(none)"},
      {{Errc::invalid, "?"}, 5, "retry-later", "(none)"},
      {{Errc::throttled, "?"}, 5, "retry-later", "(none)"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.error.what + std::string(name_of(c.error.code)));
    World world;
    const ObjectEvent event = world.upload("k", "harmless");
    world.scanner.answer_next(c.error);

    EXPECT_EQ(world.outcome(event, c.attempt), c.outcome);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), c.tag);
  }
}

TEST(Pipeline, AVerdictThatContradictsItselfIsNone) {
  const Verdict kLies[] = {{.disposition = Disposition::clean, .virus_names = {"V"}},
                           {.disposition = Disposition::clean, .bytes_scanned = 0},
                           {.disposition = Disposition::infected},
                           {.disposition = Disposition::unscannable}};
  for (const Verdict& lie : kLies) {
    World world;
    const ObjectEvent event = world.upload("k", "x");
    world.scanner.answer_next(lie);

    EXPECT_EQ(world.outcome(event), "retry-later");

    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(none)");
  }
}

TEST(Pipeline, WhatCannotBeReportedIsNotDone) {
  for (const Errc code : {Errc::unavailable, Errc::denied, Errc::not_found, Errc::changed,
                          Errc::invalid, Errc::throttled, Errc::timeout}) {
    World world;
    const ObjectEvent event = world.upload("k", "x");
    world.sink.fail_next({code, "no log group"});

    EXPECT_EQ(world.outcome(event), "retry-later");
    EXPECT_EQ(world.outcome(event, 2), "done");
    EXPECT_EQ(world.sink.results().size(), 1U);
  }
}

TEST(Pipeline, WithoutRoomForTagsTheObjectIsHandledAllTheSame) {
  World world;
  TagSet ten;
  for (int i = 0; i < 10; ++i) ten["owner" + std::to_string(i)] = "x";
  const ObjectEvent event = world.upload("k", kHarmful, ten);

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kQuarantine, ObjectKey("uploads/k"))->tags, ten);
  EXPECT_EQ(world.sink.results()[0].tagging, TaggingState::no_room);
}

TEST(Pipeline, TagsThatAreRefusedDoNotKeepMalwareInPlace) {
  for (const Call call : {Call::tags, Call::set_tags}) {
    World world;
    const ObjectEvent event = world.upload("k", kHarmful, {{"owner", "me"}});
    world.store.on_call([&](Call now, const ObjectRef&) -> std::optional<Error> {
      if (now == call) return Error{Errc::denied, "needs permission", ErrorCause::access_denied};
      return std::nullopt;
    });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.sink.results()[0].tagging, TaggingState::failed);
    EXPECT_TRUE(world.store.all(kUploads).empty());
    EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
  }
}

TEST(Pipeline, TaggingCanBeSwitchedOff) {
  World world;
  PipelineOptions options = world.pipeline_options;
  options.tagging = false;
  Pipeline pipeline(options, world.pipeline_ports);
  const ObjectEvent event = world.upload("k", kHarmful, {{"owner", "me"}});

  const ObjectOutcome outcome = pipeline.carry(event, {}, Deadline::never(), {});

  ASSERT_EQ(outcome.kind, ObjectOutcome::Kind::done) << outcome.why;
  EXPECT_EQ(outcome.result->tagging, TaggingState::off);
  EXPECT_EQ(world.store.current(kQuarantine, ObjectKey("uploads/k"))->tags,
            (TagSet{{"owner", "me"}}));
}

TEST(Pipeline, TagsByTheRulesOfTheMoment) {
  World world;
  TagRules rules;
  rules.keys.result = "verdict";
  rules.keys.date.clear();
  PipelinePorts ports = world.pipeline_ports;
  ports.tag_rules = [&] { return rules; };
  Pipeline pipeline(world.pipeline_options, ports);
  const auto carry = [&](const ObjectEvent& event) {
    return pipeline.carry(event, {.sent_at = world.clock.system_now()}, Deadline::never(), {});
  };

  carry(world.upload("a", "harmless", {{"date-scanned", "the owner's"}}));
  EXPECT_EQ(world.tags(kUploads, "a"),
            (TagSet{{"verdict", "Clean"}, {"date-scanned", "the owner's"}}));

  rules.enabled = false;
  EXPECT_EQ(carry(world.upload("b", "harmless")).result->tagging, TaggingState::off);
  EXPECT_TRUE(world.tags(kUploads, "b").empty());
}

TEST(Pipeline, AForgedTagIsScannedAndReplaced) {
  World world;
  const ObjectEvent event = world.upload(
      "k", kHarmful, {{"scan-result", "Clean"}, {"scan-seal", "v1.k.1.mac"}, {"team", "red"}});

  EXPECT_EQ(world.outcome(event), "done");

  const TagSet tags = world.store.current(kQuarantine, ObjectKey("uploads/k"))->tags;
  EXPECT_EQ(tags.at("scan-result"), "Infected");
  EXPECT_FALSE(tags.contains("scan-seal"));
  EXPECT_EQ(tags.at("team"), "red");
}

TEST(Pipeline, TrustsABareTagOnlyWhenToldTo) {
  World world;
  world.policy.skip_scanned = SkipScanned::tagged;
  const ObjectEvent clean = world.upload("clean", kHarmful, {{"scan-result", "Clean"}});
  const ObjectEvent infected =
      world.upload("bad", "x", {{"scan-result", "Infected"}, {"virus-name", "V"}});
  const ObjectEvent error =
      world.upload("error", "x", {{"scan-result", "Error"}, {"message", "kms: no"}});
  const ObjectEvent fresh = world.upload("fresh", "x");

  for (const ObjectEvent& event : {clean, infected, error, fresh}) {
    EXPECT_EQ(world.outcome(event), "done");
  }

  const auto results = world.sink.results();
  EXPECT_TRUE(results[0].skipped);
  EXPECT_EQ(world.verdict_tag(kUploads, "clean"), "Clean");
  EXPECT_TRUE(results[1].skipped);
  EXPECT_EQ(world.verdict_tag(kUploads, "bad"), "(gone)") << "the route is taken all the same";
  EXPECT_FALSE(results[2].skipped) << "an error is worth another try";
  EXPECT_FALSE(results[3].skipped);
  EXPECT_EQ(world.scanner.scans(), 2U);
}

TEST(Pipeline, LeavesAloneWhatThePolicyExcludes) {
  World world;
  world.policy.exclude = {"**/*.tmp"};

  EXPECT_EQ(world.outcome(world.upload("a.tmp", kHarmful)), "excluded");

  EXPECT_EQ(world.scanner.scans(), 0U);
  EXPECT_TRUE(world.tags(kUploads, "a.tmp").empty());
}

TEST(Pipeline, DoesNothingForADuplicateOfWhatItHasJustFinished) {
  World world;
  const ObjectEvent event = world.upload("k", "x");
  ASSERT_EQ(world.outcome(event), "done");
  ObjectEvent reuploaded = world.upload("k", "x");

  EXPECT_EQ(world.outcome(event), "duplicate");
  EXPECT_EQ(world.outcome(reuploaded), "done") << "the same bytes again need their tags again";

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_EQ(world.scanner.scans(), 2U);
}

// S3 may send an event twice. The second message finds the object gone because the delivery of the
// first moved it and died; when the first comes again, it is not a duplicate of anything.
TEST(Pipeline, ADuplicateThatFoundNothingDoesNotStandForTheReport) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script(
      [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
  ASSERT_EQ(world.outcome(event), "abandoned");
  world.observer.script(nullptr);
  ASSERT_EQ(world.outcome(event), "superseded");

  EXPECT_EQ(world.outcome(event, 2), "done");

  ASSERT_EQ(world.sink.results().size(), 1U);
  EXPECT_EQ(world.sink.results()[0].verdict.disposition, Disposition::infected);
}

TEST(Pipeline, FindsWhatItMovedAlsoWhenTheRouteHasChangedSince) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script(
      [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
  ASSERT_EQ(world.outcome(event), "abandoned");
  ASSERT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  world.observer.script(nullptr);
  world.policy.on_infected = {{RouteStep::Kind::remove}};

  EXPECT_EQ(world.outcome(event, 2), "done");

  ASSERT_EQ(world.sink.results().size(), 1U);
  EXPECT_EQ(world.sink.results()[0].verdict.disposition, Disposition::infected);
  EXPECT_EQ(world.sink.results()[0].actions.at(0).bucket, kQuarantine);
}

TEST(Pipeline, FindsWhatItMovedBelowWhatCameThereSince) {
  for (const bool may_list : {true, false}) {
    World world(Versions::on);
    const ObjectEvent event = world.upload("k", kHarmful);
    world.observer.script(
        [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
    ASSERT_EQ(world.outcome(event), "abandoned");
    world.observer.script(nullptr);
    ASSERT_EQ(world.outcome(world.upload("k", "more" + kHarmful.substr(4))), "done");
    ASSERT_EQ(world.outcome(world.upload("k", kHarmful + " and longer")), "done");
    ASSERT_EQ(world.store.all(kQuarantine).size(), 3U);
    if (!may_list) world.catalogue.list_fails.emplace(kQuarantine, Error{Errc::denied, "no"});

    EXPECT_EQ(world.outcome(event, 2), may_list ? "done" : "superseded");

    ASSERT_EQ(world.sink.results().size(), may_list ? 3U : 2U);
    if (!may_list) continue;
    const ScanResult result = world.sink.results().back();
    EXPECT_EQ(result.verdict.disposition, Disposition::infected);
    EXPECT_EQ(result.sha256, hex(sha256(kHarmful)));
    EXPECT_EQ(result.tagging, TaggingState::done);
    EXPECT_EQ(result.actions.at(0).bucket, kQuarantine);
  }
}

TEST(Pipeline, FindsWhatItMovedBelowADeletion) {
  World world;
  world.store.set_versions(kProduction, Versions::on);
  world.policy.on_infected = {{RouteStep::Kind::move, Destination{kProduction, ""}}};
  const ObjectEvent event = world.upload("k", kHarmful);
  // The agent dies when the copy is made, and before it has its verdict.
  world.store.on_call([](FakeObjectStore::Call call, const ObjectRef& object) {
    const bool is_proof = call == FakeObjectStore::Call::read && object.bucket == kProduction;
    return is_proof ? std::optional<Error>(Error{Errc::cancelled, "killed"}) : std::nullopt;
  });
  ASSERT_EQ(world.outcome(event), "cancelled");
  world.store.on_call(nullptr);
  ASSERT_EQ(world.store.all(kProduction).size(), 1U);
  // Meanwhile its owners go on.
  world.store.delete_current(kProduction, ObjectKey("k"));
  (void)world.upload("k", "something else");

  EXPECT_EQ(world.outcome(event, 2), "done");

  const auto copies = world.store.all(kProduction);
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].tags.at("scan-result"), "Infected");
  EXPECT_EQ(world.sink.results().back().verdict.disposition, Disposition::infected);
}

TEST(Pipeline, WhatConcernsEveryRequestDoesNotHideAMove) {
  const Error expired{Errc::denied, "ExpiredToken", ErrorCause::credentials};
  for (const bool at_the_list : {true, false}) {
    World world(Versions::on);
    const ObjectEvent event = world.upload("k", kHarmful);
    world.observer.script(
        [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
    ASSERT_EQ(world.outcome(event), "abandoned");
    world.observer.script(nullptr);
    ASSERT_EQ(world.outcome(world.upload("k", "more" + kHarmful.substr(4))), "done");
    if (at_the_list) {
      world.catalogue.list_fails.emplace(kQuarantine, expired);
    } else {
      world.store.on_call([&](FakeObjectStore::Call call, const ObjectRef& object) {
        const bool is_look = call == FakeObjectStore::Call::head && object.bucket == kQuarantine;
        return is_look ? std::optional<Error>(expired) : std::nullopt;
      });
    }
    EXPECT_EQ(world.outcome(event, 2), "retry-later");

    world.catalogue.list_fails.clear();
    world.store.on_call(nullptr);
    EXPECT_EQ(world.outcome(event, 3), "done");
  }
}

TEST(Pipeline, TheQuarantineMayBeACentralOne) {
  World world;
  const BucketName central("central");
  world.store.make_bucket(central, Versions::on);
  world.policy.quarantine = central;

  EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");

  EXPECT_EQ(world.store.all(central).at(0).key, ObjectKey("uploads/k"));
  EXPECT_TRUE(world.store.all(kQuarantine).empty());
}

TEST(Pipeline, FindsWhatItMovedToTheQuarantineOfBefore) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script(
      [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
  ASSERT_EQ(world.outcome(event), "abandoned");
  world.observer.script(nullptr);
  world.policy.quarantine = BucketName("central");

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.sink.results().at(0).actions.at(0).bucket, kQuarantine);
}

TEST(Pipeline, MovesCleanObjectsToTheirDestination) {
  World world;
  world.policy.on_clean = {kMoveToProduction};
  const ObjectEvent event = world.upload("k", "good", {{"owner", "me"}});

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  EXPECT_EQ(world.store.current(kProduction, ObjectKey("in/k"))->content, "good");
  EXPECT_EQ(world.tags(kProduction, "in/k").at("owner"), "me");
  EXPECT_EQ(world.verdict_tag(kProduction, "in/k"), "Clean");
}

TEST(Pipeline, AMoveIntoAProtectedBucketEndsThere) {
  World world;
  world.policy.on_clean = {kMoveToProduction};
  ASSERT_EQ(world.outcome(world.upload("k", "good")), "done");
  const auto moved = world.store.current(kProduction, ObjectKey("in/k"));
  ObjectEvent own{
      .object = {kProduction, ObjectKey("in/k")}, .etag = moved->etag, .sequencer = "x"};

  EXPECT_EQ(world.outcome(own), "done");

  EXPECT_EQ(world.store.all(kProduction).size(), 1U);
  EXPECT_EQ(world.sink.results()[1].actions[0].status, ActionStatus::skipped);
}

TEST(Pipeline, TheMarkOfAMoveKeepsNothingInfectedInPlace) {
  World world;
  const CopyResult made = world.store.put(
      kUploads, ObjectKey("k"), kHarmful, {},
      {{"cordon-at", place_mark(kUploads, ObjectKey("k"))}, {"cordon-from", "forged"}});

  EXPECT_EQ(world.outcome({.object = {kUploads, ObjectKey("k")}, .etag = made.etag}), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
}

// The delivery that made the copy died before it had looked at it.
TEST(Pipeline, DoesNotTakeADamagedCopyForItsOwn) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script(
      [](Step step) { return step == Step::remove ? Proceed::abandon : Proceed::go_on; });
  ASSERT_EQ(world.outcome(event), "abandoned");
  const auto copy = world.store.current(kQuarantine, ObjectKey("uploads/k"));
  world.store.put(kQuarantine, copy->key, std::string(kHarmful.size(), 'x'), copy->tags,
                  copy->metadata);
  world.observer.script(nullptr);

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  EXPECT_EQ(world.store.current(kQuarantine, ObjectKey("uploads/k"))->content, kHarmful);
}

TEST(Pipeline, NeverOverwritesWhatLiesAtTheDestination) {
  World world;
  world.policy.on_clean = {kMoveToProduction};
  world.store.put(kProduction, ObjectKey("in/k"), "precious");

  EXPECT_EQ(world.outcome(world.upload("k", "good")), "done");

  EXPECT_EQ(world.store.current(kProduction, ObjectKey("in/k"))->content, "precious");
  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, "good");
  EXPECT_EQ(world.sink.results()[0].actions[0].status, ActionStatus::failed);

  world.store.set_versions(kProduction, Versions::on);
  world.store.put(kProduction, ObjectKey("in/l"), "older");
  EXPECT_EQ(world.outcome(world.upload("l", "newer")), "done");
  EXPECT_EQ(world.store.current(kProduction, ObjectKey("in/l"))->content, "newer");
  EXPECT_EQ(world.store.all(kProduction).size(), 3U) << "the older version is kept";
}

TEST(Pipeline, WhatTheStoreRefusesIsRecordedAndNothingIsLost) {
  const struct {
    Call call;
    Error error;
    bool is_copied;
  } kCases[] = {
      {Call::copy, {Errc::denied, "needs s3:PutObject", ErrorCause::access_denied}, false},
      {Call::copy, {Errc::invalid, "InvalidStorageClass"}, false},
      {Call::remove, {Errc::denied, "Object Lock until 2030", ErrorCause::locked}, true}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.error.what);
    World world;
    world.store.fail_next(c.call, c.error);

    EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");

    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
    EXPECT_EQ(world.store.all(kQuarantine).size(), c.is_copied ? 1U : 0U);
    const ActionRecord action = world.sink.results().at(0).actions.at(0);
    EXPECT_EQ(action.status, ActionStatus::failed);
    EXPECT_THAT(action.detail.value(), HasSubstr(c.error.what));
    EXPECT_EQ(world.metrics.value("cordon_actions_failed_total", {{"kind", "move"}}), 1);
  }
}

TEST(Pipeline, DeletesNothingBeforeItsCopyIsVerified) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  int heads = 0;
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    // The second look at the destination is the one at the copy.
    if (call == Call::head && object.bucket == kQuarantine && ++heads == 2) {
      world.store.put(kQuarantine, object.key, "something else");
      return Error{Errc::denied, "no", ErrorCause::access_denied};
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, kHarmful);
  EXPECT_EQ(world.sink.results()[0].actions[0].status, ActionStatus::failed);
}

TEST(Pipeline, AMissingQuarantineLosesNothing) {
  World world;
  PipelineOptions options = world.pipeline_options;
  options.quarantine = BucketName("not-there");
  Pipeline pipeline(options, world.pipeline_ports);

  const auto outcome = pipeline.carry(world.upload("k", kHarmful), {}, Deadline::never(), {});

  EXPECT_EQ(outcome.kind, ObjectOutcome::Kind::done);
  EXPECT_EQ(outcome.result->actions[0].status, ActionStatus::failed);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
}

TEST(Pipeline, ReportsADeletionBeforeItHappens) {
  World world;
  world.policy.on_infected = {{RouteStep::Kind::remove}};
  const ObjectEvent event = world.upload("k", kHarmful);

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_TRUE(world.store.all(kUploads).empty());
  const auto results = world.sink.results();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].actions[0].status, ActionStatus::pending);
  EXPECT_EQ(results[1].actions[0].status, ActionStatus::done);
  EXPECT_EQ(results[0].id, results[1].id);
}

TEST(Pipeline, ACopyThatFailedStopsTheDeletionAfterIt) {
  World world;
  world.policy.on_infected = {{RouteStep::Kind::copy, Destination{BucketName("missing"), ""}},
                              {RouteStep::Kind::remove}};

  EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
  EXPECT_EQ(world.sink.results()[0].actions[1].status, ActionStatus::skipped);
}

TEST(Pipeline, RoutesWhatItCouldNotRead) {
  World world;
  world.policy.on_unscannable = {{RouteStep::Kind::quarantine}};
  const ObjectEvent event = world.upload("k", "x");
  world.store.fail_next(Call::read, {Errc::denied, "InvalidObjectState", ErrorCause::archived});

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
  EXPECT_TRUE(world.store.all(kUploads).empty());
}

TEST(Pipeline, ARequestedStopLeavesTheObjectToTheNextDelivery) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  std::stop_source stop;
  world.scanner.on_scan([&] { stop.request_stop(); });

  const auto outcome = world.pipeline.carry(event, {}, Deadline::never(), stop.get_token());

  EXPECT_EQ(outcome.kind, ObjectOutcome::Kind::cancelled);
  EXPECT_TRUE(world.tags(kUploads, "k").empty());
}

}  // namespace
}  // namespace cordon
