#include "aws/s3_copy.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aws/s3_store.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kCopied = "<CopyObjectResult><ETag>\"new\"</ETag></CopyObjectResult>";
constexpr const char* kPart = "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>";
constexpr const char* kCreated =
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>";
constexpr const char* kCompleted =
    "<CompleteMultipartUploadResult><ETag>\"new-3\"</ETag></CompleteMultipartUploadResult>";

class S3CopyTest : public testing::Test {
 protected:
  S3CopyTest() {
    client_.answer_by(
        [this](const AwsCall& call, Deadline, std::stop_token) { return answer(call); });
  }

  // A server that does everything right, until a test says otherwise.
  Result<HttpResponse> answer(const AwsCall& call) {
    if (failures_.contains(call.operation)) return failures_.at(call.operation);
    if (call.operation == "HeadObject") return call.bucket == request_.to_bucket ? there_ : head_;
    Headers made;
    if (!made_version_.empty()) made.add("x-amz-version-id", made_version_);
    if (call.operation == "CopyObject") return HttpResponse{200, made, copy_body_};
    if (call.operation == "CreateMultipartUpload") return HttpResponse{200, {}, kCreated};
    if (call.operation == "UploadPartCopy") return HttpResponse{200, {}, kPart};
    if (call.operation == "CompleteMultipartUpload") return HttpResponse{200, made, complete_body_};
    return HttpResponse{204, {}, ""};
  }

  Result<CopyResult> copy(std::stop_token stop = {}) {
    return store_.copy(request_, Deadline::never(), std::move(stop));
  }
  std::size_t count(const std::string& operation) const {
    const std::vector<std::string> all = client_.operations();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), operation));
  }
  AwsCall the(const std::string& operation) const {
    for (const AwsCall& call : client_.calls()) {
      if (call.operation == operation) return call;
    }
    ADD_FAILURE() << operation << " was not called";
    return AwsCall{.service = AwsService::s3, .operation = ""};
  }
  void refuse_long_tags() {
    for (int i = 0; i < 10; ++i) request_.tags["tag" + std::to_string(i)] = std::string(600, '=');
    failures_["PutObjectTagging"] = remote_error(Errc::denied, "AccessDenied");
  }
  bool says_what_is_left() const {
    return std::any_of(lines_.begin(), lines_.end(), [](const std::string& line) {
      return line.find("s3.copy_left") != std::string::npos;
    });
  }
  void large() { head_.headers.set("Content-Length", "25"); }

  FakeServiceClient client_;
  SimulatedClock clock_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::debug, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  S3Store store_{
      client_, clock_, log_, {.single_copy_bytes_max = 20, .part_bytes = 10, .parts_in_flight = 3}};
  CopyRequest request_{.from = {BucketName("b"), ObjectKey("k y"), VersionId("v1")},
                       .from_etag = ETag("e1"),
                       .bytes = 11,
                       .to_bucket = BucketName("q"),
                       .to_key = ObjectKey("b/k y"),
                       .tags = {{"scan-result", "Infected"}},
                       .add_metadata = {{"cordon-version", "v1"}}};
  HttpResponse head_{200,
                     {{"Content-Length", "11"},
                      {"ETag", "\"e1\""},
                      {"Content-Type", "text/plain"},
                      {"x-amz-storage-class", "STANDARD_IA"},
                      {"x-amz-version-id", "v1"},
                      {"x-amz-meta-owner", "me"}},
                     ""};
  /// What lies at the destination after the copy.
  Result<HttpResponse> there_ = HttpResponse{
      200,
      {{"Content-Length", "11"}, {"ETag", "\"new\""}, {"x-amz-meta-cordon-version", "v1"}},
      ""};
  std::string made_version_ = "v-new";
  std::string copy_body_ = kCopied;
  std::string complete_body_ = kCompleted;
  std::map<std::string, Error> failures_;
};

TEST_F(S3CopyTest, CopiesThePinnedBytesWithAllThatBelongsToThem) {
  const Result<CopyResult> copied = copy();

  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_EQ(copied->etag, ETag("new"));
  EXPECT_EQ(copied->version, VersionId("v-new"));
  const AwsCall call = the("CopyObject");
  EXPECT_EQ(call.bucket, BucketName("q"));
  EXPECT_EQ(call.path, "/b/k y");
  const std::pair<const char*, const char*> kHeaders[] = {
      {"x-amz-copy-source", "/b/k%20y?versionId=v1"},
      {"x-amz-copy-source-if-match", "\"e1\""},
      {"x-amz-metadata-directive", "REPLACE"},
      {"x-amz-tagging-directive", "REPLACE"},
      {"x-amz-object-annotation-directive", "EXCLUDE"},
      {"x-amz-tagging", "scan-result=Infected"},
      {"Content-Type", "text/plain"},
      {"x-amz-storage-class", "STANDARD_IA"},
      {"x-amz-meta-owner", "me"},
      {"x-amz-meta-cordon-version", "v1"},
  };
  for (const auto& [name, value] : kHeaders) EXPECT_EQ(call.headers.get(name), value) << name;
}

