// Two contents with one ETag, stores that are not as good as S3, and answers that are not true.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "testing/agent_world.h"
#include "testing/fake_store_probe.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;
using testing::HasSubstr;

const std::string kTwin = std::string("more ") + FakeScanner::kHarmful + " contents";
const std::string kScanned(kTwin.size(), 'h');
const RouteStep kPromote{RouteStep::Kind::move, Destination{kProduction, ""}};

/// A store that tells the two contents apart by nothing but their bytes: same ETag, same size, same
/// second, no checksum.
void make_twins(World& world, bool same_second = true) {
  ASSERT_EQ(kScanned.size(), kTwin.size());
  const ETag shared("0123456789abcdef0123456789abcdef");
  world.store.give_etag(kScanned, shared);
  world.store.give_etag(kTwin, shared);
  world.store.set_checksum(std::nullopt);
  if (same_second) world.store.stop_time();
}

/// The twin takes the place of what was uploaded, directly before the call with this number.
void swap_before(World& world, Call call, int number, const BucketName& at = kUploads) {
  world.store.on_call([&world, call, at, left = number](
                          Call now, const ObjectRef& object) mutable -> std::optional<Error> {
    if (now == call && object.bucket == at && --left == 0) {
      world.store.put(kUploads, ObjectKey("k"), kTwin);
    }
    return std::nullopt;
  });
}

/// The agent dies at its first look at the copy: that is made, and nothing else is.
void die_at_the_copy(World& world, const ObjectEvent& event) {
  world.store.on_call([](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call != Call::head || object.bucket != kProduction || !object.version) return std::nullopt;
    return Error{Errc::cancelled, "killed"};
  });
  ASSERT_EQ(world.outcome(event), "cancelled");
  world.store.on_call(nullptr);
}

void expect_never_promoted(World& world) {
  for (const auto& stored : world.store.all(kProduction)) {
    EXPECT_EQ(stored.content, kScanned);
  }
  const auto there = world.store.current(kUploads, ObjectKey("k"));
  EXPECT_TRUE(there) << "the twin was nobody's to delete";
}

// With the metadata of the copy, which anybody who may write there can read.
TEST(Twin, AtTheDestinationGetsNoVerdict) {
  for (int before = 1; before < 12; ++before) {
    SCOPED_TRACE(before);
    World world;
    world.policy.on_clean = {kPromote};
    make_twins(world, /*same_second=*/false);
    const ObjectEvent event = world.upload("k", kScanned);
    bool is_replaced = false;
    world.store.on_call([&, left = before](Call, const ObjectRef& object) mutable {
      const auto copy = world.store.current(kProduction, ObjectKey("k"));
      if (copy && object.bucket == kProduction && !is_replaced && --left == 0) {
        world.store.put(kProduction, ObjectKey("k"), kTwin, {}, copy->metadata);
        is_replaced = true;
      }
      return std::optional<Error>();
    });

    world.carry(event);

    const auto there = world.store.current(kProduction, ObjectKey("k"));
    if (!is_replaced || !there || there->content != kTwin) continue;
    EXPECT_FALSE(there->tags.contains("scan-result"));
  }
}

TEST(Twin, IsNeverPromotedWhenItComesBeforeTheCopy) {
  for (const bool same_second : {true, false}) {
    SCOPED_TRACE(same_second);
    World world;
    world.policy.on_clean = {kPromote};
    make_twins(world, same_second);
    const ObjectEvent event = world.upload("k", kScanned);
    swap_before(world, Call::copy, 1);

    world.carry(event);

    expect_never_promoted(world);
    EXPECT_TRUE(world.store.all(kProduction).empty()) << "the wrong copy was taken back";
  }
}

