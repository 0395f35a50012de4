#include "aws/signing_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "aws/sigv4.h"
#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_http_client.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Hands out one key after another, the next one after each rejection.
class RotatingCredentials final : public CredentialsProvider {
 public:
  Result<AwsCredentials> get(Deadline, std::stop_token) override {
    if (failure) return *failure;
    if (ids.empty()) return Error{Errc::denied, "no AWS credentials", ErrorCause::credentials};
    return AwsCredentials{ids.front(), Secret("secret"), Secret(token), std::nullopt, "test"};
  }
  void reject(const std::string& id) override {
    rejected.push_back(id);
    if (ids.size() > 1) ids.pop_front();
  }

  std::optional<Error> failure;
  std::deque<std::string> ids = {"AKID1"};
  std::string token;
  std::vector<std::string> rejected;
};

class SigningClientTest : public testing::Test {
 protected:
  SigningClient client(EndpointSettings endpoints = {}, RetryPolicy retry = {}) {
    return SigningClient({Region("eu-west-1"), std::move(endpoints), retry},
                         {http_, &credentials_, regions_, clock_, random_, log_});
  }

  static AwsCall get_object() {
    return {.service = AwsService::s3,
            .operation = "GetObject",
            .method = "GET",
            .bucket = BucketName("uploads"),
            .path = "/x/../a b"};
  }
  static AwsCall receive() {
    AwsCall call{.service = AwsService::sqs, .operation = "ReceiveMessage"};
    call.headers.add("X-Amz-Target", "AmazonSQS.ReceiveMessage");
    call.body = "{}";
    return call;
  }
  static HttpResponse refusal(int status, std::string_view code, Headers headers = {}) {
    return {status, std::move(headers),
            "<Error><Code>" + std::string(code) + "</Code><Message>m</Message></Error>"};
  }
  static EndpointSettings at(std::string_view url) {
    EndpointSettings settings;
    settings.configured[AwsService::s3] = *parse_endpoint_url(url, "test");
    return settings;
  }

  Result<HttpResponse> call(SigningClient& client, const AwsCall& call,
                            const BodyReceiver* receiver = nullptr) {
    return client.call(call, Deadline::never(), {}, receiver);
  }
  std::string sent(std::size_t n, std::string_view header) {
    const auto requests = http_.requests();
    if (n >= requests.size()) return "no such request";
    return std::string(requests[n].headers.get(header).value_or("none"));
  }

  FakeHttpClient http_;
  RotatingCredentials credentials_;
  BucketRegions regions_;
  SimulatedClock clock_;
  SeededRandom random_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
};

TEST_F(SigningClientTest, SendsASignedRequestForExactlyThatKey) {
  http_.answer({200, {}, "body"});
  SigningClient aws = client();
  AwsCall tagging = get_object();
  tagging.query = {{"versionId", "a+b"}, {"tagging", ""}};

  const auto response = call(aws, tagging);

  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "body");
  EXPECT_EQ(http_.requests()[0].url,
            "https://uploads.s3.eu-west-1.amazonaws.com/x/../a%20b?tagging&versionId=a%2Bb");
  EXPECT_THAT(sent(0, "authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=AKID1/20261122/eu-west-1/s3/aws4_request, "
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));
  EXPECT_EQ(sent(0, "x-amz-content-sha256"), hex(sha256("")));
  EXPECT_EQ(sent(0, "x-amz-security-token"), "none");
}

TEST_F(SigningClientTest, HashesTheBodyExceptALongOneUnderTls) {
  const std::string kLong(2U << 20U, 'x');
  AwsCall put = get_object();
  put.method = "PUT";
  SigningClient tls = client();
  SigningClient plain = client(at("http://127.0.0.1:1"));
  http_.answer_rest([](const auto&, auto, auto) { return HttpResponse{200, {}, ""}; });

  put.body = "short";
  ASSERT_TRUE(call(tls, put));
  put.body = kLong;
  ASSERT_TRUE(call(tls, put));
  ASSERT_TRUE(call(plain, put));

  EXPECT_EQ(sent(0, "x-amz-content-sha256"), hex(sha256("short")));
  EXPECT_EQ(sent(1, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(sent(1, "content-md5"), base64(md5(as_bytes_of(kLong))));
  EXPECT_EQ(sent(2, "x-amz-content-sha256"), hex(sha256(kLong)));
  EXPECT_EQ(http_.requests()[2].url, "http://127.0.0.1:1/uploads/x/../a%20b");
}

TEST_F(SigningClientTest, KeepsAChecksumThatTheCallerGave) {
  http_.answer({200, {}, ""});
  AwsCall put = get_object();
  put.body = "x";
  put.headers.add("x-amz-checksum-crc32", "AAAAAA==");
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, put));

  EXPECT_EQ(sent(0, "content-md5"), "none");
}

