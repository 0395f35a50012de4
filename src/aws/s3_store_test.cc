#include "aws/s3_store.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

const ObjectRef kObject{BucketName("b"), ObjectKey("a b/../k+")};
const ObjectRef kPinned{BucketName("b"), ObjectKey("k"), VersionId("v1")};

/// Keeps what it gets; fails where it is told to.
class CollectingSink final : public ByteSink {
 public:
  Result<void> begin(const ObjectHead& head) override {
    ++begins;
    bytes_announced = head.bytes;
    return refusal ? Result<void>(*refusal) : Result<void>();
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

  int begins = 0;
  std::uint64_t bytes_announced = 0;
  std::string content;
  std::optional<Error> refusal;
};

class S3StoreTest : public testing::Test {
 protected:
  Result<ObjectHead> read(const ObjectRef& object, const ReadOptions& options = {}) {
    return store_.read(object, options, sink_, Deadline::never(), {});
  }
  Result<void> remove(const ObjectRef& object) {
    return store_.remove(object, ETag("e1"), Deadline::never(), {});
  }
  static Headers headers(const std::string& length) {
    return {{"Content-Length", length},
            {"ETag", "\"e1\""},
            {"Last-Modified", "Sun, 22 Nov 2026 15:50:33 GMT"}};
  }

  FakeServiceClient client_;
  SimulatedClock clock_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::debug, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  S3Store store_{client_, clock_, log_};
  CollectingSink sink_;
};

TEST_F(S3StoreTest, ReadsTheVersionThatIsNamed) {
  client_.will_answer(200, headers("11"), "hello world");

  const Result<ObjectHead> head = read(kPinned);

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(sink_.content, "hello world");
  EXPECT_EQ(sink_.begins, 1);
  EXPECT_EQ(head->version, VersionId("v1"));
  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.path, "/k");
  EXPECT_EQ(call.query, (std::vector<std::pair<std::string, std::string>>{{"versionId", "v1"}}));
  EXPECT_EQ(call.headers.get("x-amz-checksum-mode"), "ENABLED");
}

TEST_F(S3StoreTest, LeavesTheKeyRawForTheClientToEncode) {
  client_.will_answer(200, headers("0"), "");

  ASSERT_TRUE(read(kObject));

  EXPECT_EQ(client_.last_call().path, "/a b/../k+");
}

TEST_F(S3StoreTest, LearnsTheVersionFromTheReply) {
  Headers said = headers("1");
  said.add("x-amz-version-id", "v9");
  client_.will_answer(200, said, "x");

  EXPECT_EQ(read(kObject)->version, VersionId("v9"));
}

TEST_F(S3StoreTest, AnnouncesAnEmptyObjectToo) {
  client_.will_answer(200, headers("0"), "");

  ASSERT_TRUE(read(kObject));

  EXPECT_EQ(sink_.begins, 1);
  EXPECT_EQ(sink_.content, "");
}

TEST_F(S3StoreTest, ResumesWithRangeAndETag) {
  Headers said = headers("6");
  said.add("Content-Range", "bytes 5-10/11");
  client_.will_answer(206, said, " world");

  const Result<ObjectHead> head = read(kObject, {.if_match = ETag("e1"), .offset = 5});

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->bytes, 11U);
  EXPECT_EQ(sink_.content, " world");
  EXPECT_EQ(client_.last_call().headers.get("Range"), "bytes=5-");
  EXPECT_EQ(client_.last_call().headers.get("If-Match"), "\"e1\"");
}

TEST_F(S3StoreTest, NeverResumesOnABody) {
  client_.will_answer(200, headers("11"), "hello world");

  EXPECT_EQ(read(kObject, {.if_match = ETag("e1"), .offset = 5}).error().code, Errc::unavailable);
  EXPECT_EQ(read(kObject, {.offset = 5}).error().code, Errc::invalid);
  EXPECT_EQ(sink_.content, "");
}

TEST_F(S3StoreTest, NoticesAServerThatIgnoresTheCondition) {
  client_.will_answer(200, headers("11"), "hello world");

  EXPECT_EQ(read(kObject, {.if_match = ETag("e0")}).error().code, Errc::changed);
  EXPECT_EQ(sink_.begins, 0);
}