TEST(Twin, IsNeverPromotedWheneverItComes) {
  for (int before = 1; before < 40; ++before) {
    SCOPED_TRACE(before);
    World world;
    world.policy.on_clean = {kPromote};
    make_twins(world, false);
    const ObjectEvent event = world.upload("k", kScanned);
    bool swapped = false;
    world.store.on_call([&, calls = 0](Call, const ObjectRef&) mutable -> std::optional<Error> {
      if (++calls == before) {
        swapped = true;
        world.store.put(kUploads, ObjectKey("k"), kTwin);
      }
      return std::nullopt;
    });

    world.carry(event);

    for (const auto& stored : world.store.all(kProduction)) EXPECT_EQ(stored.content, kScanned);
    const auto there = world.store.current(kUploads, ObjectKey("k"));
    if (there && there->content == kTwin) {
      EXPECT_NE(world.verdict_tag(kUploads, "k"), "Clean");
    }
    if (!swapped) break;
  }
}

TEST(Twin, ACopyShowsNoVerdictBeforeItsBytesAreKnown) {
  World world;
  world.policy.on_clean = {kPromote};
  const ObjectEvent event = world.upload("k", kScanned, {{"owner", "me"}});
  std::vector<std::string> at_reads;
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call == Call::read && object.bucket == kProduction) {
      at_reads.push_back(world.verdict_tag(kProduction, "k"));
      EXPECT_EQ(world.tags(kProduction, "k").at("owner"), "me");
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(at_reads, std::vector<std::string>{"(none)"});
  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
}

TEST(Twin, AVersionNeedsNoReadingBack) {
  World world(Versions::on);
  world.policy.on_clean = {kPromote};

  EXPECT_EQ(world.outcome(world.upload("k", kScanned)), "done");

  EXPECT_EQ(world.store.calls(Call::read), 1);
  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
}

// A copy that an earlier delivery left without a verdict, made from a twin, is not ours to tag.
TEST(Twin, AnUnfinishedCopyIsFinishedOnlyWhenItIsOfTheSameBytes) {
  for (const bool is_twin : {false, true}) {
    SCOPED_TRACE(is_twin);
    World world;
    world.policy.on_clean = {kPromote};
    make_twins(world);
    const ObjectEvent event = world.upload("k", kScanned);
    world.store.put(kProduction, ObjectKey("k"), is_twin ? kTwin : kScanned, {},
                    {{"cordon-from", source_mark(event.object, *event.etag)},
                     {"cordon-result-id", std::string(26, '0')}});

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.verdict_tag(kProduction, "k"), is_twin ? "(none)" : "Clean");
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), is_twin ? "Clean" : "(gone)");
  }
}

// The agent dies after its copy; before anybody takes its message on, the owner of production
// writes there, or deletes. Copied anew, the older bytes would come above his.
TEST(Twin, AnUnfinishedCopyIsFinishedWhereItLies) {
  for (const bool is_versioned : {false, true}) {
    for (const bool is_deleted : {false, true}) {
      SCOPED_TRACE(std::to_string(is_versioned) + " " + std::to_string(is_deleted));
      World world(is_versioned ? Versions::on : Versions::off);
      world.store.set_versions(kProduction, Versions::on);
      world.policy.on_clean = {kPromote};
      const ObjectEvent event = world.upload("k", kScanned);
      die_at_the_copy(world, event);
      ASSERT_EQ(world.store.all(kProduction).size(), 1U);
      if (is_deleted) {
        world.store.delete_current(kProduction, ObjectKey("k"));
      } else {
        world.store.put(kProduction, ObjectKey("k"), "the owner's");
      }

      EXPECT_EQ(world.outcome(event, 2), "done");

      const auto there = world.store.all(kProduction);
      ASSERT_EQ(there.size(), is_deleted ? 1U : 2U);
      EXPECT_EQ(there[0].content, kScanned);
      EXPECT_EQ(there[0].tags.at("scan-result"), "Clean");
      const auto now = world.store.current(kProduction, ObjectKey("k"));
      EXPECT_EQ(now ? now->content : "", is_deleted ? "" : "the owner's");
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
    }
  }
}