TEST_F(S3CopyTest, PinsAVersionThatItOnlyLearns) {
  request_.from.version.reset();

  ASSERT_TRUE(copy());

  EXPECT_EQ(the("HeadObject").headers.get("If-Match"), "\"e1\"");
  EXPECT_EQ(the("CopyObject").headers.get("x-amz-copy-source"), "/b/k%20y?versionId=v1");
}

TEST_F(S3CopyTest, AsksForAFreePlaceWhereItMakesTheObject) {
  request_.only_if_absent = true;
  ASSERT_TRUE(copy());
  EXPECT_EQ(the("CopyObject").headers.get("If-None-Match"), "*");

  large();
  ASSERT_TRUE(copy());
  EXPECT_EQ(the("CompleteMultipartUpload").headers.get("If-None-Match"), "*");
}

TEST_F(S3CopyTest, CopiesWithoutTheConditionWhereItIsUnknown) {
  request_.only_if_absent = true;
  failures_["CopyObject"] = remote_error(Errc::unavailable, "NotImplemented");

  EXPECT_FALSE(copy());

  EXPECT_EQ(count("CopyObject"), 2U);
  EXPECT_FALSE(client_.last_call().headers.has("If-None-Match"));
}

TEST_F(S3CopyTest, APlaceThatIsTakenIsToldApartFromASourceThatChanged) {
  request_.only_if_absent = true;
  failures_["CopyObject"] = remote_error(Errc::changed, "PreconditionFailed");

  const Error taken = copy().error();

  EXPECT_EQ(taken.code, Errc::changed);
  EXPECT_EQ(taken.cause, ErrorCause::place_taken);
  EXPECT_EQ(count("HeadObject"), 2U) << "the source was asked";

  request_.only_if_absent = false;
  EXPECT_EQ(copy().error().cause, ErrorCause::unspecified);
}

TEST_F(S3CopyTest, AConflictOfTwoWritersIsWorthAnotherAttempt) {
  request_.only_if_absent = true;
  for (const bool by_parts : {false, true}) {
    if (by_parts) large();
    failures_ = {{by_parts ? "CompleteMultipartUpload" : "CopyObject",
                  remote_error(Errc::changed, "ConditionalRequestConflict")}};

    EXPECT_EQ(copy().error().code, Errc::unavailable);
  }
}

TEST_F(S3CopyTest, CopiesNothingElseThanWhatWasScanned) {
  head_.headers.set("ETag", "\"e2\"");

  EXPECT_EQ(copy().error().code, Errc::changed);
  EXPECT_EQ(count("CopyObject"), 0U);
}

TEST_F(S3CopyTest, AStatus200WithAnErrorIsNoCopy) {
  copy_body_ = "<Error><Code>InternalError</Code><Message>try again</Message></Error>";
  EXPECT_EQ(copy().error().code, Errc::unavailable);

  copy_body_ = "<Error><Code>PreconditionFailed</Code></Error>";
  EXPECT_EQ(copy().error().code, Errc::changed);

  copy_body_ = "";
  EXPECT_EQ(copy().error().code, Errc::unavailable);
}

// "Not found" would make the caller believe that the infected object is gone.
TEST_F(S3CopyTest, AMissingDestinationIsNotAMissingSource) {
  failures_["CopyObject"] = remote_error(Errc::not_found, "NoSuchBucket");
  for (const Errc look : {Errc::not_found, Errc::denied}) {
    failures_.insert_or_assign("HeadBucket", remote_error(look, ""));

    const Result<CopyResult> copied = copy();

    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::denied);
    EXPECT_EQ(copied.error().cause, ErrorCause::destination);
    EXPECT_EQ(the("HeadBucket").bucket, request_.to_bucket);
  }
}

// One answer of something in between must not be the last word about an infected object.
TEST_F(S3CopyTest, ADestinationThatIsThereIsNotMissing) {
  large();
  for (const char* code : {"NoSuchBucket", "NoSuchKey", ""}) {
    failures_.insert_or_assign("UploadPartCopy", remote_error(Errc::not_found, code));
    EXPECT_EQ(copy().error().code, Errc::unavailable) << code;
  }

  failures_.insert_or_assign("UploadPartCopy", remote_error(Errc::not_found, "NoSuchBucket"));
  failures_.insert_or_assign("HeadBucket", remote_error(Errc::timeout, ""));
  EXPECT_EQ(copy().error().code, Errc::unavailable);
}

