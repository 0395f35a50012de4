#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "net/http_client.h"
#include "testing/http_imposter.h"

namespace cordon {
namespace {

ServerResponse echo(const ServerRequest& request, std::stop_token) {
  return {.body = request.method + " " + request.target + " " + request.body};
}

class CurlClientTest : public testing::Test {
 protected:
  Result<HttpResponse> fetch(const HttpRequest& request, const BodyReceiver* receiver = nullptr) {
    return client_->fetch(request, Deadline::after(clock_, std::chrono::seconds(30)), {}, receiver);
  }
  Result<HttpResponse> get(std::string_view target) {
    return fetch({.url = imposter_.url(target)});
  }
  void use(HttpClientOptions options) { client_ = make_curl_client(std::move(options), clock_); }

  RealClock clock_;
  HttpImposter imposter_;
  std::unique_ptr<HttpClient> client_ = make_curl_client({}, clock_);
};

TEST_F(CurlClientTest, SendsTheTargetExactlyAsItStands) {
  imposter_.answer_rest(echo);
  const std::string kTargets[] = {
      "/x/../y", "/a//b",    "/./c",        "/../../etc/passwd", "//lead",
      "/a/.",    "/a/..",    "/%2e%2E/%2f", "/a+b%20c?d=%",      "/?list-type=2&prefix=a%2Fb",
      "/k?acl",  "/a;b=1,c", "/a?b=/../c",  "/~tilde'()*!",      "/a[b]{c}|d^e`\"<>"};
  for (const std::string& target : kTargets) {
    SCOPED_TRACE(target);

    auto response = get(target);

    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(imposter_.requests().back().target, target);
  }
}

TEST_F(CurlClientTest, SendsMethodHeadersAndBodyAndNothingOfItsOwnAccord) {
  imposter_.answer_rest(echo);

  auto response = fetch({.method = "PUT",
                         .url = imposter_.url("/k"),
                         .headers = {{"X-Empty", ""}, {"x-amz-meta-A", "\xC3\xBC b"}},
                         .body = std::string(2'000'000, 'x')});

  ASSERT_TRUE(response) << response.error().what;
  const ServerRequest request = imposter_.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.body.size(), 2'000'000U);
  const Headers expected{{"Host", "127.0.0.1:" + std::to_string(imposter_.port())},
                         {"User-Agent", "cordon/0.1"},
                         {"Accept", "*/*"},
                         {"X-Empty", ""},
                         {"x-amz-meta-A", "\xC3\xBC b"},
                         {"Content-Length", "2000000"}};
  EXPECT_EQ(request.headers, expected);
}

TEST_F(CurlClientTest, SendsEachMethodWithItsLength) {
  imposter_.answer_rest(echo);
  struct Row {
    const char* method;
    const char* body;
    std::optional<std::string_view> length;
  };
  const Row kRows[] = {{"GET", "", std::nullopt}, {"DELETE", "", std::nullopt},
                       {"POST", "", "0"},         {"PUT", "", "0"},
                       {"POST", "ab", "2"},       {"DELETE", "abc", "3"},
                       {"GET", "q", "1"},         {"OPTIONS", "", std::nullopt}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.method) + " " + row.body);

    auto response = fetch({.method = row.method, .url = imposter_.url("/m"), .body = row.body});

    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->body, std::string(row.method) + " /m " + row.body);
    EXPECT_EQ(imposter_.requests().back().headers.get("Content-Length"), row.length);
    EXPECT_FALSE(imposter_.requests().back().headers.has("Content-Type"));
  }
}

TEST_F(CurlClientTest, ReturnsEveryStatusWithHeadersAndFollowsNothing) {
  for (const int status : {200, 206, 301, 307, 400, 403, 404, 412, 500, 503}) {
    SCOPED_TRACE(status);
    imposter_.answer({.status = status,
                      .headers = {{"Location", imposter_.url("/elsewhere")}, {"ETag", "\"a\""}},
                      .body = "why"});

    auto response = get("/");

    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->headers.get("etag"), "\"a\"");
    EXPECT_EQ(response->body, "why");
  }
  EXPECT_EQ(imposter_.requests().size(), 10U);
}

TEST_F(CurlClientTest, KeepsTheConnectionAfterResponsesWithoutBody) {
  imposter_.answer({.status = 204});
  imposter_.answer({.status = 304, .headers = {{"ETag", "\"a\""}}});
  imposter_.answer({.file = std::make_shared<const UniqueFd>(), .file_bytes = 1'500'000'000});
  imposter_.answer({.status = 200, .body = "end"});

  EXPECT_EQ(get("/")->status, 204);
  EXPECT_EQ(get("/")->status, 304);
  auto head = fetch({.method = "HEAD", .url = imposter_.url("/big")});
  auto last = get("/");

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->headers.get("Content-Length"), "1500000000");
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(last->body, "end");
  EXPECT_EQ(imposter_.connections(), 1U);
}

TEST_F(CurlClientTest, ReusesConnectionsAcrossCallsAndThreads) {
  imposter_.answer_rest(echo);
  use({.connections_per_host_max = 4});
  std::atomic<int> good = 0;

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 10; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 10; ++j) {
          const std::string target = "/" + std::to_string(i) + "/" + std::to_string(j);
          auto response = get(target);
          if (response && response->body == "GET " + target + " ") ++good;
        }
      });
    }
  }

  EXPECT_EQ(good, 100);
  EXPECT_LE(imposter_.connections(), 4U);
}

TEST_F(CurlClientTest, CarriesAHundredCallsAtATimeOverFewConnections) {
  imposter_.answer_rest(echo);
  use({.connections_per_host_max = 3});
  std::atomic<int> good = 0;

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([&] { good += get("/").ok() ? 1 : 0; });
    }
  }

  EXPECT_EQ(good, 100);
  EXPECT_LE(imposter_.connections(), 3U);
}