// The agent dies after its copy; the next delivery judges the object again, and then its owner
// replaces it.
TEST(Twin, AnUnfinishedCopyIsFinishedWhenItsSourceIsReplacedMeanwhile) {
  for (const auto kind : {RouteStep::Kind::move, RouteStep::Kind::copy}) {
    for (const Step replaced_at : {Step::act, Step::tag, Step::open}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + " " +
                   std::string(name_of(replaced_at)));
      World world;
      world.store.set_versions(kProduction, Versions::on);
      world.policy.on_infected = {{kind, Destination{kProduction, ""}}};
      const ObjectEvent event = world.upload("k", kHarmful);
      die_at_the_copy(world, event);
      ASSERT_EQ(world.verdict_tag(kProduction, "k"), "(none)");
      world.observer.script([&](Step step) {
        if (step == replaced_at) world.upload("k", "the owner's");
        return Proceed::go_on;
      });

      EXPECT_EQ(world.outcome(event, 2), "done");

      EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Infected");
      EXPECT_EQ(world.store.all(kProduction).size(), 1U);
      EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, "the owner's");
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(none)");
      const ScanResult told = world.sink.results().back();
      EXPECT_EQ(told.verdict.disposition, Disposition::infected);
      ASSERT_EQ(told.actions.size(), 1U);
      EXPECT_EQ(told.actions[0].kind == ActionKind::move, kind == RouteStep::Kind::move);
      EXPECT_EQ(told.actions[0].status, ActionStatus::done);
    }
  }
}

// The tags of this delivery lay on what came meanwhile, so that is scanned here as well; and the
// copy of an earlier one waits for its verdict.
TEST(Twin, AnUnfinishedCopyIsFinishedWhenWhatCameMeanwhileIsScannedToo) {
  World world;
  world.store.set_versions(kProduction, Versions::on);
  world.policy.on_infected = {{RouteStep::Kind::move, Destination{kProduction, ""}}};
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.put(kProduction, ObjectKey("k"), kHarmful, {},
                  {{"cordon-from", source_mark(event.object, *event.etag)},
                   {"cordon-result-id", std::string(26, '0')}});
  bool is_away = true;
  bool is_replaced = false;
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (object.bucket == kProduction && is_away) return Error{Errc::unavailable, "away"};
    if (call == Call::set_tags && object.bucket == kUploads && !is_replaced) {
      is_replaced = true;
      world.upload("k", "the owner's");
    }
    return std::nullopt;
  });

  EXPECT_EQ(world.outcome(event, 2), "retry-later");
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
  is_away = false;
  EXPECT_EQ(world.outcome(event, 3), "done");

  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Infected");
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
}

// The verdict of the first upload comes to lie on the second, over that of whoever scanned it; and
// before the agent has seen that, it dies, or the store goes away for a while.
TEST(Twin, TagsThatCameToLieOnAnotherObjectDoNotStay) {
  for (const Errc end : {Errc::cancelled, Errc::unavailable}) {
    for (const SkipScanned skip : {SkipScanned::never, SkipScanned::tagged}) {
      for (const bool is_replayed : {false, true}) {
        SCOPED_TRACE(std::string(name_of(end)) + std::to_string(static_cast<int>(skip)) +
                     std::to_string(is_replayed));
        World world;
        world.policy.skip_scanned = skip;
        world.policy.on_infected = {{RouteStep::Kind::keep}};
        ObjectEvent event = world.upload("k", "harmless");
        event.time = world.clock.system_now();
        world.store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
          if (call != Call::set_tags) return std::nullopt;
          world.store.on_call(nullptr);
          EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");
          world.store.on_call([&](Call, const ObjectRef&) {
            return std::optional<Error>(Error{end, "now"});
          });
          return std::nullopt;
        });
        EXPECT_NE(world.outcome(event), "done");
        world.store.on_call(nullptr);
        ASSERT_EQ(world.verdict_tag(kUploads, "k"), "Clean");

        if (is_replayed) world.clock.advance(std::chrono::hours(1));
        EXPECT_EQ(world.outcome(event, is_replayed ? 1 : 2), "done");

        EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
      }
    }
  }
}

// The same where a route leads: the owner of the place writes there between the last look at the
// copy and its tags.
TEST(Twin, TagsOfACopyThatCameToLieOnAnothersObjectDoNotStay) {
  World world;
  world.policy.on_clean = {kPromote};
  const ObjectEvent event = world.upload("k", "harmless");
  bool is_over = false;
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (is_over) return Error{Errc::cancelled, "killed"};
    if (call != Call::set_tags || object.bucket != kProduction) return std::nullopt;
    world.store.put(kProduction, ObjectKey("k"), kHarmful, {{"owner", "somebody"}});
    is_over = true;
    return std::nullopt;
  });
  EXPECT_EQ(world.outcome(event), "cancelled");
  world.store.on_call(nullptr);
  ASSERT_EQ(world.verdict_tag(kProduction, "k"), "Clean");

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "(none)");
  EXPECT_EQ(world.store.current(kProduction, ObjectKey("k"))->content, kHarmful);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
}

