#include "agent/acting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "testing/agent_world.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;

const std::string kScanned = "what was scanned";
const RouteStep kPromote{RouteStep::Kind::move, Destination{kProduction, ""}};

/// An infected upload whose own metadata leave so many of S3's 2,048 bytes.
ObjectEvent crowded(World& world, std::size_t bytes_left) {
  const CopyResult made =
      world.store.put(kUploads, ObjectKey("evil"), kHarmful, {},
                      {{"owner", std::string(kMetadataBytesMax - 5 - bytes_left, 'o')}});
  return {.object = {kUploads, ObjectKey("evil"), made.version},
          .etag = made.etag,
          .size = kHarmful.size()};
}

/// Acts once, directly before the first look at a copy in production.
void before_first_look_at_copy(World& world, std::function<void()> act) {
  world.store.on_call(
      [&world, act = std::move(act), done = false](Call call, const ObjectRef& object) mutable {
        const bool is_copied = world.store.calls(Call::copy) > 0;
        if (is_copied && call == Call::head && object.bucket == kProduction &&
            !std::exchange(done, true)) {
          act();
        }
        return std::optional<Error>();
      });
}

// Else whoever fills the metadata could keep what he uploads out of quarantine.
TEST(Acting, MetadataThatLeaveNoRoomDoNotKeepAnObjectOutOfQuarantine) {
  for (const std::size_t bytes_left : {0U, 20U, 60U, 90U, 150U}) {
    for (const Versions uploads : {Versions::off, Versions::on}) {
      for (const Versions quarantine : {Versions::off, Versions::on}) {
        SCOPED_TRACE(bytes_left);
        World world(uploads);
        world.store.set_versions(kQuarantine, quarantine);
        const ObjectEvent event = crowded(world, bytes_left);

        const ObjectOutcome outcome = world.carry(event);

        ASSERT_TRUE(outcome.result) << outcome.why;
        EXPECT_EQ(outcome.result->actions.back().status, ActionStatus::done);
        EXPECT_EQ(world.verdict_tag(kUploads, "evil"), "(gone)");
        const auto there = world.store.current(kQuarantine, ObjectKey("uploads/evil"));
        ASSERT_TRUE(there);
        EXPECT_EQ(there->content, kHarmful);
        EXPECT_EQ(there->tags.at("scan-result"), "Infected");
        EXPECT_EQ(there->metadata.at("owner").size(), kMetadataBytesMax - 5 - bytes_left);
      }
    }
  }
}

// Else two routes that lead to each other would bring it round for ever.
TEST(Acting, WhatHasNoRoomToCountItsMovesIsBroughtNowhereElse) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_infected = {kPromote};
    world.policy.on_clean = {kPromote};
    const CopyResult clean =
        world.store.put(kUploads, ObjectKey("good"), "good", {},
                        {{"owner", std::string(kMetadataBytesMax - 5 - 20, 'o')}});

    const ObjectOutcome infected = world.carry(crowded(world, 20));
    const ObjectOutcome good =
        world.carry({.object = {kUploads, ObjectKey("good"), clean.version}, .etag = clean.etag});

    ASSERT_TRUE(infected.result && good.result);
    EXPECT_EQ(infected.result->actions.back().bucket, kQuarantine);
    EXPECT_EQ(world.verdict_tag(kUploads, "evil"), "(gone)");
    EXPECT_EQ(good.result->actions.back().status, ActionStatus::failed);
    EXPECT_NE(good.result->actions.back().detail->find("no room to count"), std::string::npos);
    EXPECT_EQ(world.verdict_tag(kUploads, "good"), "Clean") << "it stays";
    EXPECT_TRUE(world.store.all(kProduction).empty());
  }
}

// --- answers that are not true -------------------------------------------------------------------

