#include "core/allow_mark.h"

#include <gtest/gtest.h>

#include "core/provenance.h"

namespace cordon {
namespace {

const BucketName kBucket("uploads");
const ObjectKey kKey("a b/\"\n\xC3\xBC");
const std::string kSha(64, 'a');
const SystemTime kNow{std::chrono::seconds(1795362633)};
const SystemTime kLater = kNow + std::chrono::hours(2);

AllowMark mark_of(std::vector<AllowedState> states) {
  return {.bucket = kBucket, .key = kKey, .sha256 = kSha, .states = std::move(states)};
}

ScannedState scanned(const std::optional<VersionId>& version, SystemTime modified = kNow) {
  return {{kBucket, kKey, version}, ETag("e1"), modified, kSha};
}

TEST(AllowMark, LiesWhereNoQuarantinedObjectCan) {
  const std::string key = allow_mark_key(kBucket, kKey, kSha).str();

  EXPECT_TRUE(key.starts_with(".cordon/allow-once/"));
  EXPECT_TRUE(key.ends_with("-" + kSha + ".json"));
  EXPECT_NE(key, allow_mark_key(kBucket, ObjectKey("other"), kSha).str());
}

TEST(AllowMark, SurvivesItsJourney) {
  AllowMark mark = mark_of({{.version = VersionId("v1")},
                            {.version = std::nullopt, .etag = ETag("e1"), .modified = kNow}});
  mark.pending_until = kLater;

  const Result<AllowMark> read = decode_allow_mark(encode_allow_mark(mark));

  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, mark);
}

TEST(AllowMark, AVersionPassesAndNoOther) {
  const AllowMark mark = mark_of({{.version = VersionId("v1")}});

  EXPECT_TRUE(lets_pass(mark, scanned(VersionId("v1")), kLater));
  EXPECT_FALSE(lets_pass(mark, scanned(VersionId("v2")), kLater));
  EXPECT_FALSE(lets_pass(mark, scanned(VersionId("null")), kLater));
  EXPECT_FALSE(lets_pass(mark, scanned(std::nullopt), kLater));
}

TEST(AllowMark, WithoutVersionsTheSameBytesPutAgainAreAnotherState) {
  const AllowMark mark = mark_of({allowed_state({kBucket, kKey}, ETag("e1"), kNow)});

  EXPECT_TRUE(lets_pass(mark, scanned(std::nullopt, kNow + std::chrono::milliseconds(700)), kLater))
      << "heads tell seconds";
  EXPECT_TRUE(lets_pass(mark, scanned(VersionId("null")), kLater));
  EXPECT_FALSE(lets_pass(mark, scanned(std::nullopt, kNow + std::chrono::seconds(1)), kLater));
  EXPECT_FALSE(lets_pass(mark, scanned(VersionId("v9")), kLater));
}

TEST(AllowMark, OtherPlacesAndContentsNeverPass) {
  AllowMark mark = mark_of({{.version = VersionId("v1")}});
  mark.pending_until = kLater;
  ScannedState content = scanned(VersionId("v1"));
  content.sha256 = std::string(64, 'b');
  ScannedState unknown = scanned(VersionId("v1"));
  unknown.sha256.clear();
  ScannedState place = scanned(VersionId("v1"));
  place.object.key = ObjectKey("other");
  ScannedState bucket = scanned(VersionId("v1"));
  bucket.object.bucket = BucketName("other");

  for (const ScannedState& other : {content, unknown, place, bucket}) {
    EXPECT_FALSE(lets_pass(mark, other, kNow));
  }
}

TEST(AllowMark, WhatIsPendingPassesInAnyStateForAWhile) {
  AllowMark mark = mark_of({});
  mark.pending_until = kLater;

  EXPECT_TRUE(lets_pass(mark, scanned(VersionId("v7")), kNow));
  EXPECT_FALSE(lets_pass(mark, scanned(VersionId("v7")), kLater));
}

TEST(AllowMark, RefusesWhatIsNoMark) {
  const std::string good = encode_allow_mark(mark_of({{.version = VersionId("v1")}}));
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    return text;
  };
  const std::pair<const char*, std::string> kOthers[] = {
      {"nothing", ""},
      {"no object", "[]"},
      {"cut", good.substr(0, good.size() - 1)},
      {"more behind it", good + "x"},
      {"another schema", replaced("allow-once/1", "allow-once/2")},
      {"a number for a bucket", replaced("\"uploads\"", "7")},
      {"no digest", replaced("\"sha256\"", "\"sha257\"")},
      {"a state that fits everything", replaced("{\"versionId\":\"v1\"}", "{}")},
      {"the version null alone", replaced("\"v1\"", "\"null\"")},
      {"a time that is none", replaced("\"pendingUntil\":null", "\"pendingUntil\":\"soon\"")},
      {"states that are no list", replaced("[{\"versionId\":\"v1\"}]", "{}")},
      {"too deep", replaced("{\"versionId\":\"v1\"}", "[[[[[[]]]]]]")},
      {"too long", good + std::string(kAllowMarkBytesMax, ' ')},
      {"broken UTF-8", replaced("uploads", "\xff")},
  };
  for (const auto& [why, text] : kOthers) {
    SCOPED_TRACE(why);
    const Result<AllowMark> read = decode_allow_mark(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::invalid);
  }
}

}  // namespace
}  // namespace cordon