// The same bytes once more are another upload: they come above what came in between.
TEST(Twin, AFinishedCopyOfTheSameBytesIsNoReasonNotToBringThem) {
  World world;
  world.store.set_versions(kProduction, Versions::on);
  world.policy.on_clean = {kPromote};
  ASSERT_EQ(world.outcome(world.upload("k", kScanned)), "done");
  ASSERT_EQ(world.outcome(world.upload("k", "in between")), "done");

  EXPECT_EQ(world.outcome(world.upload("k", kScanned), 2), "done");

  EXPECT_EQ(world.store.all(kProduction).size(), 3U);
  EXPECT_EQ(world.store.current(kProduction, ObjectKey("k"))->content, kScanned);
}

TEST(Twin, IsNotDeletedForItsETag) {
  World world;
  world.policy.on_infected = {{RouteStep::Kind::remove}};
  make_twins(world, false);
  world.store.give_etag(kHarmful, ETag("0123456789abcdef0123456789abcdef"));
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script([&](Step step) {
    if (step == Step::remove) world.store.put(kUploads, ObjectKey("k"), kScanned);
    return Proceed::go_on;
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kUploads, ObjectKey("k"))->content, kScanned);
  EXPECT_EQ(world.sink.results().back().actions[0].status, ActionStatus::skipped);
}

TEST(Twin, WhatMayNotBeLookedAtIsNotUnchanged) {
  World world;
  world.policy.on_clean = {kPromote};
  const ObjectEvent event = world.upload("k", kScanned);
  world.store.on_call([](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call != Call::head || object.bucket != kUploads) return std::nullopt;
    return Error{Errc::denied, "AccessDenied", ErrorCause::access_denied};
  });

  EXPECT_EQ(world.outcome(event), "retry-later");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(none)");
  EXPECT_TRUE(world.store.all(kProduction).empty());
}

