// What a seal is worth on the whole path of an object: what it spares, and what it does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/world.h"
#include "base/digest.h"
#include "base/text.h"
#include "core/sealing.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;

SealKeyRing ring_of(const std::string& id, char digit) {
  return SealKeyRing::parse(id + " " + std::string(64, digit)).value();
}
const SealKeyRing& ring() {
  static const SealKeyRing kRing = ring_of("k1", '1');
  return kRing;
}
SealedContent content_as_sealed(const std::string& content) {
  return {hex(sha256(content)), content.size()};
}

class SkippingTest : public testing::Test {
 protected:
  SealState seal_of(const BucketName& bucket, const std::string& key) const {
    const auto stored = world_.store.current(bucket, ObjectKey(key));
    if (!stored) return SealState::absent;
    return check_seal(stored->tags, {}, content_as_sealed(stored->content), ring()).state;
  }
  double forged(const std::string& kind) const {
    return world_.metrics.value("cordon_forged_tags_total", {{"kind", kind}});
  }
  /// Tags as an agent with the same key writes them.
  static TagSet tags_of(const Verdict& verdict, const std::string& content,
                        const SealKeyRing& keys = ring()) {
    TagSet tags = tags_for({.verdict = verdict, .scanned_at = SystemTime()}, {});
    seal_tags(tags, {}, content_as_sealed(content), "27001", keys);
    return tags;
  }
  ScanResult last() const { return world_.sink.results().back(); }

  World world_{Versions::off, 5, ring()};
};

TEST_F(SkippingTest, EveryVerdictAboutBytesIsSealed) {
  world_.policy.on_unscannable = {{RouteStep::Kind::keep}};
  ASSERT_EQ(world_.outcome(world_.upload("clean", "harmless", {{"owner", "me"}})), "done");
  ASSERT_EQ(world_.outcome(world_.upload("empty", "")), "done");
  ASSERT_EQ(world_.outcome(world_.upload("bad", kHarmful)), "done");
  world_.scanner.answer_next(unscannable_verdict(Reason::encrypted, "zip (locked)"));
  ASSERT_EQ(world_.outcome(world_.upload("locked", "x")), "done");

  EXPECT_EQ(seal_of(kUploads, "clean"), SealState::valid);
  EXPECT_EQ(seal_of(kUploads, "empty"), SealState::valid);
  EXPECT_EQ(seal_of(kQuarantine, "uploads/bad"), SealState::valid);
  EXPECT_EQ(seal_of(kUploads, "locked"), SealState::valid);
  EXPECT_THAT(world_.tags(kUploads, "clean").at("scan-seal"), testing::StartsWith("v1.k1.1."));
  EXPECT_THAT(world_.tags(kUploads, "empty").at("scan-seal"), testing::StartsWith("v1.k1.none."));
  EXPECT_EQ(forged("unsealed") + forged("broken"), 0);
}

TEST_F(SkippingTest, WhatCouldNotBeReadIsTaggedWithoutASeal) {
  world_.store.fail_next(Call::read, {Errc::denied, "InvalidObjectState", "archived"});

  ASSERT_EQ(world_.outcome(world_.upload("k", "x")), "done");

  EXPECT_EQ(seal_of(kUploads, "k"), SealState::unsealed);
}

TEST_F(SkippingTest, ACopyOfASealedObjectIsNotScannedAgain) {
  ASSERT_EQ(world_.outcome(world_.upload("k", "harmless")), "done");
  const TagSet tags = world_.tags(kUploads, "k");
  world_.scanner.set_version({.engine = "Fake 2.0", .signatures = "99"});

  ASSERT_EQ(world_.outcome(world_.upload("copy", "harmless", tags, kProduction)), "done");

  EXPECT_EQ(world_.scanner.scans(), 1U);
  EXPECT_TRUE(last().skipped);
  EXPECT_EQ(last().verdict.disposition, Disposition::clean);
  EXPECT_EQ(last().signatures, "1") << "those that it was scanned with";
  EXPECT_EQ(last().engine, std::nullopt);
  EXPECT_EQ(last().sha256, hex(sha256("harmless")));
  EXPECT_EQ(last().tagging, "done");
  EXPECT_EQ(world_.tags(kProduction, "copy"), tags);
  EXPECT_EQ(world_.metrics.value("cordon_objects_skipped_total"), 1);
}

