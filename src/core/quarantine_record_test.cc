#include "core/quarantine_record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

const BucketName kQuarantine("cordon-quarantine-main-1-r");

Provenance provenance(const std::string& key) {
  return {.object = {BucketName("uploads"), ObjectKey(key), VersionId("v1")},
          .etag = ETag("abc"),
          .sha256 = std::string(64, 'a'),
          .signature = "Sig.A",
          .time = SystemTime(std::chrono::seconds(1795362633)),
          .result_id = "01JD0000000000000000000000",
          .result = "Infected",
          .signatures = {"Sig.A", "Sig,B \xC3\xBC"}};
}

QuarantineRecord record_of(const std::string& key,
                           const std::map<std::string, std::string>& owners = {}) {
  const Provenance from = provenance(key);
  const ObjectKey to = quarantine_key(from.object);
  std::map<std::string, std::string> metadata = owners;
  for (const auto& [name, value] : quarantine_metadata(from, kQuarantine, to, owners)) {
    metadata[name] = value;
  }
  return read_record({kQuarantine, to, VersionId("q1")}, metadata);
}

TEST(QuarantineRecord, TellsWhatTheAgentWroteDown) {
  const QuarantineRecord record = record_of("a b/\xC3\xBC");

  ASSERT_TRUE(record.original);
  EXPECT_EQ(*record.original, (ObjectRef{BucketName("uploads"), ObjectKey("a b/\xC3\xBC")}));
  EXPECT_EQ(record.original_version, VersionId("v1"));
  EXPECT_EQ(record.original_etag, ETag("abc"));
  EXPECT_EQ(record.sha256, std::string(64, 'a'));
  EXPECT_EQ(record.signatures, (std::vector<std::string>{"Sig.A", "Sig,B \xC3\xBC"}));
  EXPECT_TRUE(record.all_signatures);
  EXPECT_EQ(record.result, Disposition::infected);
  EXPECT_EQ(record.time, SystemTime(std::chrono::seconds(1795362633)));
  EXPECT_EQ(record.result_id, "01JD0000000000000000000000");
}

TEST(QuarantineRecord, AKeyThatWasCutIsTakenFromTheMetadataOnlyWhenItLeadsThere) {
  const std::string key(1024, 'k');
  const Provenance from = provenance(key);
  const ObjectKey to = quarantine_key(from.object);
  auto metadata = quarantine_metadata(from, kQuarantine, to, {});
  const ObjectRef stored{kQuarantine, to, VersionId("q1")};

  EXPECT_EQ(read_record(stored, metadata).original,
            (ObjectRef{BucketName("uploads"), ObjectKey(key)}));
  metadata["cordon-key"] = std::string(1023, 'k') + "x";
  EXPECT_FALSE(read_record(stored, metadata).original);
  metadata.erase("cordon-key");
  EXPECT_FALSE(read_record(stored, metadata).original);
}

TEST(QuarantineRecord, WhatLiesBesideAnothersPlaceIsTakenFromTheMetadataThatLeadThere) {
  const std::string mark(32, 'a');
  for (const std::string& key :
       {std::string("k"), std::string("a/~"), "k~" + mark, std::string(1000, 'k'),
        std::string(1024, 'k'), std::string(1021, 'k') + "\xE2\x82\xAC"}) {
    SCOPED_TRACE(key.substr(0, 40));
    const Provenance from = provenance(key);
    const ObjectKey to = quarantine_key_beside(from.object, source_mark(from.object, from.etag));
    ASSERT_LE(to.str().size(), 1024U);
    EXPECT_NE(to, quarantine_key(from.object));
    const ObjectRef stored{kQuarantine, to, VersionId("null")};
    auto metadata = quarantine_metadata(from, kQuarantine, to, {});

    EXPECT_EQ(read_record(stored, metadata).original,
              (ObjectRef{BucketName("uploads"), ObjectKey(key)}));
    const auto by_result = quarantine_key_beside(from.object, result_mark(from.result_id));
    EXPECT_EQ(read_record({kQuarantine, by_result}, metadata).original,
              (ObjectRef{BucketName("uploads"), ObjectKey(key)}));
    metadata.erase("cordon-key");
    EXPECT_FALSE(read_record(stored, metadata).original) << "or it is its own end";
  }
}