// Some stores write another time when an object gets tags.
TEST(Twin, AnotherTimeAloneIsNoReplacement) {
  World world;
  const ObjectEvent event = world.upload("k", kScanned);
  world.store.on_call([&, done = false](Call call, const ObjectRef&) mutable {
    if (call == Call::set_tags && !std::exchange(done, true)) {
      world.store.put(kUploads, ObjectKey("k"), kScanned);
    }
    return std::optional<Error>();
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_EQ(world.metrics.value("cordon_objects_overtaken_total", {}), 0);
}

TEST(Twin, HeadAndTagsThatAreTrustedAreOfOneObject) {
  World world;
  world.policy.skip_scanned = SkipScanned::tagged;
  world.policy.on_clean = {kPromote};
  make_twins(world, false);
  const ObjectEvent event = world.upload("k", kTwin);
  world.store.on_call([&, done = false](Call call, const ObjectRef&) mutable {
    if (call == Call::tags && !std::exchange(done, true)) {
      world.store.put(kUploads, ObjectKey("k"), kScanned, {{"scan-result", "Clean"}});
    }
    return std::optional<Error>();
  });

  EXPECT_EQ(world.outcome(event), "superseded");

  EXPECT_TRUE(world.store.all(kProduction).empty());
}

// --- answers that are not true -----------------------------------------------------------------

TEST(Answers, ACopyThatIsWrongIsTakenBack) {
  for (const Versions production : {Versions::off, Versions::on}) {
    for (const Versions uploads : {Versions::off, Versions::on}) {
      World world(uploads);
      world.policy.on_clean = {kPromote};
      world.store.set_versions(kProduction, production);
      const ObjectEvent event = world.upload("k", kScanned);
      world.store.on_call([&, done = false](Call call, const ObjectRef& object) mutable {
        if (call == Call::head && object.bucket == kProduction && object.version && !done) {
          done = true;
          world.store.damage(object, "what nobody has scanned");
        }
        if (call == Call::read && object.bucket == kProduction && !std::exchange(done, true)) {
          world.store.damage(object, std::string(kScanned.size(), '?'));
        }
        return std::optional<Error>();
      });

      EXPECT_EQ(world.outcome(event), "done");

      const ActionRecord action = world.sink.results().at(0).actions.at(0);
      if (action.status == ActionStatus::done)
        continue;  // Without a version nobody looked at that moment.
      EXPECT_EQ(action.status, ActionStatus::failed);
      EXPECT_THAT(action.detail.value(), HasSubstr("not what was copied"));
      EXPECT_TRUE(world.store.all(kProduction).empty());
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
    }
  }
}

TEST(Answers, ACopyThatCannotBeTakenBackIsTold) {
  World world(Versions::on);
  world.policy.on_clean = {kPromote};
  world.store.set_versions(kProduction, Versions::on);
  const ObjectEvent event = world.upload("k", kScanned);
  world.store.on_call([&, done = false](Call call, const ObjectRef& object) mutable {
    if (call == Call::head && object.version && object.bucket == kProduction &&
        !std::exchange(done, true)) {
      world.store.damage(object, "what nobody has scanned");
    }
    if (call != Call::remove) return std::optional<Error>();
    return std::optional<Error>(
        Error{Errc::denied, "needs s3:DeleteObject", ErrorCause::access_denied});
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_THAT(world.sink.results().at(0).actions.at(0).detail.value(),
              HasSubstr("could not be taken back: needs s3:DeleteObject"));
}

TEST(Answers, ACopyThatWasRefusedAndMadeCounts) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    world.store.fail_after_next(Call::copy,
                                {Errc::denied, "AccessDenied", ErrorCause::access_denied});

    EXPECT_EQ(world.outcome(world.upload("k", kScanned)), "done");

    EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::done);
    EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  }
}

TEST(Answers, ACopyThatFailedAndWasMadeIsFoundByTheNextDelivery) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    const ObjectEvent event = world.upload("k", kScanned);
    world.store.fail_after_next(Call::copy, {Errc::unavailable, "InternalError"});

    EXPECT_EQ(world.outcome(event), "retry-later");
    EXPECT_EQ(world.outcome(event, 2), "done");

    EXPECT_EQ(world.store.all(kProduction).size(), 1U);
    EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  }
}

TEST(Answers, ADeletionThatDidNotHappenIsNoMove) {
  for (const Versions uploads : {Versions::off, Versions::on, Versions::suspended}) {
    World world(uploads);
    for (int tries = 0; tries < 3; ++tries) world.store.pretend_next(Call::remove);

    EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");

    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
    const ActionRecord action = world.sink.results().at(0).actions.at(0);
    EXPECT_EQ(action.status, ActionStatus::failed);
    EXPECT_THAT(action.detail.value(), HasSubstr("it is there"));
  }
}

TEST(Answers, ADeletionThatWasRefusedAndDoneIsDone) {
  for (const Versions uploads : {Versions::off, Versions::on, Versions::suspended}) {
    World world(uploads);
    world.store.fail_after_next(Call::remove,
                                {Errc::denied, "AccessDenied", ErrorCause::access_denied});

    EXPECT_EQ(world.outcome(world.upload("k", kHarmful)), "done");

    EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::done);
  }
}