TEST_F(S3StoreTest, CountsWhatItGets) {
  client_.will_answer(200, headers("12"), "hello world");
  EXPECT_EQ(read(kObject).error().code, Errc::unavailable);

  client_.will_answer(200, headers("10"), "hello world");
  EXPECT_EQ(read(kObject).error().code, Errc::unavailable);
}

TEST_F(S3StoreTest, PassesOnWhyTheSinkRefused) {
  sink_.refusal = Error{Errc::denied, "too large for the spool", ErrorCause::staging};
  client_.will_answer(200, headers("11"), "hello world");

  EXPECT_EQ(read(kObject).error(), *sink_.refusal);
  EXPECT_EQ(sink_.content, "");
}

// The client sends a request again while nothing of its body was taken.
TEST_F(S3StoreTest, BeginsOnceWhenTheHeadComesTwice) {
  class TwiceClient final : public ServiceClient {
   public:
    const Region& region() const override { return region_; }
    Result<HttpResponse> call(const AwsCall&, Deadline, std::stop_token,
                              const BodyReceiver* receiver) override {
      const HttpResponse response{200, headers("2"), ""};
      EXPECT_TRUE(*receiver->head(response));
      EXPECT_TRUE(*receiver->head(response));
      EXPECT_TRUE(receiver->piece(as_bytes_of("ab")));
      return response;
    }

   private:
    Region region_{"r"};
  } twice;
  S3Store store(twice, clock_, log_);

  ASSERT_TRUE(store.read(kObject, {}, sink_, Deadline::never(), {}));

  EXPECT_EQ(sink_.begins, 1);
  EXPECT_EQ(sink_.content, "ab");
}

// Keys that were rotated and clocks that are wrong are 403 as well, and no object's fault.
TEST_F(S3StoreTest, ARefusedHeadIsNoDenialBeforeItsReasonIsKnown) {
  const std::tuple<Result<HttpResponse>, Errc, ErrorCause> kTold[] = {
      {Error{Errc::denied, "RequestTimeTooSkewed", ErrorCause::clock_skew}, Errc::denied,
       ErrorCause::clock_skew},
      {Error{Errc::denied, "AccessDenied", ErrorCause::access_denied}, Errc::denied,
       ErrorCause::access_denied},
      {Error{Errc::unavailable, "InternalError"}, Errc::unavailable, ErrorCause::unspecified},
      {HttpResponse{206, {}, "x"}, Errc::unavailable, ErrorCause::unspecified},
  };
  for (const auto& [told, code, cause] : kTold) {
    client_.will_answer(Error{Errc::denied, "HeadObject: 403", ErrorCause::access_denied});
    client_.will_answer(told);

    const Result<ObjectHead> head = store_.head(kPinned, Deadline::never(), {});

    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, code);
    EXPECT_EQ(head.error().cause, cause);
  }
}

TEST_F(S3StoreTest, AsksWhyAHeadWasRefused) {
  client_.will_answer(Error{Errc::invalid, "HeadObject: 400"});
  client_.will_answer(Error{Errc::denied, "GetObject: 400 InvalidRequest", ErrorCause::sse_c});

  const Result<ObjectHead> head = store_.head(kPinned, Deadline::never(), {});

  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().cause, ErrorCause::sse_c);
  EXPECT_EQ(client_.last_call().headers.get("Range"), "bytes=0-0");
}

TEST_F(S3StoreTest, AnAnswerWithoutAnythingIsNoTagsWhenTheStoreGaveIt) {
  client_.will_answer(200, {{"Content-Length", "0"}, {"x-amz-request-id", "tx0001"}}, "");
  EXPECT_EQ(store_.tags(kPinned, Deadline::never(), {}).value(), TagSet());

  for (const Headers& headers :
       {Headers{{"Content-Length", "0"}}, Headers{{"x-amz-request-id", "tx0001"}}}) {
    client_.will_answer(200, headers, "");
    EXPECT_EQ(store_.tags(kPinned, Deadline::never(), {}).error().code, Errc::unavailable);
  }
}

