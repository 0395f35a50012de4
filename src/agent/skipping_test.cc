// What a seal is worth on the whole path of an object: what it spares, and what it does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "core/sealing.h"
#include "testing/agent_world.h"
#include "testing/old_seals.h"

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
                        const SealKeyRing& keys = ring(), const SealOrigin& by = ours()) {
    TagSet tags = tags_for({.verdict = verdict, .scanned_at = by.time}, {});
    seal_tags(tags, {}, content_as_sealed(content), by, {}, keys);
    return tags;
  }
  static SealOrigin ours() { return {.signatures = "27001", .deployment = "main@111122223333"}; }
  /// Whether what lies there is sealed for that place, as a sweep sees it.
  bool is_at_home(const BucketName& bucket, const std::string& key) const {
    const auto stored = world_.store.current(bucket, ObjectKey(key));
    const SealedPlace place{{bucket, ObjectKey(key)}, stored->etag, stored->modified};
    return is_sealed_at(stored->tags, {}, stored->content.size(), place, ring());
  }
  double not_taken(const std::string& why) const {
    return world_.metrics.value("cordon_seals_not_taken_total", {{"why", why}});
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
  EXPECT_THAT(world_.tags(kUploads, "clean").at("scan-seal"),
              testing::StartsWith("v2.k1.1.main@111122223333.1.20261122T155033Z."));
  EXPECT_THAT(world_.tags(kUploads, "empty").at("scan-seal"), testing::StartsWith("v2.k1.none."));
  EXPECT_EQ(forged("unsealed") + forged("broken"), 0);
}

TEST_F(SkippingTest, WhatCouldNotBeReadIsTaggedWithoutASeal) {
  world_.store.fail_next(Call::read, {Errc::denied, "InvalidObjectState", ErrorCause::archived});

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
  EXPECT_EQ(last().tagging, TaggingState::done);
  TagSet copied = world_.tags(kProduction, "copy");
  EXPECT_TRUE(is_at_home(kUploads, "k"));
  EXPECT_TRUE(is_at_home(kProduction, "copy")) << "sealed anew, for where it lies";
  copied["scan-seal"] = tags.at("scan-seal");
  EXPECT_EQ(copied, tags) << "and nothing else is new";
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
  EXPECT_EQ(last().actions.at(0).status, ActionStatus::done);
  EXPECT_EQ(world_.verdict_tag(kUploads, "again"), "(gone)");
  TagSet again = world_.tags(kQuarantine, "uploads/again");
  again["scan-seal"] = tags.at("scan-seal");
  EXPECT_EQ(again, tags);
  EXPECT_EQ(seal_of(kQuarantine, "uploads/again"), SealState::valid);
}

TEST_F(SkippingTest, SealingAnewMakesNothingYoungerNorStricter) {
  SealOrigin old = ours();
  old.time = world_.clock.system_now() - std::chrono::hours(1000);
  ASSERT_EQ(world_.outcome(
                world_.upload("k", "harmless", tags_of(clean_verdict(1), "harmless", ring(), old))),
            "done");

  EXPECT_TRUE(last().skipped);
  EXPECT_EQ(world_.tags(kUploads, "k").at("date-scanned"), rfc3339_s(old.time));
  EXPECT_TRUE(is_at_home(kUploads, "k"));
  EXPECT_EQ(origin_of(parse_seal(world_.tags(kUploads, "k").at("scan-seal")).value()), old);
  const int writes = world_.store.calls(Call::set_tags);
  const auto there = world_.store.current(kUploads, ObjectKey("k"));
  ASSERT_EQ(world_.outcome(
                {.object = {kUploads, ObjectKey("k")}, .etag = there->etag, .sequencer = "again"}),
            "done");
  EXPECT_TRUE(last().skipped);
  EXPECT_EQ(world_.store.calls(Call::set_tags), writes) << "once is enough";
}