// Each call of an object's way once answered by something in between, which says that the object is
// gone or another one.
TEST(Answers, OneInventedAnswerEndsNoObjectsWay) {
  for (const Versions uploads : {Versions::off, Versions::on, Versions::suspended}) {
    for (const std::string& content : {kScanned, kHarmful}) {
      for (const Errc code : {Errc::not_found, Errc::changed}) {
        bool invented = true;
        for (int at = 1; invented; ++at) {
          SCOPED_TRACE(content + " call " + std::to_string(at) + " " + std::string(name_of(code)) +
                       " bucket " + std::to_string(static_cast<int>(uploads)));
          World world(uploads);
          world.policy.on_clean = {kPromote};
          const ObjectEvent event = world.upload("k", content);
          invented = false;
          world.store.on_call([&, calls = 0](Call, const ObjectRef&) mutable {
            const bool now = ++calls == at;
            invented = invented || now;
            return now ? std::optional(Error{code, "invented"}) : std::nullopt;
          });

          std::string outcome = world.outcome(event);
          for (int attempt = 2; outcome == "retry-later" && attempt < 5; ++attempt) {
            world.store.on_call(nullptr);
            outcome = world.outcome(event, attempt);
          }

          EXPECT_EQ(outcome, "done");
          EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
          const bool is_harmful = content == kHarmful;
          EXPECT_FALSE(world.store.all(is_harmful ? kQuarantine : kProduction).empty());
          EXPECT_TRUE(world.store.all(is_harmful ? kProduction : kQuarantine).empty());
          ASSERT_FALSE(world.sink.results().empty());
          EXPECT_EQ(world.sink.results().back().actions.at(0).status, ActionStatus::done);
        }
      }
    }
  }
}

TEST(Answers, TagsThatACopyLostAreWrittenAfterwards) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    world.store.set_habits({.tags_copies = false});

    EXPECT_EQ(world.outcome(world.upload("k", kScanned, {{"owner", "me"}})), "done");

    EXPECT_EQ(world.tags(kProduction, "k").at("owner"), "me");
    EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
  }
}

TEST(Answers, TagsThatAreNotKeptLeaveNoCopyInProductionAndOneInQuarantine) {
  World world;
  world.policy.on_clean = {kPromote};
  const ObjectEvent clean = world.upload("k", kScanned);
  const ObjectEvent harmful = world.upload("evil", kHarmful);
  world.store.on_call([&](Call call, const ObjectRef& object) {
    if (call == Call::set_tags && object.bucket != kUploads) world.store.pretend_next(call);
    return std::optional<Error>();
  });

  EXPECT_EQ(world.outcome(clean), "done");
  EXPECT_EQ(world.outcome(harmful), "done");

  EXPECT_TRUE(world.store.all(kProduction).empty());
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_THAT(world.sink.results().at(0).actions.at(0).detail.value(), HasSubstr("not keep them"));
  EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
  EXPECT_EQ(world.verdict_tag(kUploads, "evil"), "(gone)");
}

// Between the look and the copy somebody puts something there.
TEST(Answers, APlaceThatIsTakenMeanwhileIsNotOverwritten) {
  World world;
  world.policy.on_clean = {kPromote};
  const ObjectEvent event = world.upload("k", kScanned);
  world.store.on_call([&, done = false](Call call, const ObjectRef&) mutable {
    if (call == Call::copy && !std::exchange(done, true)) {
      world.store.put(kProduction, ObjectKey("k"), "precious");
    }
    return std::optional<Error>();
  });

  EXPECT_EQ(world.outcome(event), "retry-later");
  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.store.current(kProduction, ObjectKey("k"))->content, "precious");
  EXPECT_THAT(world.sink.results().at(0).actions.at(0).detail.value(), HasSubstr("exists"));

  World strict;
  strict.policy.on_clean = {kPromote};
  strict.policy.collision = Collision::fail;
  strict.store.set_versions(kProduction, Versions::on);
  const ObjectEvent other = strict.upload("k", kScanned);
  strict.store.on_call([&, done = false](Call call, const ObjectRef&) mutable {
    if (call == Call::copy && !std::exchange(done, true)) {
      strict.store.put(kProduction, ObjectKey("k"), "precious");
    }
    return std::optional<Error>();
  });

  EXPECT_EQ(strict.outcome(other), "done");

  EXPECT_EQ(strict.store.all(kProduction).size(), 1U);
  EXPECT_EQ(strict.sink.results().at(0).actions.at(0).status, ActionStatus::failed);
}

// --- stores that ignore conditions ---------------------------------------------------------------

ObjectOutcome carry_on(World& world, FakeStoreProbe& probe, const std::string& content) {
  PipelinePorts ports = world.pipeline_ports;
  ports.probe = &probe;
  Pipeline pipeline(world.pipeline_options, ports);
  return pipeline.carry(world.upload("k", content), {.sent_at = world.clock.system_now()},
                        Deadline::never(), {});
}