TEST_F(SkippingTest, TheSameTagsOnOtherBytesAreScannedAndOverwritten) {
  TagSet tags = tags_of(clean_verdict(1), "harmless");
  tags["team"] = "red";

  ASSERT_EQ(world_.outcome(world_.upload("k", kHarmful, tags)), "done");

  EXPECT_FALSE(last().skipped);
  EXPECT_EQ(forged("broken"), 1);
  EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "(gone)");
  EXPECT_EQ(world_.verdict_tag(kQuarantine, "uploads/k"), "Infected");
  EXPECT_EQ(seal_of(kQuarantine, "uploads/k"), SealState::valid);
  EXPECT_EQ(world_.tags(kQuarantine, "uploads/k").at("team"), "red");
}

TEST_F(SkippingTest, ForgedAndForeignTagsAreScannedOverwrittenAndCounted) {
  TagSet promoted = tags_of(infected_verdict({"V"}, 1), kHarmful);
  promoted["scan-result"] = "Clean";
  const struct {
    const char* name;
    TagSet tags;
    const char* kind;
  } kCases[] = {
      {"a bare tag", {{"scan-result", "Clean"}}, "unsealed"},
      {"no seal at all", {{"scan-result", "Clean"}, {"scan-seal", "yes"}}, "broken"},
      {"a seal alone", {{"scan-seal", "v1.k1.1.AAAAAAAAAAAAAAAAAAAAAA"}}, "broken"},
      {"a made-up mac",
       {{"scan-result", "Clean"}, {"scan-seal", "v1.k1.1.AAAAAAAAAAAAAAAAAAAAAA"}},
       "broken"},
      {"a verdict that was changed", promoted, "broken"},
      {"a key of somebody else", tags_of(clean_verdict(1), kHarmful, ring_of("evil", '6')),
       "unknown-key"},
      {"a key of somebody else under our name",
       tags_of(clean_verdict(1), kHarmful, ring_of("k1", '6')), "broken"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const double before = forged(c.kind);

    ASSERT_EQ(world_.outcome(world_.upload(c.name, kHarmful, c.tags)), "done");

    EXPECT_FALSE(last().skipped);
    EXPECT_EQ(forged(c.kind), before + 1);
    EXPECT_EQ(world_.verdict_tag(kUploads, c.name), "(gone)");
    EXPECT_EQ(seal_of(kQuarantine, std::string("uploads/") + c.name), SealState::valid);
  }
}

TEST_F(SkippingTest, ASealedInfectionIsQuarantinedAgain) {
  ASSERT_EQ(world_.outcome(world_.upload("bad", kHarmful)), "done");
  const TagSet tags = world_.tags(kQuarantine, "uploads/bad");

  ASSERT_EQ(world_.outcome(world_.upload("again", kHarmful, tags)), "done");

  EXPECT_EQ(world_.scanner.scans(), 1U);
  EXPECT_TRUE(last().skipped);
  EXPECT_EQ(last().verdict.virus_names, std::vector<std::string>{FakeScanner::kVirusName});
  EXPECT_EQ(last().actions.at(0).status, "done");
  EXPECT_EQ(world_.verdict_tag(kUploads, "again"), "(gone)");
  EXPECT_EQ(world_.tags(kQuarantine, "uploads/again"), tags);
}

TEST_F(SkippingTest, ASealedInfectionThatIsAllowedByNowStaysAndIsSealedAnew) {
  PipelinePorts ports = world_.pipeline_ports;
  ports.allow_list = [] {
    return std::vector<AllowEntry>{
        {.sha256 = hex(sha256(kHarmful)), .signature = FakeScanner::kVirusName}};
  };
  Pipeline pipeline(world_.pipeline_options, ports);
  const TagSet sealed = tags_of(infected_verdict({FakeScanner::kVirusName}, 1), kHarmful);

  const ObjectOutcome outcome =
      pipeline.carry(world_.upload("k", kHarmful, sealed), {}, Deadline::never(), {});

  ASSERT_EQ(outcome.kind, ObjectOutcome::Kind::done) << outcome.why;
  EXPECT_TRUE(outcome.result->skipped);
  EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "InfectedAllowed");
  EXPECT_EQ(seal_of(kUploads, "k"), SealState::valid);
  const TagSet allowed = world_.tags(kUploads, "k");
  ASSERT_EQ(world_.outcome(world_.upload("copy", kHarmful, allowed, kProduction)), "done");
  EXPECT_EQ(world_.verdict_tag(kProduction, "copy"), "(gone)") << "allowed there is not here";
}