TEST_F(S3CopyTest, ACompletionThatWasAnsweredAndNotDoneIsAborted) {
  large();
  there_ = remote_error(Errc::not_found, "");

  EXPECT_EQ(copy().error().code, Errc::unavailable);

  EXPECT_EQ(the("AbortMultipartUpload").query, (Query{{"uploadId", "u/1"}}));
}

// What may not be looked at here is looked at by whoever asked for the copy.
TEST_F(S3CopyTest, ACompletionThatNoLookContradictsIsOne) {
  large();
  there_ = remote_error(Errc::denied, "AccessDenied");

  EXPECT_TRUE(copy());

  EXPECT_EQ(count("AbortMultipartUpload"), 0U);
}

TEST_F(S3CopyTest, TagsThatAreTooLongForAHeaderFollowTheCopy) {
  for (int i = 0; i < 10; ++i) request_.tags["tag" + std::to_string(i)] = std::string(600, '=');

  ASSERT_TRUE(copy());

  EXPECT_FALSE(the("CopyObject").headers.has("x-amz-tagging"));
  EXPECT_EQ(the("PutObjectTagging").bucket, BucketName("q"));
  EXPECT_EQ(the("PutObjectTagging").query, (Query{{"versionId", "v-new"}, {"tagging", ""}}));
}

TEST_F(S3CopyTest, ACopyThatCannotGetItsTagsIsTakenBack) {
  refuse_long_tags();

  EXPECT_EQ(copy().error().code, Errc::denied);

  EXPECT_EQ(the("DeleteObject").bucket, BucketName("q"));
  EXPECT_EQ(the("DeleteObject").query, (Query{{"versionId", "v-new"}}));
  EXPECT_FALSE(the("DeleteObject").headers.has("If-Match")) << "S3 compares the current version";
}

TEST_F(S3CopyTest, ACopyWithoutAVersionIsTakenBackOnACondition) {
  refuse_long_tags();
  std::size_t deletions = 0;
  for (const char* version : {"", "null"}) {
    made_version_ = version;

    EXPECT_EQ(copy().error().code, Errc::denied);

    EXPECT_EQ(count("DeleteObject"), ++deletions);
    EXPECT_EQ(client_.last_call().operation, "DeleteObject");
    EXPECT_EQ(client_.last_call().query, Query{});
    EXPECT_EQ(client_.last_call().headers.get("If-Match"), "\"new\"");
    EXPECT_FALSE(says_what_is_left());
  }
}

TEST_F(S3CopyTest, WhatIsNotTheCopyThatWasMadeIsLeftAndTold) {
  refuse_long_tags();
  const Result<HttpResponse> kThere[] = {
      // Another content; the same content of its owner; what may not be looked at.
      HttpResponse{
          200,
          {{"Content-Length", "11"}, {"ETag", "\"other\""}, {"x-amz-meta-cordon-version", "v1"}},
          ""},
      HttpResponse{200, {{"Content-Length", "11"}, {"ETag", "\"new\""}}, ""},
      remote_error(Errc::denied, "AccessDenied")};
  made_version_ = "";
  for (const Result<HttpResponse>& there : kThere) {
    there_ = there;
    lines_.clear();

    EXPECT_EQ(copy().error().code, Errc::denied);

    EXPECT_EQ(count("DeleteObject"), 0U);
    EXPECT_TRUE(says_what_is_left());
  }
}

TEST_F(S3CopyTest, AServerWithoutTheConditionKeepsTheCopy) {
  refuse_long_tags();
  made_version_ = "";
  failures_["DeleteObject"] = remote_error(Errc::unavailable, "NotImplemented");

  EXPECT_EQ(copy().error().code, Errc::denied);

  EXPECT_EQ(count("DeleteObject"), 1U);
  EXPECT_TRUE(the("DeleteObject").headers.has("If-Match"));
  EXPECT_TRUE(says_what_is_left());
}