TEST(WeakStore, CleanObjectsWithoutVersionsStayUnlessThePolicyLetsThemGo) {
  const StoreTraits kWeak[] = {{.heeds_source = false},
                               {.heeds_place = false},
                               {.heeds_delete = false},
                               {.tags_copies = false}};
  for (const StoreTraits& traits : kWeak) {
    for (const bool allowed : {false, true}) {
      World world;
      world.policy.on_clean = {kPromote};
      world.policy.promote_without_conditions = allowed;
      world.store.set_habits(traits);
      FakeStoreProbe probe(traits);

      const ObjectOutcome outcome = carry_on(world, probe, kScanned);

      ASSERT_TRUE(outcome.result) << outcome.why;
      const ActionRecord& action = outcome.result->actions.at(0);
      EXPECT_EQ(action.status, allowed ? ActionStatus::done : ActionStatus::failed);
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), allowed ? "(gone)" : "Clean");
      EXPECT_EQ(world.verdict_tag(kProduction, "k"), allowed ? "Clean" : "(gone)");
      if (!allowed) {
        EXPECT_THAT(action.detail.value(), HasSubstr("promote_without_conditions"));
      }
    }
  }
}

TEST(WeakStore, VersionsQuarantinesAndGoodStoresAreNotConcerned) {
  FakeStoreProbe weak(StoreTraits{.heeds_delete = false});
  FakeStoreProbe good(StoreTraits{});
  FakeStoreProbe closed(Error{Errc::denied, "needs s3:PutObject", ErrorCause::access_denied});
  FakeStoreProbe away(Error{Errc::unavailable, "InternalError"});

  World versions(Versions::on);
  versions.policy.on_clean = {kPromote};
  EXPECT_EQ(carry_on(versions, weak, kScanned).result->actions.at(0).status, ActionStatus::done);
  World infected;
  EXPECT_EQ(carry_on(infected, weak, kHarmful).result->actions.at(0).status, ActionStatus::done);
  World plain;
  plain.policy.on_clean = {kPromote};
  EXPECT_EQ(carry_on(plain, good, kScanned).result->actions.at(0).status, ActionStatus::done);
  World unknown;
  unknown.policy.on_clean = {kPromote};
  EXPECT_EQ(carry_on(unknown, closed, kScanned).result->actions.at(0).status, ActionStatus::failed);
  World waiting;
  waiting.policy.on_clean = {kPromote};
  EXPECT_EQ(carry_on(waiting, away, kScanned).kind, ObjectOutcome::Kind::retry_later);
}

// --- routes that lead back -----------------------------------------------------------------------

/// Carries an upload and then every copy that it leads to; how many scans that took.
std::size_t scans_until_rest(World& world, const ObjectEvent& first) {
  std::set<std::pair<std::string, SystemTime>> told;
  std::vector<ObjectEvent> events = {first};
  for (std::size_t i = 0; i < events.size() && i < 100; ++i) {
    const ObjectEvent event = events[i];
    told.emplace(event.object.bucket.str() + "/" + event.object.key.str(),
                 world.store.current(event.object.bucket, event.object.key)->modified);
    world.carry(event);
    for (const BucketName& bucket : {kUploads, kProduction}) {
      for (const auto& stored : world.store.all(bucket)) {
        if (!told.emplace(bucket.str() + "/" + stored.key.str(), stored.modified).second) continue;
        events.push_back({.object = {bucket, stored.key, stored.version}, .etag = stored.etag});
      }
    }
  }
  return world.scanner.scans();
}

TEST(Loop, ARouteIntoItsOwnBucketTakesOneScanPerUploadAndCopy) {
  for (const Versions versions : {Versions::off, Versions::on}) {
    for (const RouteStep::Kind kind : {RouteStep::Kind::move, RouteStep::Kind::copy}) {
      for (const std::string& content : {kScanned, kHarmful}) {
        World world(versions);
        world.policy.on_clean = {{kind, Destination{kUploads, "done"}}};
        world.policy.on_infected = {{kind, Destination{kUploads, "jail"}}};

        EXPECT_EQ(scans_until_rest(world, world.upload("k", content)), 2U);

        const auto results = world.sink.results();
        EXPECT_EQ(results.at(0).actions.at(0).status, ActionStatus::done);
        EXPECT_EQ(results.at(1).actions.at(0).status, ActionStatus::skipped);
        EXPECT_EQ(world.store.all(kUploads).size(), kind == RouteStep::Kind::copy ? 2U : 1U);
      }
    }
  }
}

