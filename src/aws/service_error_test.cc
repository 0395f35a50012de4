#include "aws/service_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::Not;

AwsCall get_object() {
  AwsCall call{.service = AwsService::s3,
               .operation = "GetObject",
               .method = "GET",
               .bucket = BucketName("uploads"),
               .path = "/a b/ü.pdf"};
  call.query.emplace_back("versionId", "v7");
  return call;
}

AwsCall receive() { return {.service = AwsService::sqs, .operation = "ReceiveMessage"}; }

HttpResponse s3_refusal(int status, std::string_view code, std::string_view message = "text") {
  HttpResponse response{status, {{"x-amz-request-id", "REQ1"}}, ""};
  response.body = "<?xml version=\"1.0\"?>\n<Error><Code>" + std::string(code) +
                  "</Code><Message>" + std::string(message) +
                  "</Message><RequestId>REQ1</RequestId></Error>";
  return response;
}

TEST(ServiceError, MapsEachKnownCodeToWhatTheCallerShouldDo) {
  struct Row {
    int status;
    const char* remote;
    Errc code;
    ErrorCause cause = ErrorCause::unspecified;
  };
  const Row kRows[] = {
      {403, "AccessDenied", Errc::denied, ErrorCause::access_denied},
      {400, "KMS.DisabledException", Errc::denied, ErrorCause::kms},
      {400, "KMS.KMSInvalidStateException", Errc::denied, ErrorCause::kms},
      {400, "KmsAccessDenied", Errc::denied, ErrorCause::kms},
      {400, "KMSOptInRequired", Errc::denied, ErrorCause::kms},
      {503, "KMS.DependencyTimeoutException", Errc::unavailable, ErrorCause::unspecified},
      {400, "KMS.KMSInternalException", Errc::unavailable, ErrorCause::unspecified},
      {500, "KMSOptInRequired", Errc::unavailable, ErrorCause::unspecified},
      {400, "KMS.ThrottlingException", Errc::throttled, ErrorCause::unspecified},
      {400, "KmsThrottled", Errc::throttled, ErrorCause::unspecified},
      {403, "InvalidObjectState", Errc::denied, ErrorCause::archived},
      {404, "NoSuchKey", Errc::not_found, ErrorCause::unspecified},
      {404, "NoSuchVersion", Errc::not_found, ErrorCause::unspecified},
      {404, "NoSuchBucket", Errc::not_found, ErrorCause::unspecified},
      {404, "NoSuchTagSet", Errc::not_found, ErrorCause::unspecified},
      {400, "QueueDoesNotExist", Errc::not_found, ErrorCause::unspecified},
      {400, "ResourceNotFoundException", Errc::not_found, ErrorCause::unspecified},
      {412, "PreconditionFailed", Errc::changed, ErrorCause::unspecified},
      {409, "ConditionalRequestConflict", Errc::changed, ErrorCause::unspecified},
      {400, "ReceiptHandleIsInvalid", Errc::changed, ErrorCause::unspecified},
      {503, "SlowDown", Errc::throttled, ErrorCause::unspecified},
      {400, "ThrottlingException", Errc::throttled, ErrorCause::unspecified},
      {400, "Throttling", Errc::throttled, ErrorCause::unspecified},
      {503, "RequestLimitExceeded", Errc::throttled, ErrorCause::unspecified},
      {400, "OverLimit", Errc::throttled, ErrorCause::unspecified},
      {503, "ServiceUnavailable", Errc::unavailable, ErrorCause::unspecified},
      {500, "InternalError", Errc::unavailable, ErrorCause::unspecified},
      {400, "RequestTimeout", Errc::unavailable, ErrorCause::unspecified},
      {409, "OperationAborted", Errc::unavailable, ErrorCause::unspecified},
      {599, "SomethingNew", Errc::unavailable, ErrorCause::unspecified},
      {403, "SignatureDoesNotMatch", Errc::denied, ErrorCause::credentials},
      {403, "InvalidAccessKeyId", Errc::denied, ErrorCause::credentials},
      {400, "ExpiredToken", Errc::denied, ErrorCause::credentials},
      {403, "RequestTimeTooSkewed", Errc::denied, ErrorCause::clock_skew},
      {400, "MalformedXML", Errc::invalid, ErrorCause::unspecified},
      {409, "BucketNotEmpty", Errc::invalid, ErrorCause::unspecified},
      {501, "NotImplemented", Errc::invalid, ErrorCause::unspecified},
      {418, "SomethingNew", Errc::unavailable, ErrorCause::unspecified},
      {400, "SomethingNew", Errc::unavailable, ErrorCause::unspecified},
      {409, "SomethingNew", Errc::unavailable, ErrorCause::unspecified},
      {400, "BadDigest", Errc::unavailable, ErrorCause::unspecified},
      {400, "IncompleteBody", Errc::unavailable, ErrorCause::unspecified},
      {400, "XAmzContentSHA256Mismatch", Errc::unavailable, ErrorCause::unspecified},
      {404, "SomethingNew", Errc::not_found, ErrorCause::unspecified},
      {403, "SomethingNew", Errc::denied, ErrorCause::access_denied},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.remote);

    const Error error = service_error(get_object(), s3_refusal(row.status, row.remote));

    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.cause, row.cause);
    EXPECT_EQ(error.remote_code, row.remote);
  }
}

