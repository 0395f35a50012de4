#include "aws/s3_document_store.h"

#include <gtest/gtest.h>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

class S3DocumentStoreTest : public testing::Test {
 protected:
  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known = std::nullopt) {
    return store_.read(known, Deadline::never(), {});
  }
  Result<StoredDocument> write(const std::optional<ETag>& expected) {
    return store_.write("{}", expected, Deadline::never(), {});
  }

  FakeServiceClient client_;
  S3DocumentStore store_{client_, {.bucket = BucketName("system"), .owner = AccountId("1111")}};
};

TEST_F(S3DocumentStoreTest, EveryRequestNamesTheOwnerOfTheBucket) {
  client_.will_answer(200, {{"etag", "\"e\""}}, "{}");
  client_.will_answer(200, {{"etag", "\"f\""}}, "");

  ASSERT_TRUE(read());
  ASSERT_TRUE(write(ETag("e")));

  for (const AwsCall& call : client_.calls()) {
    EXPECT_EQ(call.headers.get("x-amz-expected-bucket-owner"), "1111");
    EXPECT_EQ(call.path, "/settings.json");
  }
}

TEST_F(S3DocumentStoreTest, ReadsAndWritesWithConditions) {
  client_.will_answer(304, {{"etag", "\"e\""}}, "");
  client_.will_answer(200, {{"etag", "\"f\""}, {"x-amz-version-id", "v"}}, "");
  client_.will_answer(200, {{"etag", "\"f\""}}, "");

  const auto unchanged = read(ETag("e"));
  ASSERT_TRUE(unchanged);
  EXPECT_FALSE(unchanged->has_value());
  EXPECT_EQ(client_.last_call().headers.get("If-None-Match"), "\"e\"");

  const auto written = write(ETag("e"));
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, (StoredDocument{"{}", ETag("f"), VersionId("v")}));
  EXPECT_EQ(client_.last_call().headers.get("If-Match"), "\"e\"");
  EXPECT_FALSE(client_.last_call().headers.get("If-None-Match"));

  ASSERT_TRUE(write(std::nullopt));
  EXPECT_EQ(client_.last_call().headers.get("If-None-Match"), "*");
}

TEST_F(S3DocumentStoreTest, AServerThatIgnoresTheConditionTellsNothingNew) {
  client_.will_answer(200, {{"etag", "\"e\""}}, "{}");

  const auto unchanged = read(ETag("e"));

  ASSERT_TRUE(unchanged);
  EXPECT_FALSE(unchanged->has_value());
}

TEST_F(S3DocumentStoreTest, AWriteWhoseReplyWasLostHasSucceeded) {
  client_.will_answer(remote_error(Errc::changed, "PreconditionFailed"));
  client_.will_answer(200, {{"etag", "\"f\""}}, "{}");

  const auto written = write(ETag("e"));

  ASSERT_TRUE(written) << written.error().what;
  EXPECT_EQ(written->etag, ETag("f"));
}

TEST_F(S3DocumentStoreTest, AnotherWriterIsAConflict) {
  client_.will_answer(remote_error(Errc::changed, "PreconditionFailed"));
  client_.will_answer(200, {{"etag", "\"f\""}}, "{\"theirs\": 1}");
  EXPECT_EQ(write(ETag("e")).error().code, Errc::changed);

  client_.will_answer(remote_error(Errc::not_found, "NoSuchKey"));
  client_.will_answer(remote_error(Errc::not_found, "NoSuchKey"));
  EXPECT_EQ(write(ETag("e")).error().code, Errc::changed);
}

TEST_F(S3DocumentStoreTest, AStoreThatComparesWithTheQuotesIsAskedWithoutThem) {
  client_.will_answer(remote_error(Errc::changed, "PreconditionFailed"));
  for (int look = 0; look < 2; ++look) {
    client_.will_answer(200, {{"etag", "\"e\""}}, "{\"before\": 1}");
  }
  client_.will_answer(200, {{"etag", "\"f\""}}, "");

  const auto written = write(ETag("e"));

  ASSERT_TRUE(written) << written.error().what;
  EXPECT_EQ(written->etag, ETag("f"));
  EXPECT_EQ(client_.last_call().headers.get("If-Match"), "e");
}

TEST_F(S3DocumentStoreTest, AStoreThatRefusesWhatHoldsIsWrittenToAfterALook) {
  const auto refuse_and_show = [this](const char* etag) {
    client_.will_answer(remote_error(Errc::changed, "PreconditionFailed"));
    client_.will_answer(200, {{"etag", etag}}, "{\"before\": 1}");
  };
  S3DocumentStore other(
      client_,
      {.bucket = BucketName("system"), .owner = AccountId("1111"), .store = StoreOwner::other});
  refuse_and_show("\"e\"");
  client_.will_answer(200, {{"etag", "\"e\""}}, "{\"before\": 1}");
  refuse_and_show("\"e\"");
  client_.will_answer(200, {{"etag", "\"f\""}}, "");

  const auto written = other.write("{}", ETag("e"), Deadline::never(), {});

  ASSERT_TRUE(written) << written.error().what;
  EXPECT_FALSE(client_.last_call().headers.has("If-Match"));
  refuse_and_show("\"g\"");
  client_.will_answer(200, {{"etag", "\"g\""}}, "{\"theirs\": 1}");
  EXPECT_EQ(other.write("{}", ETag("f"), Deadline::never(), {}).error().code, Errc::changed);
  refuse_and_show("\"e\"");
  client_.will_answer(200, {{"etag", "\"e\""}}, "{\"before\": 1}");
  refuse_and_show("\"e\"");
  EXPECT_EQ(write(ETag("e")).error().code, Errc::changed) << "AWS refuses what does not hold";
}

TEST_F(S3DocumentStoreTest, WithoutABucketThereIsNoConflict) {
  client_.will_answer(remote_error(Errc::not_found, "NoSuchBucket"));

  EXPECT_EQ(write(std::nullopt).error().code, Errc::not_found);
}

TEST_F(S3DocumentStoreTest, AnEndlessDocumentIsNotTaken) {
  client_.piece_bytes = 1U << 16U;
  client_.will_answer(200, {{"etag", "\"e\""}}, std::string((1U << 20U) + 1, ' '));

  EXPECT_EQ(read().error().code, Errc::invalid);
}

TEST_F(S3DocumentStoreTest, AReplyWithoutETagIsBroken) {
  client_.will_answer(200, {}, "{}");
  EXPECT_EQ(read().error().code, Errc::unavailable);

  client_.will_answer(200, {}, "");
  EXPECT_EQ(write(ETag("e")).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cordon
