#include "core/sealing.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

const SystemTime kTime = SystemTime(std::chrono::seconds(1795362633));
const SealedContent kContent{std::string(64, 'a'), 68};

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

TagSet sealed(const Verdict& verdict, const TagKeys& keys = {}) {
  TagSet tags = tags_for({.verdict = verdict, .scanned_at = kTime, .uploaded_by = "AWS:X"}, keys);
  seal_tags(tags, keys, kContent, "27451", ring());
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
  if (has_room) seal_tags(merged, keys, kContent, "27451", ring());

  RC_ASSERT(state_of(merged) == (has_room ? SealState::valid : SealState::unsealed));
  RC_ASSERT(merged.size() <= kTagsMax);
  RC_ASSERT(merge_tags(merged, merged, keys).tags == merged);
}

}  // namespace
}  // namespace cordon