TEST_F(CurlClientTest, SendsAgainWhenTheServerClosedAnIdleConnection) {
  imposter_.answer_rest(echo);
  ASSERT_TRUE(get("/first"));

  imposter_.go_away();
  imposter_.come_back();
  auto response = fetch({.method = "POST", .url = imposter_.url("/again"), .body = "whole"});

  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(response->body, "POST /again whole");
}

TEST_F(CurlClientTest, HandsALargeBodyToTheReceiverPieceByPiece) {
  constexpr std::size_t kBytes = 48U << 20U;
  imposter_.answer({.headers = {{"ETag", "\"big\""}}, .body = std::string(kBytes, 'b')});
  use({.buffered_bytes_max = 1024});
  std::size_t received = 0;
  std::size_t largest = 0;
  std::string etag;
  const BodyReceiver receiver{.head = [&](const HttpResponse& head) -> Result<bool> {
                                etag = head.headers.get("ETag").value_or("");
                                return head.status == 200;
                              },
                              .piece = [&](std::span<const std::byte> bytes) -> Result<void> {
                                received += bytes.size();
                                largest = std::max(largest, bytes.size());
                                return {};
                              }};

  auto response = fetch({.url = imposter_.url("/big")}, &receiver);

  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(received, kBytes);
  EXPECT_LE(largest, 1U << 20U);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(etag, "\"big\"");
}

TEST_F(CurlClientTest, BuffersWhatTheReceiverLeaves) {
  imposter_.answer({.status = 404, .body = "<Error/>"});
  const BodyReceiver receiver{
      .head = [](const HttpResponse& head) -> Result<bool> { return head.status == 200; },
      .piece = [](std::span<const std::byte>) -> Result<void> {
        return Error{Errc::invalid, "not asked for"};
      }};

  auto response = fetch({.url = imposter_.url()}, &receiver);

  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(response->body, "<Error/>");
}

TEST_F(CurlClientTest, TellsTheReceiverOfAnEmptyBodyToo) {
  imposter_.answer({.status = 200});
  int heads = 0;
  const BodyReceiver receiver{
      .head = [&](const HttpResponse&) -> Result<bool> { return ++heads > 0; },
      .piece = [](std::span<const std::byte>) -> Result<void> { return {}; }};

  ASSERT_TRUE(fetch({.url = imposter_.url()}, &receiver));

  EXPECT_EQ(heads, 1);
}

TEST_F(CurlClientTest, EndsWithTheReceiversErrorAndGoesOnWithAFreshConnection) {
  imposter_.answer_rest([](const ServerRequest&, std::stop_token) {
    return ServerResponse{.body = std::string(5'000'000, 'x')};
  });
  const BodyReceiver refuses_head{.head = [](const HttpResponse&) -> Result<bool> {
                                    return Error{Errc::changed, "ETag moved"};
                                  },
                                  .piece = {}};
  const BodyReceiver refuses_piece{.head = [](const HttpResponse&) -> Result<bool> { return true; },
                                   .piece = [](std::span<const std::byte>) -> Result<void> {
                                     return Error{Errc::unavailable, "spool is full"};
                                   }};

  auto head = fetch({.url = imposter_.url()}, &refuses_head);
  auto piece = fetch({.url = imposter_.url()}, &refuses_piece);
  auto whole = get("/");

  ASSERT_FALSE(head);
  EXPECT_EQ(head.error(), (Error{Errc::changed, "ETag moved"}));
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error(), (Error{Errc::unavailable, "spool is full"}));
  ASSERT_TRUE(whole) << whole.error().what;
  EXPECT_EQ(whole->body.size(), 5'000'000U);
}

TEST_F(CurlClientTest, SendsPlainRequestsThroughTheProxyButForItsExceptions) {
  HttpImposter proxy;
  proxy.answer_rest(echo);
  imposter_.answer_rest(echo);
  use({.http_proxy = "http://127.0.0.1:" + std::to_string(proxy.port())});

  auto through = fetch({.url = "http://bucket.example/x/../y"});
  use({.http_proxy = "http://127.0.0.1:" + std::to_string(proxy.port()), .no_proxy = "127.0.0.1"});
  auto around = get("/direct");

  ASSERT_TRUE(through) << through.error().what;
  EXPECT_EQ(proxy.requests().at(0).target, "http://bucket.example/x/../y");
  EXPECT_EQ(proxy.requests().at(0).headers.get("Host"), "bucket.example");
  ASSERT_TRUE(around) << around.error().what;
  EXPECT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(imposter_.requests().size(), 1U);
}

TEST_F(CurlClientTest, DoesNotReadProxiesFromTheEnvironmentItself) {
  imposter_.answer_rest(echo);
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);

  auto response = get("/");

  ::unsetenv("http_proxy");
  EXPECT_TRUE(response) << response.error().what;
}

TEST_F(CurlClientTest, RefusesForgedRequestsBeforeTheyAreSent) {
  imposter_.answer_rest(echo);
  const HttpRequest kForged[] = {
      {.url = imposter_.url("/a\r\nX-Forged: 1")},
      {.url = imposter_.url("/"), .headers = {{"X", "a\r\nX-Forged: 1"}}},
      {.method = "GET / HTTP/1.1\r\nX-Forged: 1\r\n\r\nGET", .url = imposter_.url("/")},
      {.url = "file:///etc/passwd"},
  };
  for (const HttpRequest& request : kForged) {
    auto response = fetch(request);

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::invalid);
  }
  EXPECT_TRUE(imposter_.requests().empty());
}

}  // namespace
}  // namespace cordon
