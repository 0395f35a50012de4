#include "core/provenance.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cordon {
namespace {

const BucketName kTo("quarantine");

Provenance provenance(const std::string& key) {
  return {.object = {BucketName("uploads"), ObjectKey(key), VersionId("v1")},
          .etag = ETag("abc"),
          .sha256 = std::string(64, 'a'),
          .signature = "Eicar\nTest",
          .time = SystemTime(std::chrono::seconds(1795362633)),
          .result_id = "01JD0000000000000000000000",
          .result = "Infected"};
}

std::size_t bytes_of(const std::map<std::string, std::string>& metadata) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
  return bytes;
}

TEST(Provenance, QuarantineKeepsBucketAndKeyInTheName) {
  const ObjectRef object{BucketName("uploads"), ObjectKey("a b/../ü.pdf")};

  EXPECT_EQ(quarantine_key(object).str(), "uploads/a b/../ü.pdf");
}

TEST(Provenance, KeysTooLongForQuarantineStayApart) {
  std::string key(1024, 'k');
  for (std::size_t i = 1000; i + 1 < 1024; i += 2) key.replace(i, 2, "ü");
  const ObjectKey a = quarantine_key({BucketName("uploads"), ObjectKey(key)});
  key.back() = 'x';
  const ObjectKey b = quarantine_key({BucketName("uploads"), ObjectKey(key)});

  EXPECT_LE(a.str().size(), 1024U);
  EXPECT_TRUE(is_utf8(a.str()));
  EXPECT_NE(a, b);
}

TEST(Provenance, TellsEverythingThatARestoreNeeds) {
  const auto metadata =
      quarantine_metadata(provenance("a b/ü"), kTo, ObjectKey("uploads/a b/ü"), {});

  EXPECT_EQ(metadata.at("cordon-bucket"), "uploads");
  EXPECT_EQ(metadata.at("cordon-key"), "a%20b/%C3%BC");
  EXPECT_EQ(metadata.at("cordon-version"), "v1");
  EXPECT_EQ(metadata.at("cordon-etag"), "abc");
  EXPECT_EQ(metadata.at("cordon-sha256"), std::string(64, 'a'));
  EXPECT_EQ(metadata.at("cordon-signature"), "Eicar_Test");
  EXPECT_EQ(metadata.at("cordon-time"), "2026-11-22T15:50:33.000Z");
  EXPECT_EQ(metadata.at("cordon-result-id"), "01JD0000000000000000000000");
}

TEST(Provenance, FitsBesideTheOwnersMetadataAlwaysWithTheLongestKey) {
  std::string key;
  while (key.size() + 2 <= 1024) key += "ü";

  const auto alone = quarantine_metadata(provenance(key), kTo, ObjectKey("x"), {});
  const auto crowded = quarantine_metadata(provenance(key), kTo, ObjectKey("x"),
                                           {{"owner", std::string(1650, 'o')}});

  EXPECT_LE(bytes_of(alone), kMetadataBytesMax);
  EXPECT_TRUE(alone.at("cordon-key").starts_with("base64:"));
  EXPECT_EQ(unbase64(alone.at("cordon-key").substr(7)).value(), key);
  EXPECT_LE(bytes_of(crowded) + 1655, kMetadataBytesMax);
  EXPECT_TRUE(crowded.contains(kMetaSha256));
  EXPECT_FALSE(crowded.contains("cordon-key"));
}

TEST(Provenance, MarksTellStatesApartByVersionOrElseByEtag) {
  const ObjectRef versioned{BucketName("b"), ObjectKey("k"), VersionId("v1")};
  const ObjectRef suspended{BucketName("b"), ObjectKey("k"), VersionId("null")};
  const ObjectRef plain{BucketName("b"), ObjectKey("k")};

  EXPECT_EQ(source_mark(versioned, ETag("1")), source_mark(versioned, ETag("2")));
  EXPECT_NE(source_mark(suspended, ETag("1")), source_mark(suspended, ETag("2")));
  EXPECT_NE(source_mark(plain, ETag("1")), source_mark(plain, ETag("2")));
  EXPECT_EQ(source_mark(plain, ETag("1")), source_mark(suspended, ETag("1")));
  EXPECT_NE(source_mark(plain, ETag("1")),
            source_mark({BucketName("b"), ObjectKey("k2")}, ETag("1")));
  EXPECT_NE(place_mark(BucketName("a"), ObjectKey("b")),
            place_mark(BucketName("ab"), ObjectKey("")));
}

TEST(Provenance, HopsCountOnlyWhereTheMetadataSayThatTheObjectWasBrought) {
  const ObjectRef place{BucketName("b"), ObjectKey("in/k")};
  Provenance from = provenance("k");
  from.hops = 2;
  const auto metadata = copy_metadata(from, place.bucket, place.key);
  auto another_result = metadata;
  another_result[kMetaResult] = "Clean";
  auto no_number = metadata;
  no_number[kMetaHops] = "-1";

  EXPECT_EQ(hops_until(metadata, place), 3U);
  EXPECT_EQ(hops_until(metadata, {place.bucket, ObjectKey("elsewhere/k")}), 0U);
  EXPECT_EQ(hops_until(another_result, place), 0U);
  EXPECT_EQ(hops_until(no_number, place), 0U);
  EXPECT_EQ(hops_until({{kMetaHops, "9"}}, place), 0U);
}

}  // namespace
}  // namespace cordon
