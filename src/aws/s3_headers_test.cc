#include "aws/s3_headers.h"

#include <string>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include "base/text.h"
#include "core/checksum.h"

namespace cordon {
namespace {

const ObjectRef kObject{BucketName("b"), ObjectKey("k")};

HttpResponse reply(Headers extra = {}) {
  HttpResponse response{200,
                        {{"Content-Length", "11"},
                         {"ETag", "\"e1\""},
                         {"Last-Modified", "Sun, 22 Nov 2026 15:50:33 GMT"}},
                        ""};
  for (const auto& [name, value] : extra.all()) response.headers.set(name, value);
  return response;
}

TEST(S3HeadersTest, ReadsWhatS3SaysAboutAnObject) {
  const HttpResponse response = reply({{"x-amz-version-id", "v1"},
                                       {"x-amz-tagging-count", "3"},
                                       {"x-amz-checksum-crc64nvme", "rosUhgp5mIg="},
                                       {"x-amz-checksum-type", "FULL_OBJECT"},
                                       {"X-Amz-Meta-Owner", "me"},
                                       {"x-amz-meta-b", "2"}});

  const Result<ObjectHead> head = decode_object_head(response, kObject, 0);

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->bytes, 11U);
  EXPECT_EQ(head->etag, ETag("e1"));
  EXPECT_EQ(head->version, VersionId("v1"));
  EXPECT_EQ(head->tag_count, 3U);
  EXPECT_EQ(rfc3339_s(head->modified), "2026-11-22T15:50:33Z");
  EXPECT_EQ(head->checksum, (ObjectChecksum{ObjectChecksum::Algorithm::crc64nvme, "rosUhgp5mIg="}));
  EXPECT_EQ(head->metadata, (std::map<std::string, std::string>{{"owner", "me"}, {"b", "2"}}));
}

TEST(S3HeadersTest, UsesNoChecksumThatOnePassCannotVerify) {
  const std::pair<const char*, Headers> kUseless[] = {
      {"none", {}},
      {"of parts", {{"x-amz-checksum-crc32", "DUoRhQ=="}, {"x-amz-checksum-type", "COMPOSITE"}}},
      {"of parts, older form", {{"x-amz-checksum-crc32", "DUoRhQ==-3"}}},
  };
  for (const auto& [what, headers] : kUseless) {
    SCOPED_TRACE(what);

    const Result<ObjectHead> head = decode_object_head(reply(headers), kObject, 0);

    ASSERT_TRUE(head) << head.error().what;
    EXPECT_FALSE(head->checksum);
  }
  EXPECT_TRUE(
      decode_object_head(reply({{"x-amz-checksum-crc32", "DUoRhQ=="}}), kObject, 0)->checksum);
}

TEST(S3HeadersTest, TakesTheStrongestChecksumAndPassesOverWhatItDoesNotKnow) {
  const auto taken = [](const Headers& headers) {
    const Result<ObjectHead> head = decode_object_head(reply(headers), kObject, 0);
    return head->checksum ? std::string(name_of(head->checksum->algorithm)) : "none";
  };
  const std::string sha512 = base64(as_bytes_of(std::string(64, 'x')));

  EXPECT_EQ(taken({{"x-amz-checksum-md5", "kAFQmDzST7DWlj99KOF/cg=="}}), "md5");
  EXPECT_EQ(taken({{"x-amz-checksum-crc32", "DUoRhQ=="}, {"x-amz-checksum-sha512", sha512}}),
            "sha512");
  EXPECT_EQ(taken({{"x-amz-checksum-xxhash128", "kAFQmDzST7DWlj99KOF/cg=="}}), "none");
}

TEST(S3HeadersTest, RefusesHeadersThatCannotBeTrue) {
  const std::pair<const char*, Headers> kWrong[] = {
      {"a length that is none", {{"Content-Length", "-1"}}},
      {"a length that overflows", {{"Content-Length", "99999999999999999999999"}}},
      {"no ETag", {{"ETag", ""}}},
      {"an ETag that is no token", {{"ETag", "a b"}}},
      {"a time that is none", {{"Last-Modified", "yesterday"}}},
      {"a checksum of another length", {{"x-amz-checksum-sha256", "DUoRhQ=="}}},
      {"a checksum that is no base 64", {{"x-amz-checksum-crc32", "!!!!"}}},
      {"a tag count that is none", {{"x-amz-tagging-count", "many"}}},
  };
  for (const auto& [what, headers] : kWrong) {
    SCOPED_TRACE(what);

    const Result<ObjectHead> head = decode_object_head(reply(headers), kObject, 0);

    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, Errc::unavailable);
  }
}

