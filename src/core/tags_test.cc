#include "core/tags.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "core/code_points.h"
#include "testing/fixed_seed.h"

namespace cordon {
namespace {

const TagKeys kKeys;
const SystemTime kTime = SystemTime(std::chrono::seconds(1795362633));

TagFacts infected_facts() {
  return {.verdict = infected_verdict({"Win.Test.EICAR_HDB-1"}, 68),
          .scanned_at = kTime,
          .seal = "v1.k1.27451.abc",
          .uploaded_by = "AWS:AIDA"};
}

TagSet owners(int count) {
  TagSet tags;
  for (int i = 0; i < count; ++i) tags["owner-" + std::to_string(i)] = std::to_string(i);
  return tags;
}

TEST(Tags, SayTheVerdictInTheContractsWords) {
  EXPECT_EQ(tags_for(infected_facts(), kKeys), (TagSet{{"scan-result", "Infected"},
                                                       {"date-scanned", "2026-11-22T15:50:33Z"},
                                                       {"scan-seal", "v1.k1.27451.abc"},
                                                       {"virus-name", "Win.Test.EICAR_HDB-1"},
                                                       {"uploaded-by", "AWS:AIDA"}}));
  EXPECT_EQ(tags_for({.verdict = clean_verdict(1), .scanned_at = kTime, .uploaded_by = "x"}, kKeys),
            (TagSet{{"scan-result", "Clean"}, {"date-scanned", "2026-11-22T15:50:33Z"}}));
  const TagFacts locked{
      .verdict = unscannable_verdict(Reason::encrypted, "password-protected zip (\"a\")"),
      .scanned_at = kTime};
  EXPECT_EQ(tags_for(locked, kKeys).at("message"), "encrypted: password-protected zip __a__");
}

TEST(Tags, WithoutANameAreNeitherWrittenNorTaken) {
  TagKeys keys;
  keys.date.clear();
  keys.seal.clear();
  keys.virus.clear();
  keys.uploaded_by = "av:by";

  const TagSet ours = tags_for(infected_facts(), keys);
  const MergedTags merged =
      merge_tags({{"date-scanned", "their own"}, {"virus-name", "theirs"}}, ours, keys);

  EXPECT_EQ(ours, (TagSet{{"scan-result", "Infected"}, {"av:by", "AWS:AIDA"}}));
  EXPECT_TRUE(merged.complete);
  EXPECT_EQ(merged.tags, (TagSet{{"scan-result", "Infected"},
                                 {"av:by", "AWS:AIDA"},
                                 {"date-scanned", "their own"},
                                 {"virus-name", "theirs"}}));
}

TEST(Tags, CountTheSignaturesThatFoundNoRoom) {
  TagFacts facts = infected_facts();
  facts.verdict.virus_names = {std::string(400, 'n'), "b", "c"};

  const std::string value = tags_for(facts, kKeys).at("virus-name");

  EXPECT_EQ(value.size(), kTagValueCharsMax);
  EXPECT_TRUE(value.ends_with("n+2"));
}

TEST(Tags, DropTheirOwnInTheContractsOrderAndNeverTheOwners) {
  const TagSet ours = tags_for({.verdict = {.disposition = Disposition::infected,
                                            .reason = Reason::limit,
                                            .message = "m",
                                            .virus_names = {"V"}},
                                .scanned_at = kTime,
                                .seal = "s",
                                .uploaded_by = "u"},
                               kKeys);
  ASSERT_EQ(ours.size(), 6U);
  const std::vector<std::string> kKept[] = {
      {"scan-result", "scan-seal", "virus-name", "date-scanned", "message", "uploaded-by"},
      {"scan-result", "scan-seal", "virus-name", "date-scanned", "message"},
      {"scan-result", "scan-seal", "virus-name", "date-scanned"},
      {"scan-result", "scan-seal", "virus-name"},
      {"scan-result", "scan-seal"},
      {"scan-result"}};
  for (int room = 6; room >= 1; --room) {
    SCOPED_TRACE(room);
    const auto owner = owners(10 - room);

    const MergedTags merged = merge_tags(owner, ours, kKeys);

    EXPECT_TRUE(merged.fits);
    EXPECT_EQ(merged.complete, room == 6);
    TagSet expected = owner;
    for (const std::string& key : kKept[6 - room]) expected[key] = ours.at(key);
    EXPECT_EQ(merged.tags, expected);
  }
}

TEST(Tags, WriteNothingWhenTheOwnerLeftNoRoom) {
  const MergedTags merged = merge_tags(owners(10), tags_for(infected_facts(), kKeys), kKeys);

  EXPECT_FALSE(merged.fits);
  EXPECT_EQ(merged.tags, owners(10));
}

TEST(Tags, ReplaceAForgedVerdictWithAllThatBelongsToIt) {
  const TagSet forged{{"scan-result", "Clean"}, {"scan-seal", "v1.x"},   {"date-scanned", "2020"},
                      {"virus-name", "none"},   {"message", "limit: x"}, {"team", "red"}};
  const TagFacts facts{.verdict = clean_verdict(5), .scanned_at = kTime};

  EXPECT_EQ(
      merge_tags(forged, tags_for(facts, kKeys), kKeys).tags,
      (TagSet{
          {"scan-result", "Clean"}, {"date-scanned", "2026-11-22T15:50:33Z"}, {"team", "red"}}));
}

TEST(Tags, LeaveTheOwnersUseOfOurPlainWordsAlone) {
  const TagSet present{{"message", "hello"}, {"uploaded-by", "anna"}};
  TagFacts facts = infected_facts();
  facts.verdict.virus_names = {"V"};

  const MergedTags merged = merge_tags(present, tags_for(facts, kKeys), kKeys);

  EXPECT_EQ(merged.tags.at("message"), "hello");
  EXPECT_EQ(merged.tags.at("uploaded-by"), "anna");
  EXPECT_FALSE(merged.complete);
}

TEST(Tags, UseTheNamesThatTheSettingsGive) {
  TagKeys keys;
  keys.result = "av";
  const TagSet ours = tags_for({.verdict = clean_verdict(1), .scanned_at = kTime}, keys);

  const MergedTags merged = merge_tags({{"scan-result", "theirs"}}, ours, keys);

  EXPECT_EQ(merged.tags.at("av"), "Clean");
  EXPECT_EQ(merged.tags.at("scan-result"), "theirs");
}

TEST(Tags, StateAVerdictOnlyWhenTheyStateAWholeOne) {
  const auto stated = [](TagSet tags) { return stated_verdict(tags, kKeys); };

  EXPECT_EQ(stated({}), std::nullopt);
  EXPECT_EQ(stated({{"scan-result", "clean"}}), std::nullopt);
  EXPECT_EQ(stated({{"scan-result", "Unscannable"}}), std::nullopt);
  EXPECT_EQ(stated({{"scan-result", "Clean"}})->disposition, Disposition::clean);
  EXPECT_EQ(stated({{"scan-result", "Infected"}, {"virus-name", "V"}})->virus_names,
            std::vector<std::string>{"V"});
  EXPECT_EQ(stated({{"scan-result", "Error"}, {"message", "kms: no key"}}),
            error_verdict(Reason::kms, "no key"));
  EXPECT_TRUE(is_consistent(*stated({{"scan-result", "Suspicious"}})));
}

rc::Gen<TagSet> any_tags() {
  return rc::gen::suchThat(
      rc::gen::container<TagSet>(
          rc::gen::element<std::string>("a", "b", "c", "d", "e", "f", "g", "h", "message",
                                        "uploaded-by", "scan-result", "virus-name", "scan-seal",
                                        "date-scanned"),
          rc::gen::element<std::string>("1", "2", "limit: x", "Clean", "AWS:AIDA")),
      [](const TagSet& tags) { return tags.size() <= kTagsMax; });
}

RC_GTEST_PROP(Tags, MergingKeepsTheOwnersFitsAndChangesNothingTheSecondTime, ()) {
  const TagSet present = *any_tags();
  TagFacts facts = infected_facts();
  if (*rc::gen::arbitrary<bool>()) facts.verdict = unscannable_verdict(Reason::limit, "deep");
  if (*rc::gen::arbitrary<bool>()) facts.seal.reset();
  const TagSet ours = tags_for(facts, kKeys);

  const MergedTags merged = merge_tags(present, ours, kKeys);
  const MergedTags again = merge_tags(merged.tags, ours, kKeys);

  RC_ASSERT(merged.tags.size() <= kTagsMax);
  for (const auto& tag : without_ours(present, kKeys)) {
    RC_ASSERT(merged.tags.at(tag.first) == tag.second);
  }
  RC_ASSERT(merged.fits == (without_ours(present, kKeys).size() < kTagsMax));
  if (merged.fits) RC_ASSERT(merged.tags.at("scan-result") == ours.at("scan-result"));
  RC_ASSERT(again.tags == merged.tags);
}

TagKeys any_keys() {
  TagKeys keys;
  if (*rc::gen::arbitrary<bool>()) {
    keys = {"av", "av-date", "av-seal", "av-message", "av-virus", "av-user"};
  }
  for (std::string* key : {&keys.date, &keys.seal, &keys.message, &keys.virus, &keys.uploaded_by}) {
    if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) key->clear();
  }
  return keys;
}

Verdict any_verdict() {
  const auto text = rc::gen::string<std::string>();
  auto names = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(text));
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return clean_verdict(1);
    case 1:
      return infected_verdict(std::move(names), 1);
    case 2:
      return unscannable_verdict(Reason::encrypted, *text);
    default:
      return Verdict{.disposition = Disposition::suspicious, .virus_names = std::move(names)};
  }
}

