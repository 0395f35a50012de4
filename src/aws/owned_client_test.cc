#include "aws/owned_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "aws/s3_catalogue.h"
#include "aws/s3_store.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::IsSupersetOf;

constexpr const char* kOwner = "x-amz-expected-bucket-owner";
constexpr const char* kSourceOwner = "x-amz-source-expected-bucket-owner";

const BucketName kOurs("ours");
const BucketName kTheirs("theirs");

class NullSink final : public ByteSink {
 public:
  Result<void> begin(const ObjectHead&) override { return {}; }
  Result<void> write(std::span<const std::byte>) override { return {}; }
};

class OwnedClientTest : public testing::Test {
 protected:
  OwnedClientTest() {
    inner_.answer_by([](const AwsCall& call, Deadline, std::stop_token) -> Result<HttpResponse> {
      const Headers head{{"Content-Length", "25"}, {"ETag", "\"e1\""}};
      if (call.operation == "HeadObject") return HttpResponse{200, head, ""};
      if (call.operation == "GetObject") return HttpResponse{200, head, std::string(25, 'x')};
      if (call.operation == "CopyObject") {
        return HttpResponse{200, {}, "<CopyObjectResult><ETag>\"n\"</ETag></CopyObjectResult>"};
      }
      if (call.operation == "CreateMultipartUpload") {
        return HttpResponse{200,
                            {},
                            "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                            "</InitiateMultipartUploadResult>"};
      }
      if (call.operation == "UploadPartCopy") {
        return HttpResponse{200, {}, "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>"};
      }
      if (call.operation == "CompleteMultipartUpload") {
        return Error{Errc::unavailable, "so that the upload is ended as well"};
      }
      if (call.operation == "GetObjectTagging") {
        return HttpResponse{200, {}, "<Tagging><TagSet></TagSet></Tagging>"};
      }
      if (call.operation == "ListObjectVersions") {
        return HttpResponse{
            200, {}, "<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"};
      }
      return HttpResponse{200, head, ""};
    });
  }

  static AccountId owner_of(const BucketName& bucket) {
    return AccountId(bucket == kTheirs ? "444455556666" : "111122223333");
  }
  /// A copy between the two; large ones go by parts.
  CopyRequest copy(const BucketName& from, const BucketName& to) {
    return {.from = {from, ObjectKey("a/b c")},
            .from_etag = ETag("e1"),
            .bytes = 25,
            .to_bucket = to,
            .to_key = ObjectKey("k")};
  }

  FakeServiceClient inner_;
  SimulatedClock clock_;
  Log log_{LogLevel::error, clock_, [](std::string_view) {}};
  OwnedClient client_{inner_, owner_of};
};

// Everything that stores and catalogues ask for goes through here.
TEST_F(OwnedClientTest, EveryRequestSaysWhoseTheBucketHasToBe) {
  S3Store store(client_, clock_, log_);
  S3Store by_parts(client_, clock_, log_, {.single_copy_bytes_max = 20, .part_bytes = 10});
  S3Catalogue catalogue(client_);
  NullSink sink;
  const Deadline never = Deadline::never();
  for (const BucketName& bucket : {kOurs, kTheirs}) {
    const ObjectRef object{bucket, ObjectKey("k")};
    const BucketName& other = bucket == kOurs ? kTheirs : kOurs;
    EXPECT_TRUE(store.head(object, never, {}));
    EXPECT_TRUE(store.read(object, {}, sink, never, {}));
    EXPECT_TRUE(store.tags(object, never, {}));
    EXPECT_TRUE(store.set_tags(object, {{"a", "b"}}, never, {}));
    EXPECT_TRUE(store.remove(object, ETag("e1"), never, {}));
    EXPECT_TRUE(store.copy(copy(bucket, other), never, {}));
    EXPECT_FALSE(by_parts.copy(copy(bucket, other), never, {}));
    EXPECT_TRUE(catalogue.list({.bucket = bucket}, never, {}));
    EXPECT_TRUE(catalogue.write(object, "{}", std::nullopt, never, {}));
  }

  std::set<std::string> operations;
  for (const AwsCall& call : inner_.calls()) {
    SCOPED_TRACE(call.operation + " " + call.bucket->str());
    operations.insert(call.operation);
    EXPECT_EQ(call.headers.get(kOwner), owner_of(*call.bucket).str());
    const bool is_copy = call.headers.has("x-amz-copy-source");
    EXPECT_EQ(call.headers.has(kSourceOwner), is_copy);
    const BucketName& other = *call.bucket == kOurs ? kTheirs : kOurs;
    if (is_copy) {
      EXPECT_EQ(call.headers.get(kSourceOwner), owner_of(other).str());
    }
  }
  EXPECT_THAT(operations,
              IsSupersetOf({"HeadObject", "GetObject", "GetObjectTagging", "PutObjectTagging",
                            "DeleteObject", "CopyObject", "CreateMultipartUpload", "UploadPartCopy",
                            "CompleteMultipartUpload", "AbortMultipartUpload", "ListObjectVersions",
                            "PutObject"}));
}

TEST_F(OwnedClientTest, WhatACallSaysItselfStays) {
  AwsCall call{.service = AwsService::s3, .operation = "GetObject", .bucket = kOurs};
  call.headers.add(kOwner, "777788889999");

  ASSERT_TRUE(client_.call(call, Deadline::never(), {}));

  EXPECT_EQ(inner_.last_call().headers.get(kOwner), "777788889999");
}

TEST_F(OwnedClientTest, OtherServicesAndCallsWithoutABucketAreLeftAlone) {
  ASSERT_TRUE(client_.call({.service = AwsService::sqs, .operation = "SendMessage"},
                           Deadline::never(), {}));
  EXPECT_FALSE(inner_.last_call().headers.has(kOwner));
  ASSERT_TRUE(
      client_.call({.service = AwsService::s3, .operation = "ListBuckets"}, Deadline::never(), {}));
  EXPECT_FALSE(inner_.last_call().headers.has(kOwner));
  ASSERT_TRUE(client_.call(
      {.service = AwsService::s3, .operation = "CreateBucket", .method = "PUT", .bucket = kOurs},
      Deadline::never(), {}));
  EXPECT_FALSE(inner_.last_call().headers.has(kOwner));
}

}  // namespace
}  // namespace cordon