TEST(Acting, WhatTheStoreSaysOfADeletionIsNotBelievedWithoutALook) {
  for (const Versions uploads : {Versions::off, Versions::on, Versions::suspended}) {
    for (const Errc code : {Errc::not_found, Errc::changed}) {
      for (const bool is_for_ever : {false, true}) {
        SCOPED_TRACE(name_of(code));
        World world(uploads);
        const ObjectEvent event = world.upload("k", kHarmful);
        world.store.on_call([&, done = false](Call call, const ObjectRef& object) mutable {
          const bool lies = call == Call::remove && object.bucket == kUploads &&
                            (is_for_ever || !std::exchange(done, true));
          return lies ? std::optional<Error>(Error{code, "said so"}) : std::nullopt;
        });

        EXPECT_EQ(world.outcome(event), "done");

        const ActionRecord action = world.sink.results().at(0).actions.at(0);
        EXPECT_EQ(action.status, is_for_ever ? ActionStatus::failed : ActionStatus::done);
        EXPECT_EQ(world.verdict_tag(kUploads, "k"), is_for_ever ? "Infected" : "(gone)");
        EXPECT_EQ(world.verdict_tag(kQuarantine, "uploads/k"), "Infected");
      }
    }
  }
}

// The copy is not what was copied, and the answer had the ETag of what was.
TEST(Acting, AWrongCopyIsTakenBackWhateverETagTheAnswerHad) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    const ObjectEvent event = world.upload("k", kScanned);
    before_first_look_at_copy(world, [&] {
      world.store.damage({kProduction, ObjectKey("k")}, std::string(kScanned.size(), 'x'));
    });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_TRUE(world.store.all(kProduction).empty());
    EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::failed);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
  }
}

// An ETag that is no MD5, and no checksum: only its bytes tell that a copy is right.
TEST(Acting, ACopyThatNothingComparesIsReadBack) {
  const std::string damaged(kScanned.size(), 'x');
  for (const bool is_damaged : {true, false}) {
    World world(Versions::on);
    world.policy.on_clean = {kPromote};
    world.store.set_checksum(std::nullopt);
    for (const std::string& content : {kScanned, damaged}) {
      world.store.give_etag(content, ETag("0123456789abcdef0123456789abcdef-2"));
    }
    const ObjectEvent event = world.upload("k", kScanned);
    if (is_damaged)
      before_first_look_at_copy(world, [&] {
        world.store.damage({kProduction, ObjectKey("k")}, damaged);
      });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.store.all(kProduction).empty(), is_damaged);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), is_damaged ? "Clean" : "(gone)");
  }
}

// The copy is left out because the object arrived, so it lies nowhere else.
TEST(Acting, WhatArrivedIsNotDeletedWhenItsCopyIsLeftOut) {
  for (const Versions versions : {Versions::off, Versions::on}) {
    World world(versions);
    world.policy.on_clean = {{RouteStep::Kind::copy, Destination{kProduction, ""}},
                             {RouteStep::Kind::remove}};
    const CopyResult made =
        world.store.put(kUploads, ObjectKey("k"), "good", {},
                        {{"cordon-at", arrival_mark(kUploads, ObjectKey("k"), "Clean")}});

    const ObjectOutcome outcome =
        world.carry({.object = {kUploads, ObjectKey("k"), made.version}, .etag = made.etag});

    ASSERT_TRUE(outcome.result) << outcome.why;
    ASSERT_EQ(outcome.result->actions.size(), 2U);
    EXPECT_EQ(outcome.result->actions[0].status, ActionStatus::skipped);
    EXPECT_EQ(outcome.result->actions[1].status, ActionStatus::skipped);
    EXPECT_TRUE(world.store.all(kProduction).empty());
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
  }
}

// --- a quarantine without versions ---------------------------------------------------------------

/// What quarantine holds, by key.
std::map<std::string, std::string> quarantined(World& world) {
  std::map<std::string, std::string> found;
  for (const auto& stored : world.store.all(kQuarantine)) found[stored.key.str()] = stored.content;
  return found;
}

std::string beside(const ObjectEvent& event) {
  return quarantine_key_beside(event.object, source_mark(event.object, *event.etag)).str();
}

TEST(Beside, WhatFindsItsPlaceTakenIsQuarantinedAllTheSame) {
  for (const Versions quarantine : {Versions::off, Versions::suspended}) {
    for (const Versions uploads : {Versions::off, Versions::suspended, Versions::on}) {
      World world(uploads);
      world.store.set_versions(kQuarantine, quarantine);
      const std::string second = kHarmful + " again";
      ASSERT_EQ(world.outcome(world.upload("k", kHarmful)), "done");
      const ObjectEvent event = world.upload("k", second);

      const ObjectOutcome outcome = world.carry(event);

      ASSERT_TRUE(outcome.result) << outcome.why;
      EXPECT_EQ(outcome.result->actions.at(0).status, ActionStatus::done);
      EXPECT_EQ(outcome.result->actions.at(0).key, ObjectKey(beside(event)));
      EXPECT_EQ(quarantined(world), (std::map<std::string, std::string>{{"uploads/k", kHarmful},
                                                                        {beside(event), second}}));
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
      EXPECT_EQ(world.verdict_tag(kQuarantine, beside(event)), "Infected");
    }
  }
}