TEST(QuarantineRecord, AKeyThatEndsLikeAMarkIsItself) {
  const std::string key = "k~" + std::string(32, 'a');

  EXPECT_EQ(record_of(key).original, (ObjectRef{BucketName("uploads"), ObjectKey(key)}));
  const QuarantineRecord forged =
      read_record({kQuarantine, ObjectKey("uploads/" + key)}, {{"cordon-key", "index.html"}});
  EXPECT_EQ(forged.original, (ObjectRef{BucketName("uploads"), ObjectKey(key)}));
}

TEST(QuarantineRecord, AnUploadersWordsMoveNothing) {
  const std::map<std::string, std::string> forged = {
      {"cordon-bucket", "production"}, {"cordon-key", "index.html"},    {"cordon-sha256", "xyz"},
      {"cordon-signatures", "%ZZ"},    {"cordon-result", "Fine"},       {"cordon-time", "soon"},
      {"cordon-version", "v\n1"},      {"cordon-signature-count", "-1"}};

  const QuarantineRecord record =
      read_record({kQuarantine, ObjectKey("uploads/a"), VersionId("q1")}, forged);

  EXPECT_EQ(record.original, (ObjectRef{BucketName("uploads"), ObjectKey("a")}));
  EXPECT_FALSE(record.sha256);
  EXPECT_FALSE(record.result);
  EXPECT_FALSE(record.time);
  EXPECT_FALSE(record.original_version);
  EXPECT_TRUE(record.signatures.empty());
}

TEST(QuarantineRecord, SaysWhenNotEverySignatureIsKnown) {
  std::map<std::string, std::string> metadata = {{"cordon-signature", "Sig.A"},
                                                 {"cordon-signature-count", "3"}};

  const QuarantineRecord record =
      read_record({kQuarantine, ObjectKey("uploads/a"), VersionId("q1")}, metadata);

  EXPECT_EQ(record.signatures, std::vector<std::string>{"Sig.A"});
  EXPECT_FALSE(record.all_signatures);
}

TEST(QuarantineRecord, ANameThatIsNoneIsNotKnown) {
  const std::map<std::string, std::string> metadata = {{"cordon-signatures", "Sig.A,Sig%0AB,%FF"},
                                                       {"cordon-signature-count", "3"}};

  const QuarantineRecord record =
      read_record({kQuarantine, ObjectKey("uploads/a"), VersionId("q1")}, metadata);

  EXPECT_EQ(record.signatures, std::vector<std::string>{"Sig.A"});
  EXPECT_FALSE(record.all_signatures);
}

TEST(QuarantineRecord, AKeyOutsideAnyBucketHasNoOriginal) {
  for (const char* key : {"loose", "/x", "b/"}) {
    EXPECT_FALSE(read_record({kQuarantine, ObjectKey(key), VersionId("q")}, {}).original) << key;
  }
}

TEST(QuarantineId, LeadsBackToItsVersion) {
  const ObjectRef stored{kQuarantine, ObjectKey("uploads/a b:c/\xC3\xBC\n'$x"), VersionId("v.1_-")};

  const std::string id = quarantine_id(stored);

  EXPECT_EQ(id, "v.1_-:uploads/a%20b%3Ac/%C3%BC%0A%27%24x");
  EXPECT_EQ(parse_quarantine_id(id, kQuarantine).value(), stored);
}

TEST(QuarantineId, RefusesWhatIsNone) {
  for (const std::string& id :
       {std::string(), std::string("x"), std::string(":k"), std::string("v:"), std::string("v:%2"),
        std::string("v:%FF"), std::string("v:a b"), std::string("v%0A:k"),
        std::string("v:.cordon/allow-once/x"), "v:" + std::string(1025, 'k'),
        "v:" + std::string(9000, 'k')}) {
    SCOPED_TRACE(id.substr(0, 50));
    const Result<ObjectRef> parsed = parse_quarantine_id(id, kQuarantine);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::invalid);
  }
}

RC_GTEST_PROP(QuarantineId, EveryKeySurvives, (const std::string& tail)) {
  const ObjectRef stored{kQuarantine, ObjectKey(utf8_clean("uploads/k" + tail, 1024)),
                         VersionId("v")};

  RC_ASSERT(parse_quarantine_id(quarantine_id(stored), kQuarantine).value() == stored);
}

}  // namespace
}  // namespace cordon
