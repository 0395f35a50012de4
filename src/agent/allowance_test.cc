// What is let pass: the allow list and the marks of "allow once", on the whole path of an object.

#include "agent/allowance.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/agent_world.h"

namespace cordon {
namespace {

std::string digest_of(const std::string& content) { return hex(sha256(content)); }

class AllowanceTest : public testing::Test {
 protected:
  /// A mark for what `event` tells of; as the command that puts objects back writes it.
  void put_mark(World& world, const ObjectEvent& event, const std::string& content,
                std::optional<SystemTime> pending_until = std::nullopt) {
    const auto stored = world.store.current(event.object.bucket, event.object.key);
    AllowMark mark{.bucket = event.object.bucket,
                   .key = event.object.key,
                   .sha256 = digest_of(content),
                   .pending_until = pending_until};
    if (!pending_until) {
      mark.states.push_back(allowed_state(event.object, stored->etag, stored->modified));
    }
    world.store.put(kQuarantine, allow_mark_key(mark.bucket, mark.key, mark.sha256),
                    encode_allow_mark(mark));
  }

  std::vector<AllowEntry> entries_;

  Pipeline with_list(World& world) {
    PipelinePorts ports = world.pipeline_ports;
    ports.allow_list = [this] { return entries_; };
    return Pipeline(world.pipeline_options, ports);
  }
  ObjectOutcome carry(Pipeline& pipeline, const World& world, const ObjectEvent& event) {
    return pipeline.carry(event, {.attempt = 1, .sent_at = world.clock.system_now()},
                          Deadline::never(), {});
  }
};

TEST_F(AllowanceTest, WhatIsListedStaysAndSaysSo) {
  World world(FakeObjectStore::Versions::on);
  Pipeline pipeline = with_list(world);
  const ObjectEvent event = world.upload("tool", kHarmful, {{"owner", "me"}});
  const ObjectOutcome found = world.carry(world.upload("probe", kHarmful));
  entries_.push_back(
      {.sha256 = digest_of(kHarmful), .signature = found.result->verdict.virus_names.front()});

  const ObjectOutcome outcome = carry(pipeline, world, event);

  ASSERT_TRUE(outcome.result) << outcome.why;
  EXPECT_EQ(outcome.result->verdict.disposition, Disposition::infected_allowed);
  const TagSet tags = world.tags(kUploads, "tool");
  EXPECT_EQ(tags.at("scan-result"), "InfectedAllowed");
  EXPECT_EQ(tags.at("virus-name"), entries_.front().signature);
  EXPECT_EQ(tags.at("owner"), "me");
  EXPECT_FALSE(world.store.current(kQuarantine, ObjectKey("uploads/tool")));
}

TEST_F(AllowanceTest, AnotherContentWithAListedSignatureIsQuarantined) {
  World world(FakeObjectStore::Versions::on);
  Pipeline pipeline = with_list(world);
  const ObjectOutcome found = world.carry(world.upload("probe", kHarmful));
  entries_.push_back(
      {.sha256 = digest_of(kHarmful), .signature = found.result->verdict.virus_names.front()});

  const ObjectOutcome outcome = carry(pipeline, world, world.upload("x", kHarmful + "!"));

  EXPECT_EQ(outcome.result->verdict.disposition, Disposition::infected);
  EXPECT_TRUE(world.store.current(kQuarantine, ObjectKey("uploads/x")));
}

TEST_F(AllowanceTest, AnAllowedObjectIsNotPromotedWithTheClean) {
  World world(FakeObjectStore::Versions::on);
  world.policy.on_clean = {{RouteStep::Kind::move, Destination{kProduction, ""}}};
  const ObjectEvent event = world.upload("tool", kHarmful);
  put_mark(world, event, kHarmful);

  ASSERT_EQ(world.outcome(event), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "tool"), "InfectedAllowed");
  EXPECT_TRUE(world.store.all(kProduction).empty());
}

TEST_F(AllowanceTest, AMarkLetsOneVersionPassAgainAndAgainAndNoOtherUpload) {
  World world(FakeObjectStore::Versions::on);
  const ObjectEvent event = world.upload("tool", kHarmful);
  put_mark(world, event, kHarmful);

  ASSERT_EQ(world.outcome(event), "done");
  EXPECT_EQ(world.verdict_tag(kUploads, "tool"), "InfectedAllowed");
  Pipeline another(world.pipeline_options, world.pipeline_ports);
  EXPECT_EQ(carry(another, world, event).result->verdict.disposition, Disposition::infected_allowed)
      << "a second delivery, to an agent that knows nothing of the first";

  ASSERT_EQ(world.outcome(world.upload("tool", kHarmful)), "done");
  EXPECT_TRUE(world.store.current(kQuarantine, ObjectKey("uploads/tool")));
}

TEST_F(AllowanceTest, WithoutVersionsTheSameBytesUploadedAgainAreQuarantined) {
  World world;
  const ObjectEvent event = world.upload("tool", kHarmful);
  put_mark(world, event, kHarmful);
  ASSERT_EQ(world.outcome(event), "done");
  ASSERT_EQ(world.verdict_tag(kUploads, "tool"), "InfectedAllowed");

  ASSERT_EQ(world.outcome(world.upload("tool", kHarmful)), "done");

  EXPECT_EQ(world.verdict_tag(kUploads, "tool"), "(gone)");
  EXPECT_TRUE(world.store.current(kQuarantine, ObjectKey("uploads/tool")));
}

TEST_F(AllowanceTest, WhatIsBeingPutBackPassesForAWhile) {
  World world(FakeObjectStore::Versions::on);
  const ObjectEvent event = world.upload("tool", kHarmful);
  put_mark(world, event, kHarmful, world.clock.system_now() + std::chrono::minutes(1));

  EXPECT_EQ(world.carry(event).result->verdict.disposition, Disposition::infected_allowed);
}

TEST_F(AllowanceTest, AMarkElsewhereIsWorthNothing) {
  World world(FakeObjectStore::Versions::on);
  const ObjectEvent event = world.upload("tool", kHarmful);
  put_mark(world, event, kHarmful);
  const auto mark = allow_mark_key(kUploads, ObjectKey("tool"), digest_of(kHarmful));
  const auto written = world.store.current(kQuarantine, mark);
  world.store.delete_current(kQuarantine, mark);
  world.store.put(kUploads, mark, written->content);

  EXPECT_EQ(world.carry(event).result->verdict.disposition, Disposition::infected);
}

TEST_F(AllowanceTest, ABrokenOrForbiddenMarkAllowsNothing) {
  for (const bool forbidden : {true, false}) {
    SCOPED_TRACE(forbidden);
    World world(FakeObjectStore::Versions::on);
    const ObjectEvent event = world.upload("tool", kHarmful);
    put_mark(world, event, kHarmful);
    const auto mark = allow_mark_key(kUploads, ObjectKey("tool"), digest_of(kHarmful));
    if (forbidden) {
      world.store.on_call([](auto call, const ObjectRef& object) -> std::optional<Error> {
        const bool reads = call == FakeObjectStore::Call::read;
        if (!reads || object.bucket != kQuarantine) return std::nullopt;
        return Error{Errc::denied, "AccessDenied", ErrorCause::access_denied};
      });
    } else {
      world.store.put(kQuarantine, mark, "{}");
    }

    EXPECT_EQ(world.carry(event).result->verdict.disposition, Disposition::infected);
  }
}

TEST_F(AllowanceTest, WhoCannotKnowWaitsForAnotherDelivery) {
  World world(FakeObjectStore::Versions::on);
  const ObjectEvent event = world.upload("tool", kHarmful);
  world.store.on_call([](auto call, const ObjectRef& object) -> std::optional<Error> {
    const bool reads = call == FakeObjectStore::Call::read;
    if (!reads || object.bucket != kQuarantine) return std::nullopt;
    return Error{Errc::unavailable, "503"};
  });

  EXPECT_EQ(world.outcome(event), "retry-later");
  EXPECT_TRUE(world.store.current(kUploads, ObjectKey("tool")));
}

TEST_F(AllowanceTest, WhatCannotBeScannedPassesOnceWithoutChangingItsVerdict) {
  World world(FakeObjectStore::Versions::on);
  world.policy.on_unscannable = {{RouteStep::Kind::quarantine}};
  world.scanner.answer_next(unscannable_verdict(Reason::encrypted, "password"));
  const ObjectEvent event = world.upload("locked.zip", "locked");
  put_mark(world, event, "locked");

  const ObjectOutcome outcome = world.carry(event);

  EXPECT_EQ(outcome.result->verdict.disposition, Disposition::unscannable);
  EXPECT_EQ(world.verdict_tag(kUploads, "locked.zip"), "Unscannable");
}

}  // namespace
}  // namespace cordon