TEST(Beside, ARepeatFindsItsCopyAndReportsIt) {
  for (const Step died_at : {Step::remove, Step::report}) {
    World world(Versions::off);
    world.store.set_versions(kQuarantine, Versions::off);
    const std::string second = kHarmful + " again";
    ASSERT_EQ(world.outcome(world.upload("k", kHarmful)), "done");
    const ObjectEvent event = world.upload("k", second);
    world.observer.script(
        [&](Step step) { return step == died_at ? Proceed::abandon : Proceed::go_on; });
    ASSERT_EQ(world.outcome(event), "abandoned");
    world.observer.script({});

    EXPECT_EQ(world.outcome(event, 2), "done");

    EXPECT_EQ(quarantined(world).size(), 2U);
    EXPECT_EQ(quarantined(world).at(beside(event)), second);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
    EXPECT_EQ(world.sink.results().back().actions.at(0).key, ObjectKey(beside(event)));
    EXPECT_EQ(world.sink.results().back().sha256, hex(sha256(second)));
  }
}

// They have one mark, and whoever knows it can also have the place of it taken.
TEST(Beside, TwinsAndForeseenPlacesStayApart) {
  World world(Versions::off);
  world.store.set_versions(kQuarantine, Versions::off);
  world.store.set_checksum(std::nullopt);
  std::set<std::string> contents;
  for (const char* tail : {"1", "2", "3", "4"}) {
    const std::string content = kHarmful + tail;
    contents.insert(content);
    world.store.give_etag(content, ETag("0123456789abcdef0123456789abcdef"));

    EXPECT_EQ(world.outcome(world.upload("k", content)), "done");
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)") << tail;
  }

  for (const auto& [key, content] : quarantined(world)) {
    EXPECT_EQ(contents.erase(content), 1U) << key;
    EXPECT_TRUE(key.starts_with("uploads/k"));
  }
  EXPECT_TRUE(contents.empty());
}

TEST(Beside, OnlyQuarantinesHaveSuchPlaces) {
  World world(Versions::off);
  world.policy.on_infected = {kPromote};
  world.store.put(kProduction, ObjectKey("k"), "the owner's");

  const ObjectOutcome outcome = world.carry(world.upload("k", kHarmful));

  ASSERT_TRUE(outcome.result) << outcome.why;
  EXPECT_EQ(outcome.result->actions.at(0).status, ActionStatus::failed);
  EXPECT_EQ(world.store.all(kProduction).size(), 1U);
  EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Infected");
}

// --- what is found where a copy is to go ---------------------------------------------------------

const std::string kForeign = "what was not ...";

/// The two contents differ in nothing that a look shows.
void make_alike(World& world) {
  ASSERT_EQ(kScanned.size(), kForeign.size());
  world.store.give_etag(kScanned, ETag("0123456789abcdef0123456789abcdef"));
  world.store.give_etag(kForeign, ETag("0123456789abcdef0123456789abcdef"));
  world.store.set_checksum(std::nullopt);
}

/// An upload whose tags say that it is Clean, with something at its destination that carries its
/// mark.
ObjectEvent tagged_with_a_marked_place(World& world, const std::string& there) {
  world.policy.on_clean = {kPromote};
  make_alike(world);
  const ObjectEvent event = world.upload("k", kScanned, {{"scan-result", "Clean"}});
  world.store.put(kProduction, ObjectKey("k"), there, {},
                  {{"cordon-from", source_mark(event.object, *event.etag)},
                   {"cordon-result-id", std::string(26, '0')}});
  return event;
}

