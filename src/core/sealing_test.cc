#include "core/sealing.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "testing/old_seals.h"

namespace cordon {
namespace {

const SystemTime kTime = SystemTime(std::chrono::seconds(1795362633));
const SealedContent kContent{std::string(64, 'a'), 68};

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

const SealedPlace kPlace{
    .object = {BucketName("uploads"), ObjectKey("k")}, .etag = ETag("e"), .modified = kTime};
const SealOrigin kOrigin{
    .signatures = "27451", .deployment = "main@111122223333", .policy = {}, .time = kTime};

TagSet sealed(const Verdict& verdict, const TagKeys& keys = {}) {
  TagSet tags = tags_for({.verdict = verdict, .scanned_at = kTime, .uploaded_by = "AWS:X"}, keys);
  seal_tags(tags, keys, kContent, kOrigin, kPlace, ring());
  return tags;
}

SealState state_of(const TagSet& tags, const SealedContent& content = kContent) {
  return check_seal(tags, {}, content, ring()).state;
}

const Verdict kInfected = infected_verdict({"Win.Test"}, 68);

TEST(Sealing, ASealHoldsForItsTagsAndItsBytes) {
  for (const Verdict& verdict : {clean_verdict(68), kInfected,
                                 unscannable_verdict(Reason::encrypted, "password-protected")}) {
    const TagSeal seal = check_seal(sealed(verdict), {}, kContent, ring());

    EXPECT_EQ(seal.state, SealState::valid);
    EXPECT_EQ(seal.text->signatures, "27451");
    EXPECT_EQ(state_of(sealed(verdict), {std::string(64, 'b'), 68}), SealState::broken);
    EXPECT_EQ(state_of(sealed(verdict), {std::string(64, 'a'), 69}), SealState::broken);
  }
}

TEST(Sealing, AnyChangeOfWhatTheTagsSayBreaksIt) {
  const TagSet good = sealed(kInfected);
  for (const char* key : {"scan-result", "date-scanned", "virus-name", "scan-seal"}) {
    SCOPED_TRACE(key);
    TagSet changed = good;
    changed[key] = "Clean";
    EXPECT_EQ(state_of(changed), SealState::broken);
    TagSet emptied = good;
    emptied[key] = "";
    EXPECT_EQ(state_of(emptied), SealState::broken);
  }
  for (const char* key : {"scan-result", "date-scanned", "virus-name"}) {
    SCOPED_TRACE(key);
    TagSet without = good;
    without.erase(key);
    EXPECT_EQ(state_of(without), SealState::broken);
  }
  TagSet added = sealed(clean_verdict(68));
  added["virus-name"] = "x";
  EXPECT_EQ(state_of(added), SealState::broken);
  TagSet reason = sealed(unscannable_verdict(Reason::encrypted, "m"));
  reason["message"] = "too-large: m";
  EXPECT_EQ(state_of(reason), SealState::broken);
}

TEST(Sealing, TheOwnersTagsAreNoPartOfIt) {
  TagSet tags = sealed(clean_verdict(68));
  tags["team"] = "red";
  tags["message"] = "hello";
  tags["uploaded-by"] = "anna";

  EXPECT_EQ(state_of(tags), SealState::valid);
}

TEST(Sealing, SaysWhatIsMissing) {
  EXPECT_EQ(state_of({}), SealState::absent);
  EXPECT_EQ(state_of({{"team", "red"}}), SealState::absent);
  EXPECT_EQ(state_of({{"scan-result", "Clean"}}), SealState::unsealed);
  EXPECT_EQ(state_of({{"scan-seal", sealed(kInfected).at("scan-seal")}}), SealState::broken);
  EXPECT_EQ(state_of({{"scan-result", "Clean"}, {"scan-seal", "v1.k1"}}), SealState::broken);
  const SealKeyRing others = SealKeyRing::parse("k2 " + std::string(64, '1')).value();
  EXPECT_EQ(check_seal(sealed(kInfected), {}, kContent, others).state, SealState::unknown_key);
}

TEST(Sealing, WithoutTheContentOnlyWhatItCannotChangeIsSaid) {
  EXPECT_EQ(seal_without_content({}, {}, ring())->state, SealState::absent);
  EXPECT_EQ(seal_without_content({{"scan-result", "Clean"}}, {}, ring())->state,
            SealState::unsealed);
  EXPECT_FALSE(seal_without_content(sealed(kInfected), {}, ring()));
}

TEST(Sealing, UsesTheNamesThatTheSettingsGive) {
  const TagKeys keys{.result = "av", .date = "av-date", .seal = "av-seal"};
  const TagSet tags = sealed(clean_verdict(68), keys);

  EXPECT_TRUE(tags.contains("av-seal"));
  EXPECT_EQ(check_seal(tags, keys, kContent, ring()).state, SealState::valid);
  EXPECT_EQ(check_seal(tags, {}, kContent, ring()).state, SealState::absent);
}

TEST(Sealing, GoesWithoutTheTagsThatTheSettingsLeaveOut) {
  EXPECT_EQ(sealed(clean_verdict(68), {.date = "", .seal = ""}),
            (TagSet{{"scan-result", "Clean"}}));
  const TagKeys undated{.date = "", .message = "", .virus = ""};
  EXPECT_EQ(check_seal(sealed(kInfected, undated), undated, kContent, ring()).state,
            SealState::valid);
}

TEST(Sealing, OnlyAWholeVerdictAboutTheBytesLasts) {
  const auto lasting = [](const Verdict& verdict) {
    return lasting_verdict(sealed(verdict), {}).has_value();
  };

  EXPECT_TRUE(lasting(clean_verdict(68)));
  EXPECT_TRUE(lasting(kInfected));
  EXPECT_TRUE(lasting({.disposition = Disposition::suspicious, .virus_names = {"V"}}));
  EXPECT_TRUE(lasting(unscannable_verdict(Reason::encrypted, "m")));
  EXPECT_FALSE(lasting(unscannable_verdict(Reason::timeout, "m")));
  EXPECT_FALSE(lasting(unscannable_verdict(Reason::engine_crash, "m")));
  EXPECT_FALSE(lasting(error_verdict(Reason::integrity, "m")));
  EXPECT_FALSE(lasting({.disposition = Disposition::infected_allowed, .virus_names = {"V"}}))
      << "it may not be allowed here";
  EXPECT_FALSE(lasting(infected_verdict({"A", "B", "C"}, 1))) << "two names are not known";
  TagSet dropped = sealed(kInfected);
  dropped.erase("virus-name");
  EXPECT_FALSE(lasting_verdict(dropped, {})) << "the name found no room";
  TagSet no_reason = sealed(unscannable_verdict(Reason::limit, "m"));
  no_reason.erase("message");
  EXPECT_FALSE(lasting_verdict(no_reason, {}));
  EXPECT_FALSE(lasting_verdict({}, {}));
  EXPECT_TRUE(lasting(infected_verdict({"Name.with+sign"}, 1)));
}

TEST(Sealing, IsCheckedAtItsPlaceWithoutTheBytes) {
  const auto at = [](const TagSet& tags, std::uint64_t bytes = 68) {
    return is_sealed_at(tags, {}, bytes, kPlace, ring());
  };
  const TagSet good = sealed(clean_verdict(68));
  EXPECT_TRUE(at(good));
  EXPECT_FALSE(at(good, 69));
  for (const char* key : {"scan-result", "date-scanned", "scan-seal"}) {
    SCOPED_TRACE(key);
    TagSet changed = good;
    changed[key] = "Infected";
    EXPECT_FALSE(at(changed));
    changed.erase(key);
    EXPECT_FALSE(at(changed));
  }
  TagSet old = good;
  seal_as_before(old, "k1", std::string(64, '1'), "content");
  EXPECT_FALSE(at(old)) << "it does not say where it lies";
}

TEST(Sealing, AV1HoldsForItsBytes) {
  TagSet tags = tags_for({.verdict = clean_verdict(7), .scanned_at = kTime}, {});
  seal_as_before(tags, "k1", std::string(64, '1'), "content");

  EXPECT_EQ(state_of(tags, {hex(sha256("content")), 7}), SealState::valid);
  EXPECT_EQ(state_of(tags, {hex(sha256("another")), 7}), SealState::broken);
}

VerdictPolicy policy_of(const char* code) { return VerdictPolicy::parse(code).value(); }

TEST(Sealing, StandsForAScanOfOursWhenNothingIsObjected) {
  using std::chrono::hours;
  using Objection = std::optional<SealObjection>;
  const struct {
    const char* name;
    SealOrigin made;
    Disposition disposition;
    SealTerms terms;
    Objection expected;
  } kCases[] = {
      {"ours",
       {"1", "a@1", policy_of("1n"), kTime},
       Disposition::clean,
       {"a@1", policy_of("1n"), kTime},
       std::nullopt},
      {"ours, bad news",
       {"1", "a@1", policy_of("1n"), kTime},
       Disposition::unscannable,
       {"a@1", policy_of("1n"), kTime},
       std::nullopt},
      {"another deployment",
       {"1", "b@1", policy_of("1n"), kTime},
       Disposition::clean,
       {"a@1", policy_of("1n"), kTime},
       SealObjection::other_deployment},
      {"the same name elsewhere",
       {"1", "a@2", policy_of("1n"), kTime},
       Disposition::clean,
       {"a@1", policy_of("1n"), kTime},
       SealObjection::other_deployment},
      {"a laxer policy",
       {"1", "a@1", policy_of("1no"), kTime},
       Disposition::clean,
       {"a@1", policy_of("1n"), kTime},
       SealObjection::laxer_policy},
      {"laxer, bad news",
       {"1", "a@1", policy_of("1no"), kTime},
       Disposition::infected,
       {"a@1", policy_of("1n"), kTime},
       SealObjection::laxer_policy},
      {"older rules",
       {"1", "a@1", policy_of("1"), kTime},
       Disposition::clean,
       {"a@1", policy_of("2"), kTime},
       SealObjection::laxer_policy},
      {"a stricter policy",
       {"1", "a@1", policy_of("1"), kTime},
       Disposition::clean,
       {"a@1", policy_of("1n"), kTime},
       std::nullopt},
      {"stricter, bad news",
       {"1", "a@1", policy_of("1"), kTime},
       Disposition::unscannable,
       {"a@1", policy_of("1n"), kTime},
       SealObjection::stricter_policy},
      {"clocks that differ",
       {"1", "a@1", policy_of("1"), kTime + kClockSkewMax},
       Disposition::clean,
       {"a@1", policy_of("1"), kTime},
       std::nullopt},
      {"the future",
       {"1", "a@1", policy_of("1"), kTime + kClockSkewMax + std::chrono::seconds(1)},
       Disposition::clean,
       {"a@1", policy_of("1"), kTime},
       SealObjection::future},
      {"just not too old",
       {"1", "a@1", policy_of("1"), kTime - hours(24)},
       Disposition::clean,
       {"a@1", policy_of("1"), kTime, hours(24)},
       std::nullopt},
      {"too old",
       {"1", "a@1", policy_of("1"), kTime - hours(24) - std::chrono::seconds(1)},
       Disposition::clean,
       {"a@1", policy_of("1"), kTime, hours(24)},
       SealObjection::too_old},
      {"of any age",
       {"1", "a@1", policy_of("1"), SystemTime()},
       Disposition::clean,
       {"a@1", policy_of("1"), kTime},
       std::nullopt},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const SealText seal = ring().seal({}, c.made, kPlace);
    EXPECT_EQ(objection_to(seal, c.disposition, c.terms), c.expected);
  }
  SealText old = ring().seal({}, kOrigin, kPlace);
  old.form = SealForm::v1;
  EXPECT_EQ(objection_to(old, Disposition::clean, {kOrigin.deployment, {}, kTime}),
            SealObjection::undeclared);
}

TEST(Sealing, WhatDoesNotSayWhenIsTooOldForAnyLimit) {
  EXPECT_EQ(objection_to_time(std::nullopt, kTime, std::nullopt), std::nullopt);
  EXPECT_EQ(objection_to_time(std::nullopt, kTime, std::chrono::hours(24)), SealObjection::too_old);
  EXPECT_EQ(stated_time({{"date-scanned", "yesterday"}}, {}), std::nullopt);
  EXPECT_EQ(stated_time({{"date-scanned", "2026-11-22T16:03:53Z"}}, {.date = ""}), std::nullopt);
  EXPECT_EQ(stated_time(sealed(clean_verdict(1)), {}), kTime);
}

RC_GTEST_PROP(SealingProperties, HoldsHoweverManyOfOursFoundRoom, ()) {
  const TagKeys keys;
  const auto owned = *rc::gen::inRange(0, 10);
  TagSet owner;
  for (int i = 0; i < owned; ++i) owner["owner-" + std::to_string(i)] = "x";
  if (owned > 0 && *rc::gen::arbitrary<bool>()) {
    owner.erase("owner-0");
    owner["message"] = "the owner's word";
  }
  const Verdict verdict =
      *rc::gen::element(clean_verdict(68), kInfected, unscannable_verdict(Reason::limit, "deep"));

  TagSet merged = merge_tags(owner, sealed(verdict), keys).tags;
  const bool has_room = merged.contains(keys.seal);
  if (has_room) seal_tags(merged, keys, kContent, kOrigin, kPlace, ring());

  RC_ASSERT(state_of(merged) == (has_room ? SealState::valid : SealState::unsealed));
  RC_ASSERT(is_sealed_at(merged, keys, kContent.bytes, kPlace, ring()) == has_room);
  RC_ASSERT(merged.size() <= kTagsMax);
  RC_ASSERT(merge_tags(merged, merged, keys).tags == merged);
}

}  // namespace
}  // namespace cordon