TEST_F(S3StoreTest, ReadsAndWritesTheTagsOfAVersion) {
  client_.will_answer(
      200, {}, "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>");
  client_.will_answer(200, {}, "");

  const Result<TagSet> tags = store_.tags(kPinned, Deadline::never(), {});
  const Result<void> written = store_.set_tags(kPinned, {{"b", "2"}}, Deadline::never(), {});

  ASSERT_TRUE(tags);
  EXPECT_EQ(*tags, (TagSet{{"a", "1"}}));
  ASSERT_TRUE(written);
  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.method, "PUT");
  EXPECT_EQ(call.query, (std::vector<std::pair<std::string, std::string>>{{"versionId", "v1"},
                                                                          {"tagging", ""}}));
  EXPECT_EQ(call.headers.get("Content-MD5"), base64(md5(as_bytes_of(call.body))));
  EXPECT_NE(call.body.find("<Key>b</Key><Value>2</Value>"), std::string::npos);
}

TEST_F(S3StoreTest, EmptiesATagSetAlsoWhereAnEmptyOneIsRefused) {
  client_.will_answer(remote_error(Errc::unavailable, "InternalError"));
  client_.will_answer(204, {}, "");

  ASSERT_TRUE(store_.set_tags(kPinned, {}, Deadline::never(), {}));

  EXPECT_EQ(client_.operations(),
            (std::vector<std::string>{"PutObjectTagging", "DeleteObjectTagging"}));
  client_.will_answer(Error{Errc::denied, "no right"});
  EXPECT_EQ(store_.set_tags(kPinned, {}, Deadline::never(), {}).error().code, Errc::denied);
}

TEST_F(S3StoreTest, RemovesExactlyTheNamedVersion) {
  client_.will_answer(204, {}, "");

  ASSERT_TRUE(remove(kPinned));

  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.method, "DELETE");
  EXPECT_EQ(call.query, (std::vector<std::pair<std::string, std::string>>{{"versionId", "v1"}}));
  EXPECT_FALSE(call.headers.has("If-Match"));
}

TEST_F(S3StoreTest, RemovesWhatHasNoVersionOnlyWithItsETag) {
  client_.will_answer(200, headers("11"), "");
  client_.will_answer(204, {}, "");

  ASSERT_TRUE(remove(kObject));

  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"HeadObject", "DeleteObject"}));
  EXPECT_EQ(client_.calls()[0].headers.get("If-Match"), "\"e1\"");
  EXPECT_EQ(client_.calls()[1].headers.get("If-Match"), "\"e1\"");
}

TEST_F(S3StoreTest, RemovesNothingThatHasChanged) {
  Headers other = headers("11");
  other.set("ETag", "\"e2\"");
  client_.will_answer(200, other, "");  // A server that does not know If-Match on HEAD either.

  EXPECT_EQ(remove(kObject).error().code, Errc::changed);

  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"HeadObject"}));
}

TEST_F(S3StoreTest, SaysOnceThatAServerDeletesWithoutCondition) {
  for (int i = 0; i < 2; ++i) {
    client_.will_answer(200, headers("11"), "");
    client_.will_answer(remote_error(Errc::unavailable, "NotImplemented"));
    client_.will_answer(204, {}, "");

    ASSERT_TRUE(remove(kObject));

    EXPECT_FALSE(client_.last_call().headers.has("If-Match"));
  }
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(S3StoreTest, TellsALockFromMissingRights) {
  Headers locked = headers("11");
  locked.add("x-amz-object-lock-retain-until-date", "2999-01-01T00:00:00Z");
  Headers expired = headers("11");
  expired.add("x-amz-object-lock-retain-until-date", "1999-01-01T00:00:00Z");
  const std::tuple<const char*, Headers, const char*, ErrorCause> kCases[] = {
      {"retention", locked, "AccessDenied", ErrorCause::locked},
      {"retention that is over", expired, "AccessDenied", ErrorCause::access_denied},
      {"the service's words", headers("11"),
       "Access Denied because object protected by object lock.", ErrorCause::locked},
      {"no lock", headers("11"), "AccessDenied", ErrorCause::access_denied},
  };
  for (const auto& [what, head, text, cause] : kCases) {
    SCOPED_TRACE(what);
    client_.will_answer(Error{Errc::denied, text, ErrorCause::access_denied});
    client_.will_answer(200, head, "");

    const Result<void> removed = remove(kPinned);

    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Errc::denied);
    EXPECT_EQ(removed.error().cause, cause);
  }
}

}  // namespace
}  // namespace cordon