struct StatusRow {
  int status;
  Errc code;
  ErrorCause cause = ErrorCause::unspecified;
};

TEST(ServiceError, GoesByTheStatusOfAnAnswerToHead) {
  AwsCall head = get_object();
  head.method = "HEAD";
  const StatusRow kRows[] = {
      {401, Errc::denied, ErrorCause::access_denied},
      {403, Errc::denied, ErrorCause::access_denied},
      {404, Errc::not_found},
      {408, Errc::unavailable},
      {409, Errc::unavailable},
      {412, Errc::changed},
      {429, Errc::throttled},
      {500, Errc::unavailable},
      {502, Errc::unavailable},
      {503, Errc::throttled},
      {504, Errc::unavailable},
      {400, Errc::invalid},
      {301, Errc::unavailable},
      {100, Errc::unavailable},
  };
  for (const StatusRow& row : kRows) {
    SCOPED_TRACE(row.status);

    const Error error = service_error(head, HttpResponse{row.status, {}, ""});

    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.cause, row.cause);
  }
}

TEST(ServiceError, BelievesAStatusOnlyOfTheService) {
  const HttpResponse kForeign[] = {
      {0, {}, ""},
      {0, {{"Content-Type", "text/html"}}, ""},
      {0, {{"Content-Type", "text/html; charset=utf-8"}}, "<html><body>Sign in</body></html>"},
      {0, {{"Content-Type", "text/plain"}}, "no healthy upstream"},
      {0, {{"Content-Type", "application/json"}}, R"({"error":"blocked"})"},
      {0, {{"Content-Type", "application/xml"}}, "<Other><Code>NoSuchKey</Code></Other>"},
  };
  for (HttpResponse response : kForeign) {
    for (const int status : {301, 302, 400, 401, 403, 404, 405, 409, 410, 412, 451, 500, 511}) {
      SCOPED_TRACE(std::to_string(status) + " " + response.body);
      response.status = status;

      EXPECT_EQ(service_error(get_object(), response).code, Errc::unavailable);
      EXPECT_EQ(service_error(receive(), response).code, Errc::unavailable);
    }
  }
}

TEST(ServiceError, BelievesAStatusWithTheIdOfARequest) {
  const StatusRow kRows[] = {{403, Errc::denied, ErrorCause::access_denied},
                             {404, Errc::not_found},
                             {412, Errc::changed},
                             {400, Errc::unavailable},
                             {301, Errc::unavailable}};
  for (const StatusRow& row : kRows) {
    SCOPED_TRACE(row.status);

    const Error error =
        service_error(get_object(), HttpResponse{row.status, {{"x-amz-request-id", "R1"}}, ""});

    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.cause, row.cause);
  }
}

TEST(ServiceError, SaysThatSomethingElseAnswered) {
  const Error error = service_error(
      get_object(), HttpResponse{404, {{"Content-Type", "text/html"}}, "<html>not here</html>"});

  EXPECT_THAT(error.what, HasSubstr("no answer of the service: a proxy"));
}

TEST(ServiceError, KnowsASuccessThatIsAPage) {
  const HttpResponse page{200, {{"Content-Type", "text/html"}}, "<html>Sign in</html>"};
  const HttpResponse silent{204, {}, ""};
  const HttpResponse signed_page{
      200, {{"Content-Type", "text/html"}, {"x-amzn-requestid", "R1"}}, ""};
  AwsCall head = get_object();
  head.method = "HEAD";  // Of a page that somebody keeps in S3.

  EXPECT_TRUE(is_foreign_success(receive(), page));
  EXPECT_FALSE(is_foreign_success(receive(), silent));
  EXPECT_FALSE(is_foreign_success(receive(), signed_page));
  EXPECT_FALSE(is_foreign_success(head, page));
}

TEST(ServiceError, SaysWhatHappenedToWhatAndWhichPermissionIsMissing) {
  const Error error = service_error(get_object(), s3_refusal(403, "AccessDenied", "Access Denied"));

  EXPECT_EQ(error.what,
            "GetObject s3://uploads/a b/ü.pdf?versionId=v7: AccessDenied (HTTP 403, request REQ1): "
            "Access Denied; needs permission s3:GetObjectVersion on "
            "s3://uploads/a b/ü.pdf?versionId=v7, and s3:ListBucket on the bucket, without which a "
            "missing object looks the same");
}

TEST(ServiceError, NamesThePermissionOfABatch) {
  AwsCall call{.service = AwsService::sqs, .operation = "DeleteMessageBatch"};
  call.resource = "queue cordon-events-main";

  const Error error = service_error(call, 400, {"AccessDeniedException", "no", "", ""});

  EXPECT_THAT(error.what,
              HasSubstr("needs permission sqs:DeleteMessage on queue cordon-events-main"));
}

