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

}  // namespace
}  // namespace cordon