TEST(Acting, AForgedMarkMakesNoForeignBytesOurs) {
  for (const Versions uploads : {Versions::off, Versions::suspended, Versions::on}) {
    for (const Versions production : {Versions::off, Versions::on}) {
      for (const SkipScanned skip : {SkipScanned::never, SkipScanned::tagged}) {
        World world(uploads);
        world.store.set_versions(kProduction, production);
        world.policy.skip_scanned = skip;
        const ObjectEvent event = tagged_with_a_marked_place(world, kForeign);

        const ObjectOutcome outcome = world.carry(event);

        ASSERT_TRUE(outcome.result) << outcome.why;
        for (const auto& stored : world.store.all(kProduction)) {
          EXPECT_EQ(stored.tags.contains("scan-result"), stored.content == kScanned);
        }
        const bool is_copied = production == Versions::on;  // As a version above it.
        EXPECT_EQ(world.store.all(kProduction).size(), is_copied ? 2U : 1U);
        EXPECT_EQ(outcome.result->actions.at(0).status,
                  is_copied ? ActionStatus::done : ActionStatus::failed);
        EXPECT_EQ(world.verdict_tag(kUploads, "k"), is_copied ? "(gone)" : "Clean");
      }
    }
  }
}

TEST(Acting, AForgedMarkKeepsNothingOutOfQuarantine) {
  World world(Versions::on);
  const std::string foreign(kHarmful.size(), 'h');
  world.store.give_etag(kHarmful, ETag("0123456789abcdef0123456789abcdef"));
  world.store.give_etag(foreign, ETag("0123456789abcdef0123456789abcdef"));
  world.store.set_checksum(std::nullopt);
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.put(kQuarantine, ObjectKey("uploads/k"), foreign, {},
                  {{"cordon-from", source_mark(event.object, *event.etag)},
                   {"cordon-result-id", std::string(26, '0')}});

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.store.current(kQuarantine, ObjectKey("uploads/k"))->content, kHarmful);
  EXPECT_EQ(world.verdict_tag(kQuarantine, "uploads/k"), "Infected");
}

TEST(Acting, ACopyThatIsFoundIsComparedWithItsSourceWhenNobodyHashedThat) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.skip_scanned = SkipScanned::tagged;
    const ObjectEvent event = tagged_with_a_marked_place(world, kScanned);

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.scanner.scans(), 0U);
    EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
  }
}

TEST(Acting, ACopyThatIsFoundAndCannotBeComparedIsSomebodyElses) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    for (const BucketName& closed : {kUploads, kProduction}) {
      World world(uploads);
      world.policy.skip_scanned = SkipScanned::tagged;
      const ObjectEvent event = tagged_with_a_marked_place(world, kScanned);
      world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
        if (call != Call::read || object.bucket != closed) return std::nullopt;
        return Error{Errc::denied, "AccessDenied", ErrorCause::access_denied};
      });

      EXPECT_EQ(world.outcome(event), "done");

      EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::failed);
      EXPECT_EQ(world.verdict_tag(kProduction, "k"), "(none)");
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
    }
  }
}

// --- a copy that is replaced ---------------------------------------------------------------------

/// Somebody puts `foreign` where the copy is, before the call with this number after it was made;
/// `replaced_at` says which that was.
void replace_copy_before(World& world, const BucketName& at, const std::string& key, int number,
                         std::optional<Call>& replaced_at) {
  world.store.on_call([&world, &replaced_at, at, key, left = number](
                          Call call, const ObjectRef& object) mutable -> std::optional<Error> {
    const bool is_copied = !world.store.all(at).empty();
    if (is_copied && object.bucket == at && --left == 0) {
      world.store.put(at, ObjectKey(key), "foreign", {{"owner", "me"}});
      replaced_at = call;
    }
    return std::nullopt;
  });
}