TEST_F(SkippingTest, ThePolicySaysWhatIsEnough) {
  const TagSet sealed = tags_of(clean_verdict(1), "harmless");
  const TagSet bare{{"scan-result", "Clean"}};
  const struct {
    SkipScanned policy;
    const TagSet& tags;
    bool skipped;
  } kCases[] = {
      {SkipScanned::sealed, sealed, true}, {SkipScanned::sealed, bare, false},
      {SkipScanned::tagged, sealed, true}, {SkipScanned::tagged, bare, true},
      {SkipScanned::never, sealed, false}, {SkipScanned::never, bare, false},
  };
  int number = 0;
  for (const auto& c : kCases) {
    SCOPED_TRACE(++number);
    world_.policy.skip_scanned = c.policy;

    ASSERT_EQ(world_.outcome(world_.upload(std::to_string(number), "harmless", c.tags)), "done");

    EXPECT_EQ(last().skipped, c.skipped);
  }
}

TEST_F(SkippingTest, AVerdictThatMayEndOtherwiseIsAskedForAgain) {
  const Verdict kVerdicts[] = {
      error_verdict(Reason::integrity, "m"), unscannable_verdict(Reason::timeout, "m"),
      Verdict{.disposition = Disposition::infected_allowed, .virus_names = {"V"}},
      infected_verdict({"V", "W"}, 1)};
  for (const Verdict& verdict : kVerdicts) {
    SCOPED_TRACE(name_of(verdict.disposition));

    ASSERT_EQ(world_.outcome(world_.upload("k", "harmless", tags_of(verdict, "harmless"))), "done");

    EXPECT_FALSE(last().skipped);
    EXPECT_EQ(world_.verdict_tag(kUploads, "k"), "Clean");
  }
  EXPECT_EQ(forged("broken") + forged("unsealed"), 0) << "they are ours";
}

TEST_F(SkippingTest, ASealHoldsWhenOtherTagsOfOursFoundNoRoom) {
  TagSet owner;
  for (int i = 0; i < 8; ++i) owner["owner-" + std::to_string(i)] = "x";
  ASSERT_EQ(world_.outcome(world_.upload("k", "harmless", owner)), "done");
  const TagSet tags = world_.tags(kUploads, "k");
  ASSERT_FALSE(tags.contains("date-scanned"));

  EXPECT_EQ(seal_of(kUploads, "k"), SealState::valid);
  ASSERT_EQ(world_.outcome(world_.upload("copy", "harmless", tags)), "done");

  EXPECT_TRUE(last().skipped);
}

TEST_F(SkippingTest, ARepairedSetOfTagsIsSealedAnew) {
  const ObjectEvent event = world_.upload("k", "harmless");
  TagSet owner;
  for (int i = 0; i < 8; ++i) owner["owner-" + std::to_string(i)] = "x";
  int writes = 0;
  world_.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    // Directly after our write the owner replaces all tags and leaves room for two.
    if (call == Call::tags && world_.store.calls(Call::set_tags) == 1 && ++writes == 1) {
      world_.store.owner_sets_tags(object, owner);
    }
    return std::nullopt;
  });

  ASSERT_EQ(world_.outcome(event), "done");

  EXPECT_EQ(world_.store.calls(Call::set_tags), 2);
  EXPECT_FALSE(world_.tags(kUploads, "k").contains("date-scanned"));
  EXPECT_EQ(seal_of(kUploads, "k"), SealState::valid);
}

