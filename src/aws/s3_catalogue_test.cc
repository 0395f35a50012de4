#include "aws/s3_catalogue.h"

#include <gtest/gtest.h>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

const BucketName kBucket("q");

std::string page(const std::string& inside, const std::string& truncated = "false") {
  return "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>q</Name>"
         "<EncodingType>url</EncodingType><IsTruncated>" +
         truncated + "</IsTruncated>" + inside + "</ListVersionsResult>";
}

std::string version(const std::string& key, const std::string& more = "") {
  return "<Version><Key>" + key + "</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest>" +
         "<LastModified>2026-11-22T15:50:33.000Z</LastModified><ETag>&quot;abc&quot;</ETag>"
         "<Size>7</Size>" +
         more + "</Version>";
}

TEST(S3CatalogueXmlTest, ReadsVersionsAndLeavesDeleteMarkersOut) {
  const auto read = decode_version_page(
      page(version("a+b%2Fc%0A") + "<DeleteMarker><Key>d</Key></DeleteMarker>"), kBucket);

  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->versions.size(), 1U);
  EXPECT_EQ(read->versions[0].object, (ObjectRef{kBucket, ObjectKey("a b/c\n"), VersionId("v1")}));
  EXPECT_EQ(read->versions[0].bytes, 7U);
  EXPECT_TRUE(read->versions[0].is_current);
  EXPECT_FALSE(read->next);
}

TEST(S3CatalogueXmlTest, KnowsWhatLiesInAnArchive) {
  const std::string restored =
      "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
      "<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>";
  const std::string under_way =
      "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>";
  const std::pair<std::string, Archival> kCases[] = {
      {"", Archival::none},
      {"<StorageClass>STANDARD</StorageClass>", Archival::none},
      {"<StorageClass>GLACIER_IR</StorageClass>", Archival::none},
      {"<StorageClass>INTELLIGENT_TIERING</StorageClass>", Archival::none},
      {"<StorageClass>GLACIER</StorageClass>", Archival::archived},
      {"<StorageClass>DEEP_ARCHIVE</StorageClass>", Archival::archived},
      {"<StorageClass>GLACIER</StorageClass>" + under_way, Archival::archived},
      {"<StorageClass>GLACIER</StorageClass><RestoreStatus/>", Archival::archived},
      {"<StorageClass>DEEP_ARCHIVE</StorageClass>" + restored, Archival::restored},
      {"<StorageClass>STANDARD</StorageClass>" + restored, Archival::none},
  };
  for (const auto& [more, archival] : kCases) {
    SCOPED_TRACE(more);
    const auto read = decode_version_page(page(version("k", more)), kBucket);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->versions[0].archival, archival);
  }
}

TEST(S3CatalogueTest, AsksForWhatIsRestored) {
  FakeServiceClient client;
  client.will_answer(200, {}, page(version("k")));

  ASSERT_TRUE(S3Catalogue(client).list({.bucket = kBucket}, Deadline::never(), {}));

  EXPECT_EQ(client.last_call().headers.get("x-amz-optional-object-attributes"), "RestoreStatus");
}

TEST(S3CatalogueXmlTest, SaysWhereTheNextPageBegins) {
  const auto read = decode_version_page(
      page("<NextKeyMarker>a+b</NextKeyMarker><NextVersionIdMarker>v7</NextVersionIdMarker>",
           "true"),
      kBucket);

  ASSERT_TRUE(read && read->next);
  EXPECT_EQ(*read->next, (CatalogueCursor{ObjectKey("a b"), VersionId("v7")}));
}

TEST(S3CatalogueXmlTest, AnIncompleteAnswerIsNoAnswer) {
  std::string without_id = version("k");
  without_id.replace(without_id.find("v1"), 2, "");
  const std::pair<const char*, std::string> kOthers[] = {
      {"nothing", ""},
      {"another document", "<ListBucketResult/>"},
      {"no end said", page("", "")},
      {"more, but not where", page("", "true")},
      {"no key", page(version(""))},
      {"a key that is not encoded", page(version("%ZZ"))},
      {"no version", page(without_id)},
      {"no size", page("<Version><Key>k</Key><VersionId>v</VersionId><ETag>\"a\"</ETag>"
                       "<LastModified>2026-11-22T15:50:33Z</LastModified></Version>")},
  };
  for (const auto& [why, xml] : kOthers) {
    SCOPED_TRACE(why);
    const auto read = decode_version_page(xml, kBucket);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::unavailable);
  }
}

TEST(S3CatalogueTest, ADocumentThatWentAwayHasChanged) {
  FakeServiceClient client;
  S3Catalogue catalogue(client);
  client.will_answer(remote_error(Errc::not_found, "NoSuchKey"));
  client.will_answer(remote_error(Errc::not_found, "NoSuchBucket"));
  const ObjectRef place{kBucket, ObjectKey("d")};

  EXPECT_EQ(catalogue.write(place, "{}", ETag("e"), Deadline::never(), {}).error().code,
            Errc::changed);
  EXPECT_EQ(client.last_call().headers.get("If-Match"), "\"e\"");
  EXPECT_EQ(catalogue.write(place, "{}", std::nullopt, Deadline::never(), {}).error().code,
            Errc::not_found);
  EXPECT_EQ(client.last_call().headers.get("If-None-Match"), "*");
}

}  // namespace
}  // namespace cordon