TEST_F(SigningClientTest, SignsAfreshOnEveryAttempt) {
  credentials_.token = "one";
  http_.answer_by([this](const auto&, auto, auto) {
    clock_.advance(minutes(3));
    credentials_.token = "two";
    return Result<HttpResponse>(HttpResponse{500, {}, ""});
  });
  http_.answer({200, {}, ""});
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, receive()));

  EXPECT_EQ(sent(0, "x-amz-date"), "20261122T155033Z");
  EXPECT_EQ(sent(0, "x-amz-security-token"), "one");
  EXPECT_THAT(sent(1, "x-amz-date"), StartsWith("20261122T1553"));
  EXPECT_EQ(sent(1, "x-amz-security-token"), "two");
}

TEST_F(SigningClientTest, RetriesWhatIsTransientAndNothingElse) {
  struct Row {
    const char* what;
    int status;
    const char* code;
    std::size_t sends;
  };
  const Row kRows[] = {
      {"an internal error", 500, "InternalError", 3},
      {"a slow down", 503, "SlowDown", 3},
      {"a throttled KMS", 400, "KMS.ThrottlingException", 3},
      {"a slow upload", 400, "RequestTimeout", 3},
      {"a denial", 403, "AccessDenied", 1},
      {"a missing key", 404, "NoSuchKey", 1},
      {"a precondition", 412, "PreconditionFailed", 1},
      {"an archived object", 403, "InvalidObjectState", 1},
      {"bad XML", 400, "MalformedXML", 1},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const std::size_t before = http_.requests().size();
    http_.answer_rest([&](const auto&, auto, auto) { return refusal(row.status, row.code); });
    SigningClient aws = client();

    EXPECT_FALSE(call(aws, get_object()));

    EXPECT_EQ(http_.requests().size() - before, row.sends);
  }
}

TEST_F(SigningClientTest, WhatIsNotToBeRepeatedIsSentAgainOnlyWhenItWasNotBegun) {
  const std::pair<Result<HttpResponse>, std::size_t> kRows[] = {
      {Error{Errc::unavailable, "cut"}, 1},
      {refusal(500, "InternalError"), 1},
      {refusal(400, "ThrottlingException"), 3},
  };
  for (const auto& [answer, sends] : kRows) {
    const std::size_t before = http_.requests().size();
    http_.answer_rest([&](const auto&, auto, auto) { return answer; });
    SigningClient aws = client();
    AwsCall once = receive();
    once.is_repeatable = false;

    EXPECT_FALSE(call(aws, once));

    EXPECT_EQ(http_.requests().size() - before, sends);
  }
}

TEST_F(SigningClientTest, RetriesATransportErrorAndSaysWhatItWasAbout) {
  http_.answer_rest([](const auto&, auto, auto) {
    return Error{Errc::unavailable, "cannot connect"};
  });
  SigningClient aws = client(at("http://127.0.0.1:1"));

  const auto response = call(aws, get_object());

  EXPECT_EQ(http_.requests().size(), 3U);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what,
              AllOf(StartsWith("GetObject s3://uploads/x/../a b: cannot connect"),
                    HasSubstr("the endpoint is http://127.0.0.1:1")));
}

TEST_F(SigningClientTest, WaitsAtLeastAsLongAsTheServiceAsksWithinReason) {
  const std::pair<Headers, milliseconds> kRows[] = {
      {{{"x-amz-retry-after", "1500"}}, milliseconds(1500)},
      {{{"Retry-After", "7"}}, seconds(7)},
      {{{"Retry-After", "Sun, 22 Nov 2026 15:50:43 GMT"}}, seconds(10)},
      {{{"Retry-After", "99999999999"}}, seconds(20)},
  };
  for (const auto& [headers, wait] : kRows) {
    SCOPED_TRACE(headers.all()[0].second);
    SimulatedClock clock;
    SigningClient aws({Region("eu-west-1"), {}, {}},
                      {http_, &credentials_, regions_, clock, random_, log_});
    http_.answer({500, headers, ""});
    http_.answer({200, {}, ""});

    ASSERT_TRUE(call(aws, receive()));

    ASSERT_EQ(clock.waits().size(), 1U);
    EXPECT_EQ(clock.waits()[0], wait);
  }
}

TEST_F(SigningClientTest, ForgetsWhatAnEarlierAnswerAskedFor) {
  http_.answer({500, {{"Retry-After", "7"}}, ""});
  http_.answer({500, {}, ""});
  http_.answer({200, {}, ""});
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, receive()));

  ASSERT_EQ(clock_.waits().size(), 2U);
  EXPECT_LT(clock_.waits()[1], seconds(1));
}