// What lies there then is not the copy, so its source is all that is left of it, until a repeat
// finds another place in quarantine.
TEST(Acting, AnObjectWhoseCopyIsReplacedStaysAtWhateverMoment) {
  for (const Versions uploads : {Versions::off, Versions::suspended, Versions::on}) {
    for (const bool is_harmful : {true, false}) {
      const BucketName& to = is_harmful ? kQuarantine : kProduction;
      const std::string key = is_harmful ? "uploads/k" : "k";
      bool was_put_back = false;
      int number = 1;
      for (bool replaced = true; replaced; ++number) {
        SCOPED_TRACE(to_string({to, ObjectKey(key)}) + " before call " + std::to_string(number));
        ASSERT_LT(number, 20);
        World world(uploads);
        world.policy.on_clean = {kPromote};
        world.store.set_versions(to, Versions::off);
        const std::string content = is_harmful ? kHarmful : kScanned;
        const ObjectEvent event = world.upload("k", content);
        std::optional<Call> replaced_at;
        replace_copy_before(world, to, key, number, replaced_at);

        std::string outcome = world.outcome(event);
        world.store.on_call({});
        was_put_back = was_put_back || outcome == "retry-later";
        if (outcome == "retry-later") outcome = world.outcome(event, 2);

        replaced = world.store.current(to, ObjectKey(key))->content == "foreign";
        EXPECT_EQ(outcome, "done");
        const auto there = world.store.all(to);
        const bool is_there = std::any_of(there.begin(), there.end(), [&](const auto& stored) {
          return stored.content == content;
        });
        EXPECT_EQ(world.verdict_tag(kUploads, "k") == "(gone)", is_there);
        EXPECT_TRUE(is_there || replaced);
        EXPECT_FALSE(is_there && replaced && !is_harmful);
        if (replaced) {
          // S3 has no condition for writing tags.
          const bool is_overwritten = replaced_at == Call::set_tags;
          EXPECT_EQ(world.tags(to, key), is_overwritten ? TagSet() : TagSet({{"owner", "me"}}));
          EXPECT_EQ(world.sink.results().at(0).actions.at(0).status,
                    is_there ? ActionStatus::done : ActionStatus::failed);
        }
      }
      EXPECT_GT(number, 2);
      EXPECT_EQ(was_put_back, uploads != Versions::on) << "there is nothing to tag";
    }
  }
}

// Some stores compute an ETag when an object is looked at first, and answer the copy with another.
TEST(Acting, ACopyWhoseETagIsFoundLaterIsFinishedByTheNextDelivery) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    for (const Versions quarantine : {Versions::off, Versions::on}) {
      World world(uploads);
      world.store.set_versions(kQuarantine, quarantine);
      const ObjectEvent event = world.upload("k", kHarmful);
      world.store.on_call([&, done = false](Call call, const ObjectRef& object) mutable {
        const bool is_copied = !world.store.all(kQuarantine).empty();
        if (is_copied && call == Call::head && object.bucket == kQuarantine &&
            !std::exchange(done, true)) {
          world.store.rename_state(object, ETag("f00d-2"));
        }
        return std::optional<Error>();
      });

      const bool is_pinned = quarantine == Versions::on;  // Read back at once.
      EXPECT_EQ(world.outcome(event), is_pinned ? "done" : "retry-later");
      if (!is_pinned) {
        EXPECT_EQ(world.outcome(event, 2), "done");
      }

      EXPECT_EQ(world.store.all(kQuarantine).size(), 1U);
      EXPECT_EQ(world.verdict_tag(kQuarantine, "uploads/k"), "Infected");
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
      EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::done);
    }
  }
}

// --- whose it is that is taken back --------------------------------------------------------------

TEST(Acting, AnOwnersIdenticalObjectIsNotTakenBack) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    const ObjectEvent event = world.upload("k", kScanned);
    before_first_look_at_copy(world, [&] {
      world.store.put(kProduction, ObjectKey("k"), kScanned, {{"owner", "me"}});
    });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.tags(kProduction, "k"), (TagSet{{"owner", "me"}}));
    const ActionRecord action = world.sink.results().at(0).actions.at(0);
    EXPECT_EQ(action.status, ActionStatus::failed);
    EXPECT_NE(action.detail.value().find("could not be taken back"), std::string::npos);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
  }
}

/// What a look at the place of a copy that is to be taken back answers, and what lies there.
struct TakingBack {
  const char* name;
  Versions production;
  bool is_replaced;  ///< By somebody's object, of the same bytes and with the same metadata.
  std::optional<Error> look;  ///< How looks fail after the copy was made.
  bool is_gone;               ///< The copy, in the end.
};