TEST(Loop, RoutesInACircleEndAtTheLastBoundInQuarantine) {
  World world;
  PipelinePorts ports = world.pipeline_ports;
  ports.policy = [](const BucketName& bucket, const ObjectKey&) {
    Policy policy;
    const bool here = bucket == kUploads;
    policy.on_infected = {{RouteStep::Kind::move,
                           Destination{here ? kProduction : kUploads, here ? "there" : "back"}}};
    return policy;
  };
  Pipeline pipeline(world.pipeline_options, ports);
  ObjectEvent event = world.upload("k", kHarmful);
  for (std::uint64_t hop = 1; hop <= kHopsMax + 1; ++hop) {
    const auto outcome = pipeline.carry(event, {}, Deadline::never(), {});
    ASSERT_TRUE(outcome.result) << outcome.why;
    const ActionRecord action = outcome.result->actions.at(0);
    ASSERT_EQ(action.status, ActionStatus::done);
    EXPECT_EQ(action.bucket == kQuarantine, hop > kHopsMax);
    const auto moved = world.store.current(*action.bucket, *action.key);
    EXPECT_EQ(moved->metadata.at("cordon-hops"), std::to_string(hop));
    event = {.object = {*action.bucket, *action.key}, .etag = moved->etag};
  }
}

// Else who uploads could keep it where others find it: by a move that fails, or by a copy that
// fails before the deletion.
TEST(Loop, HopsThatAnUploaderWroteKeepNothingHarmfulInItsPlace) {
  const Route kRoutes[] = {
      {kPromote},
      {{RouteStep::Kind::copy, Destination{kProduction, ""}}, {RouteStep::Kind::remove}}};
  for (const Versions versions : {Versions::off, Versions::on}) {
    for (const Route& route : kRoutes) {
      World world(versions);
      world.policy.on_infected = route;
      const std::string at = arrival_mark(kUploads, ObjectKey("k"), "Infected");
      const CopyResult made =
          world.store.put(kUploads, ObjectKey("k"), kHarmful, {},
                          {{"cordon-at", at}, {"cordon-result", "Infected"}, {"cordon-hops", "5"}});

      EXPECT_EQ(
          world.outcome({.object = {kUploads, ObjectKey("k"), made.version}, .etag = made.etag}),
          "done");

      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
      EXPECT_EQ(world.verdict_tag(kQuarantine, "uploads/k"), "Infected");
      EXPECT_TRUE(world.store.all(kProduction).empty());
    }
  }
}

// He does not get on himself what is Clean and his own.
TEST(Loop, HopsThatAnUploaderWroteKeepWhatIsCleanInItsPlace) {
  World world;
  world.policy.on_clean = {kPromote};
  const CopyResult made =
      world.store.put(kUploads, ObjectKey("k"), kScanned, {},
                      {{"cordon-at", arrival_mark(kUploads, ObjectKey("k"), "Infected")},
                       {"cordon-result", "Infected"},
                       {"cordon-hops", "5"}});

  EXPECT_EQ(world.outcome({.object = {kUploads, ObjectKey("k")}, .etag = made.etag}), "done");

  EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::failed);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean");
}

TEST(Loop, HopsThatAnUploaderWroteKeepNothingOutOfQuarantine) {
  World world;
  const std::string at = arrival_mark(kUploads, ObjectKey("k"), "Infected");
  const CopyResult made =
      world.store.put(kUploads, ObjectKey("k"), kHarmful, {},
                      {{"cordon-at", at}, {"cordon-result", "Infected"}, {"cordon-hops", "99"}});

  EXPECT_EQ(world.outcome({.object = {kUploads, ObjectKey("k")}, .etag = made.etag}), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
}

}  // namespace
}  // namespace cordon
