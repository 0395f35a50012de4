#include "aws/s3_bucket_policies.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_service_client.h"

namespace cordon {
namespace {

const BucketName kBucket("uploads");

TEST(S3BucketPoliciesTest, GivesThePolicyAsItIs) {
  FakeServiceClient client;
  S3BucketPolicies policies(client);
  client.will_answer(HttpResponse{.status = 200, .body = "{ \"Statement\": [] }\n"});

  const auto read = policies.read(kBucket, Deadline::never(), {});

  EXPECT_EQ(read.value(), "{ \"Statement\": [] }\n");
  EXPECT_EQ(client.last_call().method, "GET");
  EXPECT_EQ(client.last_call().query.front().first, "policy");
}

TEST(S3BucketPoliciesTest, TellsNoPolicyFromNoBucketAndFromNoRight) {
  FakeServiceClient client;
  S3BucketPolicies policies(client);
  client.will_answer(remote_error(Errc::not_found, "NoSuchBucketPolicy"));
  client.will_answer(remote_error(Errc::not_found, "NoSuchBucket"));
  client.will_answer(remote_error(Errc::denied, "AccessDenied"));

  EXPECT_EQ(policies.read(kBucket, Deadline::never(), {}).value(), std::nullopt);
  EXPECT_EQ(policies.read(kBucket, Deadline::never(), {}).error().code, Errc::not_found);
  EXPECT_EQ(policies.read(kBucket, Deadline::never(), {}).error().code, Errc::denied);
}

TEST(S3BucketPoliciesTest, WritesWithADigestAndRemovesWhatMayBeGone) {
  FakeServiceClient client;
  S3BucketPolicies policies(client);
  client.will_answer(HttpResponse{.status = 204});
  client.will_answer(remote_error(Errc::not_found, "NoSuchBucketPolicy"));
  client.will_answer(remote_error(Errc::denied, "AccessDenied"));

  EXPECT_TRUE(policies.write(kBucket, "{}", Deadline::never(), {}));
  EXPECT_EQ(client.last_call().body, "{}");
  EXPECT_EQ(client.last_call().headers.get("Content-MD5"), base64(md5(as_bytes_of("{}"))));
  EXPECT_TRUE(policies.remove(kBucket, Deadline::never(), {}));
  EXPECT_EQ(client.last_call().method, "DELETE");
  EXPECT_EQ(policies.remove(kBucket, Deadline::never(), {}).error().code, Errc::denied);
}

}  // namespace
}  // namespace cordon