// Whatever the keys are called, whatever is left out, and however little room there is.
RC_GTEST_PROP(Tags, TheBudgetGoesToTheOwnerFirstAndThenInTheContractsOrder, ()) {
  const TagKeys keys = any_keys();
  const auto owned = static_cast<std::size_t>(*rc::gen::inRange(0, 11));
  const TagSet owner = owners(static_cast<int>(owned));
  TagSet present = owner;
  if (owned < kTagsMax && *rc::gen::arbitrary<bool>()) present[keys.result] = "Clean";
  const TagSet ours = tags_for({.verdict = any_verdict(),
                                .scanned_at = kTime,
                                .seal = "v1.k1.27451.abc",
                                .uploaded_by = *rc::gen::string<std::string>()},
                               keys);

  const MergedTags merged = merge_tags(present, ours, keys);

  for (const auto& [key, value] : owner) RC_ASSERT(merged.tags.at(key) == value);
  RC_ASSERT(merged.tags.size() == std::min(kTagsMax, owned + (merged.fits ? ours.size() : 0)));
  RC_ASSERT(merged.fits == (owned < kTagsMax));
  RC_ASSERT(merged.complete == (owned + ours.size() <= kTagsMax));
  std::size_t room = kTagsMax - owned;
  for (const std::string& key :
       {keys.result, keys.seal, keys.virus, keys.date, keys.message, keys.uploaded_by}) {
    if (!ours.contains(key)) continue;
    RC_ASSERT(merged.tags.contains(key) == (room > 0));
    if (room == 0) continue;
    RC_ASSERT(merged.tags.at(key) == ours.at(key));
    --room;
  }
  for (const auto& [key, value] : ours) {
    RC_ASSERT(!key.empty());
    RC_ASSERT(code_points(value).size() <= kTagValueCharsMax);
    RC_ASSERT(tag_value(value) == value);
  }
}