TEST_F(SkippingTest, WhatIsNotOursOrLaxerOrTooOldIsScannedAndNotCalledForged) {
  const SystemTime now = world_.clock.system_now();
  world_.policy.skip_scanned_max_age = std::chrono::hours(48);
  SealOrigin fresh = ours();
  fresh.time = now - std::chrono::hours(47);
  SealOrigin old = ours(), theirs = fresh, lax = fresh, ahead = fresh;
  old.time = now - std::chrono::hours(49);
  theirs.deployment = "main@999900001111";
  lax.policy.add(Leniency::noise);
  ahead.time = now + std::chrono::minutes(16);
  const struct {
    const char* why;
    SealOrigin by;
  } kCases[] = {
      {"too-old", old}, {"other-deployment", theirs}, {"laxer-policy", lax}, {"future", ahead}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    const TagSet tags = tags_of(clean_verdict(1), kHarmful, ring(), c.by);
    ASSERT_EQ(world_.outcome(world_.upload(c.why, kHarmful, tags)), "done");
    EXPECT_FALSE(last().skipped);
    EXPECT_EQ(world_.verdict_tag(kUploads, c.why), "(gone)");
    EXPECT_EQ(not_taken(c.why), 1);
  }
  EXPECT_EQ(forged("broken") + forged("unsealed") + forged("unknown-key"), 0);
  const TagSet tags = tags_of(clean_verdict(1), "harmless", ring(), fresh);
  ASSERT_EQ(world_.outcome(world_.upload("fresh", "harmless", tags)), "done");
  EXPECT_TRUE(last().skipped);
}

TEST_F(SkippingTest, OfAStricterPolicyOnlyCleanIsTaken) {
  World lax(Versions::off, 5, ring());
  PipelineOptions options = lax.pipeline_options;
  options.verdict_policy.add(Leniency::unopened_archive);
  Pipeline pipeline(options, lax.pipeline_ports);
  const auto skipped = [&](const Verdict& verdict) {
    const ObjectEvent event = lax.upload("k", "harmless", tags_of(verdict, "harmless"));
    return pipeline.carry(event, {}, Deadline::never(), {}).result->skipped;
  };

  EXPECT_TRUE(skipped(clean_verdict(1)));
  EXPECT_FALSE(skipped(unscannable_verdict(Reason::unsupported, "a rare archive")));
  EXPECT_EQ(lax.verdict_tag(kUploads, "k"), "Clean");
}

TEST_F(SkippingTest, AV1SparesNothingAndIsSealedAnewAfterTheScan) {
  TagSet tags = tags_for({.verdict = clean_verdict(8), .scanned_at = SystemTime()}, {});
  seal_as_before(tags, "k1", std::string(64, '1'), "harmless");

  ASSERT_EQ(world_.outcome(world_.upload("k", "harmless", tags)), "done");

  EXPECT_FALSE(last().skipped);
  EXPECT_EQ(not_taken("undeclared"), 1);
  EXPECT_EQ(forged("broken"), 0);
  EXPECT_TRUE(is_at_home(kUploads, "k"));
}

TEST_F(SkippingTest, ABareTagIsBelievedForAsLongAsThePolicySays) {
  const std::string day = "2026-11-21T15:50:33Z";
  const struct {
    std::chrono::hours age_max;
    TagSet tags;
    bool skipped;
  } kCases[] = {
      {std::chrono::hours(0), {{"scan-result", "Clean"}}, true},
      {std::chrono::hours(24), {{"scan-result", "Clean"}, {"date-scanned", day}}, true},
      {std::chrono::hours(23), {{"scan-result", "Clean"}, {"date-scanned", day}}, false},
      {std::chrono::hours(24), {{"scan-result", "Clean"}}, false},
      {std::chrono::hours(0),
       {{"scan-result", "Clean"}, {"date-scanned", "2026-11-22T16:10:00Z"}},
       false},
  };
  world_.policy.skip_scanned = SkipScanned::tagged;
  int number = 0;
  for (const auto& c : kCases) {
    SCOPED_TRACE(++number);
    world_.policy.skip_scanned_max_age = c.age_max;

    ASSERT_EQ(world_.outcome(world_.upload(std::to_string(number), "harmless", c.tags)), "done");

    EXPECT_EQ(last().skipped, c.skipped);
  }
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
  world_.store.fail_next(Call::tags, {Errc::denied, "no", ErrorCause::access_denied});
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
  EXPECT_EQ(last().actions.at(0).status, ActionStatus::skipped);
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