TEST_F(SigningClientTest, SignsOnceMoreByTheServicesClockAndRemembersIt) {
  const std::string kServerTime = "Sun, 22 Nov 2026 16:20:33 GMT";  // Half an hour ahead.
  http_.answer(refusal(403, "RequestTimeTooSkewed", {{"Date", kServerTime}}));
  http_.answer({200, {}, ""});
  http_.answer({200, {}, ""});
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, get_object()));
  ASSERT_TRUE(call(aws, get_object()));

  EXPECT_EQ(sent(0, "x-amz-date"), "20261122T155033Z");
  EXPECT_EQ(sent(1, "x-amz-date"), "20261122T162033Z");
  EXPECT_EQ(sent(2, "x-amz-date"), "20261122T162033Z");
  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(SigningClientTest, CorrectsTheClockForHeadAndTheJsonServicesToo) {
  const Headers kDate = {{"Date", "Sun, 22 Nov 2026 16:20:33 GMT"}};
  AwsCall head = get_object();
  head.method = "HEAD";
  http_.answer({403, kDate, ""});
  http_.answer({200, {}, ""});
  http_.answer(
      {400, kDate,
       R"({"__type":"com.amazon#InvalidSignatureException","message":"Signature expired: x"})"});
  http_.answer({200, {}, ""});
  SigningClient first = client();
  SigningClient second = client();

  EXPECT_TRUE(call(first, head));
  EXPECT_TRUE(call(second, receive()));
}

TEST_F(SigningClientTest, ASkewThatStaysIsAnErrorWithItsReason) {
  http_.answer_rest([](const auto&, auto, auto) {
    return refusal(403, "RequestTimeTooSkewed", {{"Date", "Sun, 22 Nov 2026 16:20:33 GMT"}});
  });
  SigningClient aws = client();

  const auto response = call(aws, get_object());

  EXPECT_EQ(http_.requests().size(), 2U);
  EXPECT_EQ(response.error().cause, ErrorCause::clock_skew);
  EXPECT_THAT(response.error().what, HasSubstr("NTP"));
}

TEST_F(SigningClientTest, RenewsAnExpiredSessionOnce) {
  credentials_.ids = {"AKID1", "AKID2", "AKID3"};
  http_.answer(refusal(400, "ExpiredToken"));
  http_.answer({200, {}, ""});
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, get_object()));

  EXPECT_THAT(credentials_.rejected, testing::ElementsAre("AKID1"));
  EXPECT_THAT(sent(1, "authorization"), HasSubstr("Credential=AKID2/"));

  http_.answer_rest([](const auto&, auto, auto) { return refusal(400, "ExpiredToken"); });
  EXPECT_EQ(call(aws, get_object()).error().cause, ErrorCause::credentials);
  EXPECT_EQ(http_.requests().size(), 4U);
}

TEST_F(SigningClientTest, GoesToTheBucketsRegionAndRemembersIt) {
  http_.answer({301, {{"x-amz-bucket-region", "eu-central-1"}}, ""});
  http_.answer({200, {}, ""});
  http_.answer({200, {}, ""});
  SigningClient aws = client();
  SigningClient other = client();

  ASSERT_TRUE(call(aws, get_object()));
  ASSERT_TRUE(call(other, get_object()));

  EXPECT_THAT(http_.requests()[1].url, StartsWith("https://uploads.s3.eu-central-1."));
  EXPECT_THAT(sent(1, "authorization"), HasSubstr("/eu-central-1/s3/"));
  EXPECT_THAT(http_.requests()[2].url, StartsWith("https://uploads.s3.eu-central-1."));
}

TEST_F(SigningClientTest, TakesTheRegionFromABodyAndNeverAHost) {
  http_.answer({400,
                {},
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-east-2</Region>"
                "</Error>"});
  http_.answer_rest([](const auto&, auto, auto) {
    return HttpResponse{
        307, {{"Location", "https://evil.example/"}, {"x-amz-bucket-region", "evil.example/"}}, ""};
  });
  SigningClient aws = client();

  EXPECT_FALSE(call(aws, get_object()));

  ASSERT_GE(http_.requests().size(), 2U);
  for (std::size_t i = 1; i < http_.requests().size(); ++i) {
    EXPECT_THAT(http_.requests()[i].url, StartsWith("https://uploads.s3.us-east-2."));
  }
}