TEST(ServiceError, TellsAKeyThatMayNotBeUsedFromAnObjectThatMayNotBeRead) {
  const Error error = service_error(
      get_object(), s3_refusal(403, "AccessDenied",
                               "User: x is not authorized to perform: kms:Decrypt on resource y"));

  EXPECT_EQ(error.cause, ErrorCause::kms);
}

TEST(ServiceError, RecognisesAnObjectUnderItsOwnersKey) {
  const Error error = service_error(
      get_object(),
      s3_refusal(400, "InvalidRequest",
                 "The object was stored using a form of Server Side Encryption. The correct "
                 "parameters must be provided to retrieve the object."));

  EXPECT_EQ(error.code, Errc::denied);
  EXPECT_EQ(error.cause, ErrorCause::sse_c);
}

TEST(ServiceError, ADeleteMarkerIsAThingThatIsGone) {
  HttpResponse by_version = s3_refusal(405, "MethodNotAllowed");
  by_version.headers.add("x-amz-delete-marker", "true");
  HttpResponse head{405, {{"x-amz-delete-marker", "true"}}, ""};

  EXPECT_EQ(service_error(get_object(), by_version).code, Errc::not_found);
  EXPECT_EQ(service_error(get_object(), head).code, Errc::not_found);
  EXPECT_EQ(service_error(get_object(), s3_refusal(405, "MethodNotAllowed")).code, Errc::invalid);
}

TEST(ServiceError, ReadsTheQueryAndJsonProtocols) {
  const HttpResponse query{
      404,
      {},
      "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>"
      "<Code>NotFound</Code><Message>Topic does not exist</Message></Error>"
      "<RequestId>Q-1</RequestId></ErrorResponse>"};
  const HttpResponse json{
      400,
      {{"x-amzn-RequestId", "J-1"},
       {"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}},
      R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"})"};
  const HttpResponse header_only{
      400, {{"x-amzn-ErrorType", "ThrottlingException:http://internal.amazon.com/"}}, "{}"};
  const HttpResponse older_header_only{
      400, {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}}, ""};

  EXPECT_EQ(decode_remote_error(query).code, "NotFound");
  EXPECT_EQ(decode_remote_error(query).request_id, "Q-1");
  EXPECT_EQ(decode_remote_error(json).code, "QueueDoesNotExist");
  EXPECT_EQ(decode_remote_error(json).message, "gone");
  EXPECT_EQ(decode_remote_error(json).request_id, "J-1");
  EXPECT_EQ(service_error(receive(), header_only).code, Errc::throttled);
  EXPECT_EQ(service_error(receive(), older_header_only).code, Errc::not_found);
}

TEST(ServiceError, SurvivesHostileReplies) {
  const std::string kBodies[] = {
      "<",
      "<Error",
      "<Error></Error>",
      "{",
      "[]",
      "{\"__type\":7,\"message\":{}}",
      "<!DOCTYPE x [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>",
      "<html><body>proxy</body></html>",
      std::string("<Error>\0</Error>", 16),
      "<Error><Code>" + std::string(1'000'000, 'A') + "</Code></Error>",
      std::string(50'000, '<'),
      "{\"a\":" + std::string(30'000, '['),
      "\xFF\xFE<Error>",
  };
  for (const std::string& body : kBodies) {
    SCOPED_TRACE(body.substr(0, 40));

    const Error error = service_error(get_object(), HttpResponse{403, {}, body});

    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_LT(error.what.size(), 2000U);
  }
}

TEST(ServiceError, RemoteTextCannotForgeALineOrGrow) {
  const Error error = service_error(
      get_object(), s3_refusal(400, "Bad\nCode", "first&#10;second" + std::string(9000, 'x')));

  EXPECT_EQ(error.remote_code, "");
  EXPECT_THAT(error.what, Not(HasSubstr("\n")));
  EXPECT_LT(error.what.size(), 1000U);
}

TEST(ServiceError, ARegionIsTakenOnlyWhenItIsOne) {
  const std::pair<const char*, const char*> kRows[] = {{"eu-central-1", "eu-central-1"},
                                                       {"evil.example/", ""},
                                                       {"EU-WEST-1", ""},
                                                       {"-a", ""},
                                                       {"", ""}};
  for (const auto& [said, taken] : kRows) {
    SCOPED_TRACE(said);
    EXPECT_EQ(decode_remote_error({301, {{"x-amz-bucket-region", said}}, ""}).region, taken);
  }
}

TEST(ServiceError, FindsAnErrorInTheBodyOfASuccess) {
  const auto found =
      error_in_body("  \n<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code></Error>");

  ASSERT_TRUE(found);
  EXPECT_EQ(service_error(get_object(), 200, *found).code, Errc::throttled);
  EXPECT_FALSE(error_in_body("<CopyObjectResult><ETag>x</ETag></CopyObjectResult>"));
  EXPECT_FALSE(error_in_body(""));
}

}  // namespace
}  // namespace cordon