// Without a version only a look says whose it is; what it does not show stays.
TEST(Acting, WhatCannotBeSeenIsTakenBackOnlyByItsVersion) {
  const Error denied{Errc::denied, "AccessDenied", ErrorCause::access_denied};
  const Error away{Errc::unavailable, "InternalError"};
  const TakingBack kCases[] = {
      {"a version, seen", Versions::on, false, std::nullopt, true},
      {"a version, not to be looked at", Versions::on, false, denied, true},
      {"a version, looks fail", Versions::on, false, away, true},
      {"a version below another's, not to be looked at", Versions::on, true, denied, true},
      {"no version, seen", Versions::off, false, std::nullopt, true},
      {"no version, not to be looked at", Versions::off, false, denied, false},
      {"no version, looks fail", Versions::off, false, away, false},
      {"no version, another's, not to be looked at", Versions::off, true, denied, false},
      {"no version, another's, looks fail", Versions::off, true, away, false},
      {"suspended, not to be looked at", Versions::suspended, false, denied, false},
  };
  for (const TakingBack& c : kCases) {
    for (const Versions uploads : {Versions::off, Versions::on}) {
      SCOPED_TRACE(c.name);
      World world(uploads);
      world.policy.on_clean = {kPromote};
      world.store.set_versions(kProduction, c.production);
      const ObjectEvent event = world.upload("k", kScanned, {{"owner", "me"}});
      std::optional<VersionId> made;
      // Tags are refused, so that the copy has to be taken back; before that, looks begin to fail.
      world.store.set_habits({.tags_copies = false});
      bool is_refused = false;
      world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
        if (object.bucket != kProduction) return std::nullopt;
        if (call == Call::set_tags) {
          made = world.store.current(kProduction, ObjectKey("k"))->version;
          if (c.is_replaced) {
            const auto copy = *world.store.current(kProduction, ObjectKey("k"));
            world.store.put(kProduction, ObjectKey("k"), kScanned, {{"owner", "another"}},
                            copy.metadata);
          }
          is_refused = true;
          return Error{Errc::denied, "needs s3:PutObjectTagging", ErrorCause::access_denied};
        }
        return is_refused && call == Call::head ? c.look : std::nullopt;
      });

      ASSERT_EQ(world.outcome(event), "done");

      const ActionRecord action = world.sink.results().at(0).actions.at(0);
      EXPECT_EQ(action.status, ActionStatus::failed);
      bool is_there = false;
      bool is_another_there = false;
      for (const auto& stored : world.store.all(kProduction)) {
        const bool is_another =
            stored.tags.contains("owner") && stored.tags.at("owner") == "another";
        is_another_there = is_another_there || is_another;
        is_there = is_there || (!is_another && stored.version == made);
        EXPECT_FALSE(stored.tags.contains("scan-result"));
      }
      EXPECT_EQ(is_another_there, c.is_replaced) << "nobody's to delete";
      EXPECT_EQ(is_there, !c.is_gone && !c.is_replaced);
      const bool is_told = action.detail->find("could not be taken back") != std::string::npos;
      EXPECT_EQ(is_told, !c.is_gone) << *action.detail;
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
    }
  }
}

// Without room for the id, an object of the same bytes has other metadata.
TEST(Acting, AnOwnersIdenticalObjectIsNotTakenBackWhereTheIdFindsNoRoom) {
  World world(Versions::on);
  world.policy.on_infected = {kPromote};
  const ObjectEvent event = crowded(world, 120);  // For the count of moves, and not for the id.
  before_first_look_at_copy(world, [&] {
    world.store.put(kProduction, ObjectKey("evil"), kHarmful, {{"owner", "me"}});
  });

  EXPECT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.tags(kProduction, "evil"), (TagSet{{"owner", "me"}}));
}

// --- what is reported of an object that is gone --------------------------------------------------

/// An event of an object that was deleted, and a copy at its destination that says it was moved.
ObjectEvent gone_with_a_copy(World& world, const std::string& content, const std::string& there,
                             const BucketName& at = kProduction, const std::string& key = "k") {
  world.policy.on_clean = {kPromote};
  const ObjectEvent event = world.upload("k", content);
  world.store.put(at, ObjectKey(key), there, {{"scan-result", "Clean"}},
                  {{"cordon-from", source_mark(event.object, *event.etag)},
                   {"cordon-result-id", std::string(26, '0')},
                   {"cordon-result", "Clean"},
                   {"cordon-sha256", std::string(64, '0')}});
  world.store.delete_current(kUploads, ObjectKey("k"));
  return event;
}

