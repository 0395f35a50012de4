#include "agent/acting.h"

#include <gtest/gtest.h>

#include <utility>

#include "agent/world.h"
#include "core/provenance.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;

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

// Else whoever fills the metadata could keep what he uploads out of quarantine.
TEST(Acting, MetadataThatLeaveNoRoomDoNotKeepAnObjectOutOfQuarantine) {
  for (const std::size_t bytes_left : {0U, 20U, 60U, 150U}) {
    SCOPED_TRACE(bytes_left);
    World world(FakeObjectStore::Versions::on);
    const ObjectEvent event = crowded(world, bytes_left);

    const ObjectOutcome outcome = world.carry(event);

    ASSERT_TRUE(outcome.result) << outcome.why;
    EXPECT_EQ(outcome.result->actions.back().status, "done");
    EXPECT_EQ(world.verdict_tag(kUploads, "evil"), "(gone)");
    const auto there = world.store.current(kQuarantine, ObjectKey("uploads/evil"));
    ASSERT_TRUE(there);
    EXPECT_EQ(there->content, kHarmful);
    EXPECT_EQ(there->metadata.at("owner").size(), kMetadataBytesMax - 5 - bytes_left);
  }
}

TEST(Acting, WithoutAMarkOnlyAVersionSaysWhoseCopyItIs) {
  World world(FakeObjectStore::Versions::on);
  world.policy.on_infected = {{RouteStep::Kind::move, Destination{kProduction, ""}}};

  const ObjectOutcome outcome = world.carry(crowded(world, 0));

  ASSERT_TRUE(outcome.result) << outcome.why;
  EXPECT_EQ(outcome.result->actions.back().status, "failed");
  EXPECT_EQ(world.verdict_tag(kUploads, "evil"), "Infected") << "it stays where it was";
  EXPECT_TRUE(world.store.all(kProduction).empty()) << "it was taken back without its id";
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
    EXPECT_EQ(outcome.result->actions[0].status, "skipped");
    EXPECT_EQ(outcome.result->actions[1].status, "skipped");
    EXPECT_TRUE(world.store.all(kProduction).empty());
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
  }
}

// --- what is found where a copy is to go ---------------------------------------------------------

const std::string kScanned = "what was scanned";
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
        EXPECT_EQ(outcome.result->actions.at(0).status, is_copied ? "done" : "failed");
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
        return Error{Errc::denied, "AccessDenied", "access-denied"};
      });

      EXPECT_EQ(world.outcome(event), "done");

      EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, "failed");
      EXPECT_EQ(world.verdict_tag(kProduction, "k"), "(none)");
      EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
    }
  }
}

// --- a copy that is replaced ---------------------------------------------------------------------

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
      EXPECT_EQ(world.sink.results().at(0).actions.at(0).status, "done");
    }
  }
}

// --- whose it is that is taken back --------------------------------------------------------------

TEST(Acting, AnOwnersIdenticalObjectIsNotTakenBack) {
  for (const Versions uploads : {Versions::off, Versions::on}) {
    World world(uploads);
    world.policy.on_clean = {kPromote};
    const ObjectEvent event = world.upload("k", kScanned);
    world.store.on_call([&, done = false](Call call, const ObjectRef& object) mutable {
      const bool is_copied = world.store.calls(Call::copy) > 0;
      if (is_copied && call == Call::head && object.bucket == kProduction &&
          !std::exchange(done, true)) {
        world.store.put(kProduction, ObjectKey("k"), kScanned, {{"owner", "me"}});
      }
      return std::optional<Error>();
    });

    EXPECT_EQ(world.outcome(event), "done");

    EXPECT_EQ(world.tags(kProduction, "k"), (TagSet{{"owner", "me"}}));
    const ActionRecord action = world.sink.results().at(0).actions.at(0);
    EXPECT_EQ(action.status, "failed");
    EXPECT_NE(action.detail.value().find("could not be taken back"), std::string::npos);
    EXPECT_EQ(world.verdict_tag(kUploads, "k"), "Clean") << "it stays";
  }
}

}  // namespace
}  // namespace cordon
