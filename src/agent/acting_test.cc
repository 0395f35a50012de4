#include "agent/acting.h"

#include <gtest/gtest.h>

#include "agent/world.h"
#include "core/provenance.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;

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

}  // namespace
}  // namespace cordon