TEST(S3HeadersTest, KnowsTheVersionThatItAskedFor) {
  ObjectRef pinned = kObject;
  pinned.version = VersionId("v1");

  EXPECT_EQ(decode_object_head(reply(), pinned, 0)->version, VersionId("v1"));
  EXPECT_EQ(decode_object_head(reply({{"x-amz-version-id", ""}}), kObject, 0)->version,
            std::nullopt);
  EXPECT_EQ(decode_object_head(reply({{"x-amz-version-id", "v2"}}), pinned, 0).error().code,
            Errc::changed);
}

TEST(S3HeadersTest, KnowsWhichETagIsAnMd5) {
  const std::string kMd5 = "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"";
  const std::tuple<const char*, Headers, bool> kCases[] = {
      {"one part", {{"ETag", kMd5}}, true},
      {"encrypted by S3", {{"ETag", kMd5}, {"x-amz-server-side-encryption", "AES256"}}, true},
      {"parts", {{"ETag", "\"5eb63bbbe01eeed093cb22bb8f5acdc3-2\""}}, false},
      {"no digest", {{"ETag", "\"xyz63bbbe01eeed093cb22bb8f5acdc3\""}}, false},
      {"KMS", {{"ETag", kMd5}, {"x-amz-server-side-encryption", "aws:kms"}}, false},
      {"customer's key",
       {{"ETag", kMd5}, {"x-amz-server-side-encryption-customer-algorithm", "AES256"}},
       false},
  };
  for (const auto& [what, headers, is_md5] : kCases) {
    SCOPED_TRACE(what);
    EXPECT_EQ(decode_object_head(reply(headers), kObject, 0)->etag_is_md5, is_md5);
  }
}

TEST(S3HeadersTest, ReadsTheWholeLengthFromAPart) {
  HttpResponse response = reply({{"Content-Length", "6"}, {"Content-Range", "bytes 5-10/11"}});
  response.status = 206;

  EXPECT_EQ(decode_object_head(response, kObject, 5)->bytes, 11U);
  for (const char* wrong : {"bytes 4-10/11", "bytes 5-11/11", "bytes 5-10/*", "bytes 10-5/11",
                            "5-10/11", "bytes 5/11-10", ""}) {
    SCOPED_TRACE(wrong);
    response.headers.set("Content-Range", wrong);
    EXPECT_EQ(decode_object_head(response, kObject, 5).error().code, Errc::unavailable);
  }
}

TEST(S3HeadersTest, CopiesContentHeadersAndStorageClass) {
  const Headers carried = carried_headers({{"Content-Type", "text/plain"},
                                           {"Cache-Control", "no-store"},
                                           {"Expires", "Sun, 22 Nov 2026 15:50:33 GMT"},
                                           {"Content-Length", "11"},
                                           {"x-amz-storage-class", "STANDARD_IA"},
                                           {"x-amz-server-side-encryption", "aws:kms"}});

  EXPECT_EQ(carried.all().size(), 4U);
  EXPECT_EQ(carried.get("content-type"), "text/plain");
  EXPECT_EQ(carried.get("x-amz-storage-class"), "STANDARD_IA");
  EXPECT_FALSE(carried.has("x-amz-server-side-encryption"));
  EXPECT_FALSE(carried_headers({{"x-amz-storage-class", "OUTPOSTS"}}).has("x-amz-storage-class"));
}

TEST(S3HeadersTest, AddsMetadataThatTheUploaderCannotForge) {
  const auto merged =
      merged_metadata({{"cordon-source", "forged"}, {"mine", "1"}}, {{"cordon-source", "true"}});

  ASSERT_TRUE(merged);
  EXPECT_EQ(*merged,
            (std::map<std::string, std::string>{{"cordon-source", "true"}, {"mine", "1"}}));
}

TEST(S3HeadersTest, FullMetadataDoesNotPreventACopy) {
  const std::map<std::string, std::string> full{{"a", std::string(2040, 'x')}, {"z", "forged"}};

  const auto merged = merged_metadata(full, {{"z", std::string(100, 'y')}});

  ASSERT_TRUE(merged);
  EXPECT_EQ(*merged, (std::map<std::string, std::string>{{"a", std::string(2040, 'x')}}));
}

TEST(S3HeadersTest, AddsNothingThatIsNoHeader) {
  for (const std::pair<const std::string, std::string>& added :
       {std::pair<const std::string, std::string>{"a b", "x"},
        {"", "x"},
        {"a", "x\r\ny: z"},
        {"a", "ü"}}) {
    SCOPED_TRACE(added.first);
    EXPECT_EQ(merged_metadata({}, {added}).error().code, Errc::invalid);
  }
}

TEST(S3HeadersTest, EncodesTheSourceOfACopy) {
  EXPECT_EQ(copy_source(kObject), "/b/k");
  EXPECT_EQ(copy_source({BucketName("b"), ObjectKey("a b/../ü+%?"), VersionId("v=/1")}),
            "/b/a%20b/../%C3%BC%2B%25%3F?versionId=v%3D%2F1");
}

}  // namespace
}  // namespace cordon