TEST_F(S3CopyTest, CopiesLargeObjectsByPinnedParts) {
  large();

  const Result<CopyResult> copied = copy();

  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_EQ(copied->etag, ETag("new-3"));
  EXPECT_EQ(copied->version, VersionId("v-new"));
  std::set<std::pair<std::string, std::string>> parts;
  for (const AwsCall& call : client_.calls()) {
    if (call.operation != "UploadPartCopy") continue;
    EXPECT_EQ(call.headers.get("x-amz-copy-source-if-match"), "\"e1\"");
    EXPECT_EQ(call.headers.get("x-amz-copy-source"), "/b/k%20y?versionId=v1");
    EXPECT_EQ(call.query.at(1), (std::pair<std::string, std::string>{"uploadId", "u/1"}));
    parts.emplace(call.query.at(0).second, *call.headers.get("x-amz-copy-source-range"));
  }
  EXPECT_EQ(parts, (std::set<std::pair<std::string, std::string>>{
                       {"1", "bytes=0-9"}, {"2", "bytes=10-19"}, {"3", "bytes=20-24"}}));
  const AwsCall create = the("CreateMultipartUpload");
  EXPECT_EQ(create.headers.get("x-amz-meta-owner"), "me");
  EXPECT_EQ(create.headers.get("x-amz-tagging"), "scan-result=Infected");
  EXPECT_EQ(create.headers.get("x-amz-storage-class"), "STANDARD_IA");
  EXPECT_EQ(count("AbortMultipartUpload"), 0U);
}

TEST_F(S3CopyTest, NeedsNoMoreThanTenThousandParts) {
  head_.headers.set("Content-Length", "1000001");

  ASSERT_TRUE(copy());

  EXPECT_EQ(count("UploadPartCopy"), 9901U);  // Parts of 101 bytes.
}

TEST_F(S3CopyTest, CopiesTheLargestObjectThatS3Takes) {
  constexpr std::uint64_t kPartBytesMax = std::uint64_t{5} << 30U;
  head_.headers.set("Content-Length", std::to_string(10'000 * kPartBytesMax));  // 48.8 TiB

  ASSERT_TRUE(copy());

  EXPECT_EQ(count("UploadPartCopy"), 10'000U);
  const std::vector<AwsCall> calls = client_.calls();
  const auto is_last = [&](const AwsCall& call) {
    return call.headers.get("x-amz-copy-source-range") ==
           "bytes=53681722490880-53687091199999";  // 5 GiB
  };
  EXPECT_EQ(std::count_if(calls.begin(), calls.end(), is_last), 1);
}

TEST_F(S3CopyTest, AnyFailureOfACopyByPartsAbortsIt) {
  const std::pair<const char*, Errc> kFailures[] = {{"UploadPartCopy", Errc::changed},
                                                    {"UploadPartCopy", Errc::unavailable},
                                                    {"CompleteMultipartUpload", Errc::timeout}};
  large();
  std::size_t aborts = 0;
  for (const auto& [operation, code] : kFailures) {
    SCOPED_TRACE(operation);
    failures_ = {{operation, remote_error(code, "Code")}};

    const Result<CopyResult> copied = copy();

    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, code);
    EXPECT_EQ(count("AbortMultipartUpload"), ++aborts);
    EXPECT_EQ(the("AbortMultipartUpload").query, (Query{{"uploadId", "u/1"}}));
  }
}

TEST_F(S3CopyTest, AFailureBehindStatus200OfTheLastStepAbortsToo) {
  large();
  complete_body_ = "<Error><Code>InternalError</Code></Error>";

  EXPECT_EQ(copy().error().code, Errc::unavailable);

  EXPECT_EQ(count("AbortMultipartUpload"), 1U);
}

TEST_F(S3CopyTest, AStoppedCopyIsAbortedAllTheSame) {
  large();
  std::stop_source stop;
  client_.answer_by(
      [&](const AwsCall& call, Deadline, std::stop_token token) -> Result<HttpResponse> {
        if (call.operation == "UploadPartCopy") {
          stop.request_stop();
          EXPECT_TRUE(token.stop_requested());
          return Error{Errc::cancelled, "stopped"};
        }
        if (call.operation == "AbortMultipartUpload") {
          EXPECT_FALSE(token.stop_requested());
        }
        return answer(call);
      });

  EXPECT_EQ(copy(stop.get_token()).error().code, Errc::cancelled);

  EXPECT_EQ(count("AbortMultipartUpload"), 1U);
}

TEST_F(S3CopyTest, SaysWhatAFailedAbortLeavesBehind) {
  large();
  failures_["UploadPartCopy"] = remote_error(Errc::unavailable, "InternalError");
  failures_["AbortMultipartUpload"] = remote_error(Errc::unavailable, "InternalError");

  EXPECT_FALSE(copy());

  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("u/1"), std::string::npos);
}

TEST_F(S3CopyTest, AnUploadThatVanishedIsWorthAnotherAttempt) {
  large();
  failures_["CompleteMultipartUpload"] = remote_error(Errc::not_found, "NoSuchUpload");

  EXPECT_EQ(copy().error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cordon