TEST_F(SkippingTest, TheTagsOfWhatReplacedTheObjectSpareNothing) {
  const ObjectEvent event = world_.upload("k", "harmless", {{"team", "red"}});
  world_.store.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call != Call::tags || world_.store.calls(Call::tags) != 1) return std::nullopt;
    world_.store.put(object.bucket, object.key, kHarmful, tags_of(clean_verdict(1), "harmless"));
    return std::nullopt;
  });

  EXPECT_EQ(world_.outcome(event), "superseded");

  EXPECT_TRUE(world_.sink.results().empty());
}

TEST_F(SkippingTest, TagsThatCannotBeReadSpareNothing) {
  const TagSet sealed = tags_of(clean_verdict(1), kHarmful);
  const ObjectEvent denied = world_.upload("denied", kHarmful, sealed);
  world_.store.fail_next(Call::tags, {Errc::denied, "no", "access-denied"});
  EXPECT_EQ(world_.outcome(denied), "done");
  EXPECT_FALSE(last().skipped);
  EXPECT_EQ(last().verdict.disposition, Disposition::infected);

  const ObjectEvent away = world_.upload("away", kHarmful, sealed);
  world_.store.fail_next(Call::tags, {Errc::throttled, "SlowDown"});
  EXPECT_EQ(world_.outcome(away), "retry-later");
}

TEST_F(SkippingTest, AnObjectWithoutTagsCostsNoRequestMore) {
  ASSERT_EQ(world_.outcome(world_.upload("k", "harmless")), "done");

  EXPECT_EQ(world_.store.calls(Call::tags), 2) << "before and after our write";
}

TEST_F(SkippingTest, OurOwnCopyInAProtectedBucketIsSkippedAndEndsThere) {
  world_.policy.on_clean = {{RouteStep::Kind::move, Destination{kProduction, "in"}}};
  ASSERT_EQ(world_.outcome(world_.upload("k", "good")), "done");
  const auto moved = world_.store.current(kProduction, ObjectKey("in/k"));
  const ObjectEvent own{
      .object = {kProduction, ObjectKey("in/k")}, .etag = moved->etag, .sequencer = "x"};

  ASSERT_EQ(world_.outcome(own), "done");

  EXPECT_TRUE(last().skipped);
  EXPECT_EQ(last().actions.at(0).status, "skipped");
  EXPECT_EQ(world_.store.all(kProduction).size(), 1U);
  EXPECT_EQ(world_.scanner.scans(), 1U);
}

TEST_F(SkippingTest, WithoutAKeyNothingIsSealedAndNoSealIsBelieved) {
  World world;
  const TagSet sealed = tags_of(clean_verdict(1), "harmless");

  ASSERT_EQ(world.outcome(world.upload("k", "harmless", sealed)), "done");

  EXPECT_EQ(world.scanner.scans(), 1U);
  EXPECT_FALSE(world.tags(kUploads, "k").contains("scan-seal"));
}

TEST_F(SkippingTest, TheSealOfOneVersionSaysNothingOfAnother) {
  World world(Versions::on, 5, ring());
  const ObjectEvent first = world.upload("k", "harmless");
  ASSERT_EQ(world.outcome(first), "done");
  const TagSet sealed = world.tags(kUploads, "k");
  const ObjectEvent second = world.upload("k", kHarmful, sealed);
  const ObjectEvent third = world.upload("k", "harmless", sealed);

  ASSERT_EQ(world.outcome(second), "done");
  ASSERT_EQ(world.outcome(third), "done");

  EXPECT_EQ(world.scanner.scans(), 2U);
  EXPECT_TRUE(world.sink.results().back().skipped);
  EXPECT_EQ(world.store.all(kUploads).size(), 2U) << "the second version is in quarantine";
}

}  // namespace
}  // namespace cordon