RC_GTEST_PROP(Tags, TakingBackRestoresWhatWasThereBeside, ()) {
  const TagSet present = without_ours(*any_tags(), kKeys);
  TagSet written = merge_tags(present, tags_for(infected_facts(), kKeys), kKeys).tags;
  TagSet added;
  for (const auto& tag : written) {
    if (!present.contains(tag.first)) added.insert(tag);
  }

  RC_ASSERT(without_written(written, added) == present);
}

RC_GTEST_PROP(Tags, AnyTextBecomesAValueThatS3Takes, (const std::string& text)) {
  const std::string value = tag_value(text + "\xff\n<>😀" + text);

  RC_ASSERT(is_utf8(value));
  RC_ASSERT(code_points(value).size() <= kTagValueCharsMax);
  for (const char c : value) {
    const bool fine = static_cast<unsigned char>(c) >= 0x80 ||
                      std::isalnum(static_cast<unsigned char>(c)) ||
                      std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
    RC_ASSERT(fine);
  }
}

TEST(Tags, KeepLettersAndDigitsOfAllScripts) {
  const std::pair<const char*, const char*> kRows[] = {
      {"Größe 7 – ñ", "Größe 7 _ ñ"},     {"Ծաղիկ", "Ծաղիկ"},   {"ภาพ ๑๒๓", "ภาพ ๑๒๓"},
      {"क ख ग १२", "क ख ग १२"},           {"हिन्दी", "ह_न_द_"},  {"ქართული", "ქართული"},
      {"日本語 ｶﾅ", "日本語 ｶﾅ"},         {"한국어", "한국어"}, {"ⅷ½", "ⅷ½"},
      {"😀 <b> \u200f\ufeff", "_ _b_ __"}, {"አማርኛ", "አማርኛ"},     {"𐐷𠀀", "𐐷𠀀"},
  };
  for (const auto& [text, value] : kRows) EXPECT_EQ(tag_value(text), value);
}

TEST(Tags, InAscii) {
  EXPECT_EQ(in_ascii({{"a", "plain"}, {"b", "größe"}}), (TagSet{{"a", "plain"}, {"b", "gr__e"}}));
}

}  // namespace
}  // namespace cordon