TEST(Moved, TheVerdictIsThatOfTheBytesWhereAnybodyCanWriteOne) {
  World world;
  const std::string harmless(kHarmful.size(), 'h');

  EXPECT_EQ(world.outcome(gone_with_a_copy(world, harmless, kHarmful), 2), "done");

  const ScanResult result = world.sink.results().at(0);
  EXPECT_EQ(result.verdict.disposition, Disposition::infected);
  EXPECT_EQ(result.sha256, hex(sha256(kHarmful)));
  EXPECT_EQ(result.tagging, TaggingState::failed) << "its tags say something else";
  EXPECT_NE(result.id, std::string(26, '0')) << "it may be that of another result";
  EXPECT_NE(result.actions.at(0).detail.value_or("").find("marked as made from it"),
            std::string::npos);
  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean") << "nothing is done there";
}

TEST(Moved, TheSameBytesNeedNoMoreProof) {
  World world;

  EXPECT_EQ(world.outcome(gone_with_a_copy(world, kScanned, kScanned), 2), "done");

  const ScanResult result = world.sink.results().at(0);
  EXPECT_EQ(result.verdict.disposition, Disposition::clean);
  EXPECT_EQ(result.sha256, hex(sha256(kScanned)));
  EXPECT_EQ(result.tagging, TaggingState::done);
  EXPECT_EQ(result.actions.at(0).status, ActionStatus::done);
  EXPECT_FALSE(result.actions.at(0).detail);
}

// Its agent died between the copy and its tags, and then its owner deleted the source.
TEST(Moved, ACopyWithoutAVerdictGetsThatOfItsBytes) {
  World world;
  const ObjectEvent event = gone_with_a_copy(world, kScanned, kScanned);
  world.store.owner_sets_tags({kProduction, ObjectKey("k")}, {{"owner", "me"}});

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "Clean");
  EXPECT_EQ(world.tags(kProduction, "k").at("owner"), "me");
  EXPECT_EQ(world.sink.results().at(0).tagging, TaggingState::done);
}

// The mark of a copy is no secret: what is somewhere else than its verdict leads was not brought.
TEST(Moved, WhatNoRouteBroughtGetsNoTags) {
  World world;
  const ObjectEvent event = gone_with_a_copy(world, kHarmful, kHarmful);
  world.store.owner_sets_tags({kProduction, ObjectKey("k")}, {{"owner", "me"}});

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.tags(kProduction, "k"), (TagSet{{"owner", "me"}}));
  const ScanResult result = world.sink.results().at(0);
  EXPECT_EQ(result.verdict.disposition, Disposition::infected);
  EXPECT_EQ(result.tagging, TaggingState::failed);
}

TEST(Moved, ACopyInQuarantineWithoutTagsGetsThoseOfItsMetadata) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.store.put(kQuarantine, ObjectKey("uploads/k"), kHarmful, {},
                  {{"cordon-from", source_mark(event.object, *event.etag)},
                   {"cordon-result-id", std::string(26, '0')},
                   {"cordon-result", "Infected"},
                   {"cordon-signature", "Win.Test"},
                   {"cordon-sha256", hex(sha256(kHarmful))}});
  world.store.delete_current(kUploads, ObjectKey("k"));
  const auto scans = world.scanner.scans();

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.verdict_tag(kQuarantine, "uploads/k"), "Infected");
  EXPECT_EQ(world.tags(kQuarantine, "uploads/k").at("virus-name"), "Win.Test");
  EXPECT_EQ(world.sink.results().at(0).tagging, TaggingState::done);
  EXPECT_EQ(world.scanner.scans(), scans) << "only agents write there";
}

TEST(Moved, WhatComesWhileTheCopyIsTaggedKeepsItsOwn) {
  World world;
  const ObjectEvent event = gone_with_a_copy(world, kScanned, kScanned);
  world.store.owner_sets_tags({kProduction, ObjectKey("k")}, {});
  world.observer.script([&](Step step) {
    if (step == Step::tag) world.store.put(kProduction, ObjectKey("k"), kHarmful);
    return Proceed::go_on;
  });

  EXPECT_EQ(world.outcome(event, 2), "superseded");

  EXPECT_EQ(world.verdict_tag(kProduction, "k"), "(none)");
  EXPECT_TRUE(world.sink.results().empty());
}

TEST(Moved, ACopyOfAnotherSizeIsNoCopy) {
  World world;

  EXPECT_EQ(world.outcome(gone_with_a_copy(world, kScanned, "short"), 2), "superseded");

  EXPECT_TRUE(world.sink.results().empty());
}

