// The heart of the S3 part. The conformance suite (tests/conformance) asks much more, over a socket
// and with AWS's own client library.

#include <gtest/gtest.h>

#include "base/text.h"
#include "testing/devcloud/test_cloud.h"

namespace cordon {
namespace {

class S3Test : public testing::Test {
 protected:
  S3Test() { cloud_.make_bucket("bkt"); }

  TestCloud cloud_;
};

TEST_F(S3Test, AKeyIsNotAPath) {
  const char* targets[] = {"/bkt/a//b",          "/bkt//a",     "/bkt/x/../y", "/bkt/x/./y",
                           "/bkt/a%252Fb%252Fc", "/bkt/100%25", "/bkt/a%20b",  "/bkt/%C3%BC"};
  for (const char* target : targets) {
    SCOPED_TRACE(target);
    ASSERT_EQ(cloud_.put(target, target).status, 200);
  }
  for (const char* target : targets) {
    SCOPED_TRACE(target);
    EXPECT_EQ(cloud_.get(target).body, target);
  }
}

TEST_F(S3Test, AKeyThatIsNotUtf8OrTooLongIsRefused) {
  EXPECT_EQ(element(cloud_.put("/bkt/%FF", "x").body, "Code"), "InvalidURI");
  EXPECT_EQ(element(cloud_.put("/bkt/" + std::string(1025, 'k'), "x").body, "Code"),
            "KeyTooLongError");
  EXPECT_EQ(cloud_.put("/bkt/" + std::string(1024, 'k'), "x").status, 200);
}

TEST_F(S3Test, ABodyThatWasNotSignedIsNotStored) {
  const ServerResponse response =
      cloud_.put("/bkt/k", "evil", {{"x-amz-content-sha256", hex(sha256("good"))}});

  EXPECT_EQ(element(response.body, "Code"), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(cloud_.get("/bkt/k").status, 404);
}

TEST_F(S3Test, LargeObjectsLiveInAFileAndComeBackWhole) {
  std::string body(3U << 20U, 'x');
  body[2'000'000] = 'y';

  ASSERT_EQ(cloud_.put("/bkt/large", body).status, 200);
  const ServerResponse whole = cloud_.get("/bkt/large");
  const ServerResponse part = cloud_.get("/bkt/large", {{"range", "bytes=1999999-2000001"}});

  EXPECT_NE(whole.file, nullptr);
  EXPECT_EQ(body_of(whole), body);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(body_of(part), "xyx");
  EXPECT_EQ(header(part, "content-range"), "bytes 1999999-2000001/3145728");
}

TEST_F(S3Test, AnOpenReadSurvivesTheDeletionOfItsObject) {
  const std::string body(2U << 20U, 'z');
  (void)cloud_.put("/bkt/k", body);
  const ServerResponse open = cloud_.get("/bkt/k");

  ASSERT_EQ(cloud_.remove("/bkt/k").status, 204);

  EXPECT_EQ(body_of(open), body);
}

TEST_F(S3Test, VersionsStayUntilTheyAreDeletedByName) {
  cloud_.make_bucket("versioned", true);
  const std::string older = header(cloud_.put("/versioned/k", "1"), "x-amz-version-id");
  const std::string newer = header(cloud_.put("/versioned/k", "2"), "x-amz-version-id");

  const ServerResponse marker = cloud_.remove("/versioned/k");
  ASSERT_EQ(header(marker, "x-amz-delete-marker"), "true");

  EXPECT_EQ(cloud_.get("/versioned/k").status, 404);
  EXPECT_EQ(cloud_.get("/versioned/k?versionId=" + older).body, "1");
  ASSERT_EQ(cloud_.remove("/versioned/k?versionId=" + newer).status, 204);
  ASSERT_EQ(cloud_.remove("/versioned/k?versionId=" + header(marker, "x-amz-version-id")).status,
            204);
  EXPECT_EQ(cloud_.get("/versioned/k").body, "1");
}

TEST_F(S3Test, AWriteMayDependOnWhatIsThere) {
  EXPECT_EQ(cloud_.put("/bkt/k", "1", {{"if-none-match", "*"}}).status, 200);
  EXPECT_EQ(cloud_.put("/bkt/k", "2", {{"if-none-match", "*"}}).status, 412);
  const std::string etag = header(cloud_.get("/bkt/k"), "etag");
  EXPECT_EQ(cloud_.put("/bkt/k", "2", {{"if-match", "\"other\""}}).status, 412);
  EXPECT_EQ(cloud_.put("/bkt/k", "2", {{"if-match", etag}}).status, 200);
  EXPECT_EQ(cloud_.put("/bkt/none", "2", {{"if-match", etag}}).status, 404);
}

TEST_F(S3Test, APinnedReadOfAnOverwrittenObjectFails) {
  const std::string etag = header(cloud_.put("/bkt/k", "1"), "etag");
  (void)cloud_.put("/bkt/k", "2");

  EXPECT_EQ(cloud_.get("/bkt/k", {{"if-match", etag}}).status, 412);
}

TEST_F(S3Test, TagsHaveLimits) {
  (void)cloud_.put("/bkt/k", "1");
  const auto tagging = [&](const std::string& tags) {
    return cloud_.put("/bkt/k?tagging=", "<Tagging><TagSet>" + tags + "</TagSet></Tagging>");
  };
  const auto tag = [](const std::string& key, const std::string& value) {
    return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
  };
  std::string eleven;
  for (int i = 0; i < 11; ++i) eleven += tag("k" + std::to_string(i), "v");

  EXPECT_EQ(tagging(tag("scan-result", "Clean")).status, 200);
  EXPECT_EQ(tagging(tag("a", "1") + tag("a", "2")).status, 400);
  EXPECT_EQ(element(tagging(eleven).body, "Code"), "BadRequest");
  EXPECT_EQ(element(tagging(tag(std::string(129, 'k'), "v")).body, "Code"), "InvalidTag");
  EXPECT_EQ(element(tagging(tag("k", "v;")).body, "Code"), "InvalidTag");
  EXPECT_EQ(element(cloud_.get("/bkt/k?tagging=").body, "Value"), "Clean");
}

TEST_F(S3Test, APolicyMayHideWhatIsNotTaggedClean) {
  (void)cloud_.put("/bkt/clean", "1", {{"x-amz-tagging", "scan-result=Clean"}});
  (void)cloud_.put("/bkt/new", "1");
  const ServerResponse put = cloud_.put(
      "/bkt?policy=",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",)"
      R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*",)"
      R"("Condition":{"StringNotEquals":{"s3:ExistingObjectTag/scan-result":"Clean"}}}]})");
  ASSERT_EQ(put.status, 204) << put.body;

  EXPECT_EQ(cloud_.get("/bkt/clean").status, 200);
  EXPECT_EQ(cloud_.get("/bkt/new").status, 403);
  EXPECT_EQ(cloud_.get("/bkt/new?tagging=").status, 200);
}

TEST_F(S3Test, APolicyMayAskWhichTagsARequestWrites) {
  (void)cloud_.put("/bkt/k", "1");
  (void)cloud_.put("/bkt/source", "1", {{"x-amz-tagging", "scan-result=Clean"}});
  const ServerResponse put = cloud_.put(
      "/bkt?policy=",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",)"
      R"("Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::bkt/*",)"
      R"("Condition":{"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":["scan-result","x"]}}}]})");
  ASSERT_EQ(put.status, 204) << put.body;
  const auto tagging = [&](const std::string& key) {
    return cloud_
        .put("/bkt/k?tagging=",
             "<Tagging><TagSet><Tag><Key>team</Key><Value>a</Value></Tag><Tag>"
             "<Key>" +
                 key + "</Key><Value>b</Value></Tag></TagSet></Tagging>")
        .status;
  };

  EXPECT_EQ(cloud_.put("/bkt/new", "1").status, 200);
  EXPECT_EQ(cloud_.put("/bkt/new", "1", {{"x-amz-tagging", "team=a"}}).status, 200);
  EXPECT_EQ(cloud_.put("/bkt/new", "1", {{"x-amz-tagging", "team=a&x=b"}}).status, 403);
  EXPECT_EQ(tagging("Scan-Result"), 200) << "keys have case";
  EXPECT_EQ(tagging("scan-result"), 403);
  EXPECT_EQ(cloud_.put("/bkt/copy", "", {{"x-amz-copy-source", "/bkt/source"}}).status, 200)
      << "what a copy brings along is not told";
}

TEST_F(S3Test, ALockedVersionCannotBeDeleted) {
  (void)cloud_.put("/locked", "", {{"x-amz-bucket-object-lock-enabled", "True"}});
  const std::string id = header(
      cloud_.put("/locked/k", "1", {{"x-amz-object-lock-legal-hold", "ON"}}), "x-amz-version-id");

  EXPECT_EQ(cloud_.remove("/locked/k?versionId=" + id).status, 403);
  EXPECT_EQ(cloud_.remove("/locked/k").status, 204);  // Only a marker.
  (void)cloud_.put("/locked/k?legal-hold=&versionId=" + id,
                   "<LegalHold><Status>OFF</Status></LegalHold>");
  EXPECT_EQ(cloud_.remove("/locked/k?versionId=" + id).status, 204);
}

TEST_F(S3Test, PartsBecomeOneObjectWithTheirChecksum) {
  const auto start = cloud_.send({.method = "POST", .target = "/bkt/k?uploads="});
  const std::string id = element(start.body, "UploadId");
  const std::string first(5U << 20U, '1');
  const std::string where = "&uploadId=" + id;
  const std::string etag1 = header(cloud_.put("/bkt/k?partNumber=1" + where, first), "etag");
  const std::string etag2 = header(cloud_.put("/bkt/k?partNumber=2" + where, "tail"), "etag");
  const std::string list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
                           etag1 + "</ETag></Part><Part><PartNumber>2</PartNumber><ETag>" + etag2 +
                           "</ETag></Part></CompleteMultipartUpload>";
  const TestCloud::Request complete{
      .method = "POST", .target = "/bkt/k?uploadId=" + id, .body = list};

  const ServerResponse done = cloud_.send(complete);
  const ServerResponse again = cloud_.send(complete);

  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(body_of(cloud_.get("/bkt/k")), first + "tail");
  EXPECT_TRUE(header(cloud_.get("/bkt/k"), "etag").ends_with("-2\""));
  EXPECT_EQ(
      element(done.body, "ChecksumCRC64NVME"),
      base64(as_bytes_of(cloud::checksum_of(cloud::ChecksumKind::crc64nvme, first + "tail"))));
}

TEST_F(S3Test, AnAccessListMaySayWhatHoldsAnyway) {
  (void)cloud_.put("/bkt/k", "1");
  std::string list = cloud_.get("/bkt/k?acl=").body;
  EXPECT_EQ(cloud_.put("/bkt/k?acl=", list).status, 200);
  list.replace(list.find("FULL_CONTROL"), 12, "READ");
  EXPECT_EQ(cloud_.put("/bkt/k?acl=", list).status, 400);
  EXPECT_EQ(cloud_.put("/bkt/k?acl=", "").status, 400);
}

TEST_F(S3Test, WhatIsNotHereIsSaidAndNothingIsDone) {
  (void)cloud_.put("/bkt/k", "1");
  for (const char* name : {"annotation", "renameObject", "encryption", "restore", "torrent",
                           "something-of-next-year", "uploadId", "versions"}) {
    SCOPED_TRACE(name);
    const std::string target = "/bkt/k?" + std::string(name);
    EXPECT_EQ(cloud_.put(target, "other").status, 501);
    EXPECT_EQ(cloud_.get(target).status, std::string(name) == "uploadId" ? 404 : 501);
  }
  EXPECT_EQ(cloud_.remove("/bkt/k?annotation=a").status, 501);
  EXPECT_EQ(cloud_.remove("/bkt?metadataConfiguration").status, 501);
  EXPECT_EQ(cloud_.put("/bkt?abac", "x").status, 501);

  EXPECT_EQ(body_of(cloud_.get("/bkt/k")), "1");
  EXPECT_EQ(cloud_.get("/bkt/k?x-id=GetObject&x-of-mine=1&response-content-type=text/plain").status,
            200);
}

TEST_F(S3Test, AChecksumThatNobodyComparesIsNotTaken) {
  EXPECT_EQ(cloud_.put("/bkt/k", "1", {{"x-amz-checksum-xxhash64", "AAAAAAAAAAA="}}).status, 501);
  EXPECT_EQ(cloud_.get("/bkt/k").status, 404);

  const auto sum = [](cloud::ChecksumKind kind, std::string_view bytes) {
    return base64(as_bytes_of(cloud::checksum_of(kind, bytes)));
  };
  for (const auto kind : {cloud::ChecksumKind::md5, cloud::ChecksumKind::sha512}) {
    const std::string name = "x-amz-checksum-" + std::string(cloud::header_suffix(kind));
    EXPECT_EQ(cloud_.put("/bkt/k", "1", {{name, sum(kind, "2")}}).status, 400);
    EXPECT_EQ(header(cloud_.put("/bkt/k", "1", {{name, sum(kind, "1")}}), name), sum(kind, "1"));
  }
}

TEST_F(S3Test, MalformedDocumentsAreRefused) {
  (void)cloud_.put("/bkt/k", "1");
  for (const char* body : {"", "<", "<Tagging>", "<Other/>", "<Tagging/>",
                           "<Tagging><TagSet><Tag/></TagSet></Tagging>", "\xff\xfe"}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(cloud_.put("/bkt/k?tagging=", body).status, 400);
    EXPECT_EQ(cloud_.put("/bkt?versioning=", body).status, 400);
    EXPECT_EQ(cloud_.put("/bkt?notification=", body).status, 400);
  }
}

TEST_F(S3Test, AFaultHitsAsOftenAsItWasAskedTo) {
  (void)cloud_.put("/bkt/k", "1");
  cloud_.faults.add({.operation = "s3:GetObject", .count = 2, .status = 503, .code = "SlowDown"});

  EXPECT_EQ(cloud_.get("/bkt/k").status, 503);
  EXPECT_EQ(element(cloud_.get("/bkt/k").body, "Code"), "SlowDown");
  EXPECT_EQ(cloud_.get("/bkt/k").status, 200);
}

TEST_F(S3Test, AFaultMayLoseOnlyTheAnswer) {
  cloud_.faults.add({.operation = "s3:PutObject",
                     .count = 1,
                     .status = 500,
                     .code = "InternalError",
                     .after = true});

  EXPECT_EQ(cloud_.put("/bkt/k", "1").status, 500);
  EXPECT_EQ(cloud_.get("/bkt/k").body, "1");
}

}  // namespace
}  // namespace cordon