TEST_F(SigningClientTest, TwoRegionsThatPointAtEachOtherEnd) {
  http_.answer_rest([](const HttpRequest& request, auto, auto) {
    const bool west = request.url.find("eu-west-1") != std::string::npos;
    return HttpResponse{301, {{"x-amz-bucket-region", west ? "eu-central-1" : "eu-west-1"}}, ""};
  });
  SigningClient aws = client();

  EXPECT_FALSE(call(aws, get_object()));
  EXPECT_EQ(http_.requests().size(), 4U) << "three attempts, and one correction in all";
}

TEST_F(SigningClientTest, ASuccessThatIsAPageIsNone) {
  for (int i = 0; i < 3; ++i) {
    http_.answer({200, {{"Content-Type", "text/html"}}, "<html>Sign in to the network</html>"});
  }
  SigningClient aws = client();
  AwsCall call_of = get_object();
  call_of.method = "PUT";

  const auto answered = call(aws, call_of);

  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code, Errc::unavailable);
  EXPECT_THAT(answered.error().what, HasSubstr("no answer of the service"));
}

TEST_F(SigningClientTest, CredentialsThatCannotBeReadMakeNoRequestInvalid) {
  credentials_.failure = Error{Errc::invalid, "profile x: half written"};
  SigningClient aws = client();

  const auto answered = call(aws, get_object());

  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code, Errc::denied);
  EXPECT_EQ(answered.error().cause, ErrorCause::credentials);
}

TEST_F(SigningClientTest, StreamsASuccessAndBuffersARefusal) {
  std::string taken;
  int heads = 0;
  const BodyReceiver receiver{[&](const HttpResponse&) -> Result<bool> {
                                ++heads;
                                return true;
                              },
                              [&](std::span<const std::byte> bytes) -> Result<void> {
                                taken.append(reinterpret_cast<const char*>(bytes.data()),
                                             bytes.size());
                                return {};
                              }};
  http_.answer(refusal(503, "SlowDown"));
  http_.answer({200, {}, "content"});
  http_.answer(refusal(404, "NoSuchKey"));
  SigningClient aws = client();

  ASSERT_TRUE(call(aws, get_object(), &receiver));
  EXPECT_EQ(call(aws, get_object(), &receiver).error().remote_code, "NoSuchKey");

  EXPECT_EQ(taken, "content");
  EXPECT_EQ(heads, 1);
}

TEST_F(SigningClientTest, ABodyThatBrokeOffIsNotStartedAgain) {
  std::string taken;
  const BodyReceiver receiver{[](const HttpResponse&) -> Result<bool> { return true; },
                              [&](std::span<const std::byte> bytes) -> Result<void> {
                                taken.append(reinterpret_cast<const char*>(bytes.data()),
                                             bytes.size());
                                return {};
                              }};
  http_.cut_after = 3;
  http_.answer({200, {}, "content"});
  SigningClient aws = client();

  const auto response = call(aws, get_object(), &receiver);

  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_EQ(taken, "con");
  EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(SigningClientTest, NotModifiedIsASuccess) {
  http_.answer({304, {}, ""});
  SigningClient aws = client();

  EXPECT_EQ(call(aws, get_object())->status, 304);
}

TEST_F(SigningClientTest, WithoutCredentialsNothingIsSent) {
  credentials_.ids.clear();
  SigningClient aws = client();

  const auto response = call(aws, get_object());

  EXPECT_EQ(response.error().cause, ErrorCause::credentials);
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(SigningClientTest, AStopAndADeadlineEndTheRetries) {
  std::stop_source stop;
  stop.request_stop();
  http_.answer_rest([](const auto&, auto, auto) {
    return HttpResponse{503, {{"Retry-After", "10"}}, ""};
  });
  SigningClient aws = client();

  EXPECT_EQ(aws.call(receive(), Deadline::never(), stop.get_token()).error().code, Errc::cancelled);
  EXPECT_FALSE(aws.call(receive(), Deadline::after(clock_, seconds(5)), {}));

  EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(SigningClientTest, ManyAttemptsAreMadeOnlyWhereAskedFor) {
  http_.answer_rest([](const auto&, auto, auto) { return HttpResponse{500, {}, ""}; });
  SigningClient aws = client({}, {.attempts_max = 1});

  EXPECT_FALSE(call(aws, receive()));
  EXPECT_EQ(http_.requests().size(), 1U);
}

TEST(BucketRegions, StayBounded) {
  BucketRegions regions;
  for (int i = 0; i < 10'001; ++i) {
    regions.remember(BucketName("b" + std::to_string(i)), Region("eu-west-1"));
  }

  EXPECT_FALSE(regions.find(BucketName("b0")));
  EXPECT_TRUE(regions.find(BucketName("b10000")));
}

}  // namespace
}  // namespace cordon