TEST(Moved, WhatCannotBeReadIsReportedAsThat) {
  World world;
  const ObjectEvent event = gone_with_a_copy(world, kScanned, kScanned);
  world.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call != Call::read || object.bucket != kProduction) return std::nullopt;
    return Error{Errc::denied, "AccessDenied", ErrorCause::access_denied};
  });

  EXPECT_EQ(world.outcome(event, 2), "done");

  EXPECT_EQ(world.sink.results().at(0).verdict.disposition, Disposition::error);
}

TEST(Moved, WhatIsAwayIsReportedLater) {
  World world;
  const ObjectEvent event = gone_with_a_copy(world, kScanned, kScanned);
  world.scanner.answer_next(Error{Errc::unavailable, "no engine"});

  EXPECT_EQ(world.outcome(event, 2), "retry-later");
  EXPECT_EQ(world.outcome(event, 3), "done");
}

// Only agents write there.
TEST(Moved, AQuarantinesWordIsTaken) {
  World world;
  const ObjectEvent event = world.upload("k", kHarmful);
  world.observer.script(
      [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
  ASSERT_EQ(world.outcome(event), "abandoned");
  world.observer.script({});
  const std::size_t scans = world.scanner.scans();

  EXPECT_EQ(world.outcome(event, 2), "done");

  const ScanResult result = world.sink.results().at(0);
  const auto there = world.store.current(kQuarantine, ObjectKey("uploads/k"));
  EXPECT_EQ(result.verdict.disposition, Disposition::infected);
  EXPECT_EQ(result.id, there->metadata.at("cordon-result-id"));
  EXPECT_EQ(result.sha256, hex(sha256(kHarmful)));
  EXPECT_EQ(result.tagging, TaggingState::done);
  EXPECT_EQ(world.scanner.scans(), scans);
}

TEST(Moved, IsReportedAlsoWhenAnotherOneTookItsPlace) {
  for (const Versions uploads : {Versions::off, Versions::suspended}) {
    for (const SkipScanned skip : {SkipScanned::sealed, SkipScanned::tagged}) {
      for (const bool is_harmful : {true, false}) {
        World world(uploads);
        world.policy.on_clean = {kPromote};
        world.policy.skip_scanned = skip;
        const ObjectEvent event = world.upload("k", is_harmful ? kHarmful : kScanned);
        world.observer.script(
            [](Step step) { return step == Step::report ? Proceed::abandon : Proceed::go_on; });
        ASSERT_EQ(world.outcome(event), "abandoned");
        world.observer.script({});
        world.store.put(kUploads, ObjectKey("k"), "another", {{"owner", "me"}});

        EXPECT_EQ(world.outcome(event, 2), "done");

        const ScanResult result = world.sink.results().at(0);
        EXPECT_EQ(name_of(result.verdict.disposition), is_harmful ? "Infected" : "Clean");
        EXPECT_EQ(result.sha256, hex(sha256(is_harmful ? kHarmful : kScanned)));
        EXPECT_EQ(result.etag, event.etag);
        EXPECT_EQ(world.tags(kUploads, "k"), (TagSet{{"owner", "me"}}));
      }
    }
  }
}

// Its bytes prove that it is a copy; whose id that is they do not prove.
TEST(Moved, TheIdOfACopyThatIsFoundCountsInQuarantineAlone) {
  for (const bool is_harmful : {false, true}) {
    for (const Versions uploads : {Versions::off, Versions::on}) {
      World world(uploads);
      world.policy.on_clean = {kPromote};
      world.store.set_versions(kQuarantine, Versions::off);
      const ObjectEvent event = world.upload("k", is_harmful ? kHarmful : kScanned);
      world.store.put(is_harmful ? kQuarantine : kProduction,
                      ObjectKey(is_harmful ? "uploads/k" : "k"), is_harmful ? kHarmful : kScanned,
                      {},
                      {{"cordon-from", source_mark(event.object, *event.etag)},
                       {"cordon-result-id", std::string(26, '0')}});

      EXPECT_EQ(world.outcome(event), "done");

      EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, ActionStatus::done);
      EXPECT_EQ(world.sink.results().at(0).id == std::string(26, '0'), is_harmful);
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "(gone)");
    }
  }
}

}  // namespace
}  // namespace cordon
