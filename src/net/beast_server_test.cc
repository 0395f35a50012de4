#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>

#include "base/digest.h"
#include "base/text.h"
#include "net/http_server.h"
#include "testing/http_imposter.h"
#include "testing/raw_client.h"

namespace cordon {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ServerResponse echo(const ServerRequest& request, const std::shared_ptr<UploadSink>&,
                    std::stop_token) {
  return {.body = request.method + " " + request.target + " " + request.body};
}

class BeastServerTest : public testing::Test {
 protected:
  void serve(HttpServerOptions options, HttpHandler handler = echo) {
    auto server = HttpServer::start(std::move(options), std::move(handler), log_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(server).value();
  }
  std::string ask(std::string_view request) {
    RawClient client(server_->port());
    client.send(request);
    return client.read_response();
  }

  RealClock clock_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(BeastServerTest, HandsOverTheRequestExactlyAsSent) {
  ServerRequest seen;
  serve({}, [&](const ServerRequest& request, const auto&, std::stop_token) {
    seen = request;
    return ServerResponse{.status = 204};
  });

  const std::string response =
      ask("PROPFIND /a/../b//c/./%2e?x=%20+&y HTTP/1.1\r\nhOsT: h\r\nX-Amz-Meta-\x41: 1\r\n"
          "x-a:  spaced \r\nX-A: again\r\n\r\n");

  EXPECT_EQ(status_of(response), 204);
  EXPECT_EQ(seen.method, "PROPFIND");
  EXPECT_EQ(seen.target, "/a/../b//c/./%2e?x=%20+&y");
  const Headers expected{{"hOsT", "h"}, {"X-Amz-Meta-A", "1"}, {"x-a", "spaced"}, {"X-A", "again"}};
  EXPECT_EQ(seen.headers, expected);
  EXPECT_THAT(seen.peer, StartsWith("127.0.0.1:"));
}

TEST_F(BeastServerTest, AnswersPipelinedRequestsInOrderOverOneConnection) {
  serve({});
  RawClient client(server_->port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
  }

  client.send(requests);

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(body_of(client.read_response()), "POST /" + std::to_string(i) + " hi");
  }
}

TEST_F(BeastServerTest, TakesARequestThatArrivesByteByByte) {
  serve({});
  RawClient client(server_->port());

  for (const char& byte :
       std::string_view("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")) {
    ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  }

  EXPECT_EQ(body_of(client.read_response()), "POST /x abcde");
}

TEST_F(BeastServerTest, SendsNoBodyWhereThereIsNone) {
  const auto nothing = std::make_shared<const UniqueFd>();
  serve({}, [&](const ServerRequest& request, const auto&, std::stop_token) {
    if (request.target == "/204") return ServerResponse{.status = 204, .body = "never sent"};
    if (request.target == "/304") return ServerResponse{.status = 304, .body = "never sent"};
    if (request.target == "/big")
      return ServerResponse{.file = nothing, .file_bytes = 5'000'000'000};
    return ServerResponse{.body = "hello"};
  });
  RawClient client(server_->port());
  const std::string tail = " HTTP/1.1\r\nHost: h\r\n\r\n";

  client.send("GET /204" + tail + "GET /304" + tail + "HEAD /big" + tail + "HEAD /x" + tail +
              "GET /x" + tail);

  EXPECT_EQ(client.read_response(false), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.read_response(false), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_THAT(client.read_response(false), HasSubstr("Content-Length: 5000000000\r\n"));
  EXPECT_THAT(client.read_response(false), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(body_of(client.read_response()), "hello");
}

TEST_F(BeastServerTest, AnswersMalformedRequestsAndCloses) {
  serve({.header_bytes_max = 4096});
  const std::tuple<const char*, std::string, int> kBad[] = {
      {"garbage", "\x16\x03\x01 hello\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
      {"unknown version", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"space before a colon", "GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\nHost: h\r\nX y\r\n\r\n", 400},
      {"control character", "GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n", 400},
      {"two lengths",
       "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"negative length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"length beyond 64 bits",
       "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"length and chunks",
       "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"chunks and length",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
       "4\r\n\r\n0\r\n\r\n",
       400},
      {"unknown coding",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nGET /smuggled "
       "HTTP/1.1\r\n\r\n",
       501},
      {"chunk size that is none",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"chunk size beyond 64 bits",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       400},
      {"long header", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x') + "\r\n\r\n",
       431},
      {"long target", "GET /" + std::string(9000, 'x'), 431},
  };
  for (const auto& [what, bytes, status] : kBad) {
    SCOPED_TRACE(what);
    RawClient client(server_->port());

    client.send(bytes);
    const std::string response = client.read_all();

    EXPECT_EQ(status_of(response), status) << response;
    EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(response, Not(HasSubstr("smuggled")));
  }
}

TEST_F(BeastServerTest, RefusesBodiesAboveTheLimitAnnouncedOrNot) {
  serve({.body_bytes_max = 1000});
  const std::string whole(1000, 'x');

  EXPECT_EQ(status_of(ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + whole)),
            200);
  EXPECT_EQ(
      status_of(ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + whole + "y")),
      413);
  EXPECT_EQ(status_of(ask("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                          whole + "\r\n1\r\ny\r\n0\r\n\r\n")),
            413);
}

TEST_F(BeastServerTest, TellsAClientThatIsStillSendingWhyItRefuses) {
  serve({.body_bytes_max = 1000});
  RawClient client(server_->port());

  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n");
  client.send(std::string(8'000'000, 'x'));

  EXPECT_EQ(status_of(client.read_all()), 413);
}

TEST_F(BeastServerTest, AsksForABodyThatIsAnnouncedWithExpect) {
  serve({.body_bytes_max = 1000});
  RawClient client(server_->port());
  RawClient too_much(server_->port());

  client.send("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const std::string interim = client.read_response();
  client.send("body");
  too_much.send(
      "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\nExpect: 100-continue\r\n\r\n");

  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.read_response()), "PUT /k body");
  EXPECT_EQ(status_of(too_much.read_response()), 413);
}

TEST_F(BeastServerTest, KeepsOrClosesTheConnectionAsAsked) {
  serve({});
  const std::tuple<const char*, bool> kRows[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  for (const auto& [request, kept] : kRows) {
    SCOPED_TRACE(request);
    RawClient client(server_->port());

    client.send(request);
    ASSERT_EQ(status_of(client.read_response()), 200);
    const bool open = client.send(request) && status_of(client.read_response()) == 200;

    EXPECT_EQ(open, kept);
  }
}

TEST_F(BeastServerTest, ClosesIdleConnectionsSilentlyAndSlowRequestsWith408) {
  serve({.idle_timeout = std::chrono::milliseconds(60)});
  const std::pair<const char*, int> kSlow[] = {
      {"", 0},
      {"GET / HT", 408},
      {"GET / HTTP/1.1\r\nHost: h\r\n", 408},
      {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", 408},
  };
  for (const auto& [begun, status] : kSlow) {
    SCOPED_TRACE(begun);
    RawClient client(server_->port());

    client.send(begun);

    EXPECT_EQ(status_of(client.read_all()), status);
  }
}

TEST_F(BeastServerTest, AHeadThatTricklesDoesNotHoldAConnection) {
  serve({.idle_timeout = std::chrono::milliseconds(80)});
  RawClient client(server_->port());
  const SteadyTime start = clock_.steady_now();

  client.send("GET / HTTP/1.1\r\nHost: h\r\n");
  bool open = true;
  for (int i = 0; i < 2000 && open; ++i) {
    open = client.send("X: y\r\n");
    // Real time: the server measures by it, and without a pause the head would be too long.
    clock_.wait_for(std::chrono::milliseconds(5), {});
  }

  EXPECT_FALSE(open);
  EXPECT_LT(clock_.steady_now() - start, std::chrono::seconds(5));
}

TEST_F(BeastServerTest, WhoHasBeenWaitedForLongestMakesRoomForTheNext) {
  serve({.connections_max = 2});
  RawClient idle(server_->port());
  idle.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(status_of(idle.read_response()), 200);
  RawClient slow(server_->port());
  slow.send("GET /2 HTTP/1.1\r\nHost:");
  const auto is_answered = [&] {
    RawClient next(server_->port());
    next.send("GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return status_of(next.read_all()) == 200;
  };

  EXPECT_TRUE(is_answered());
  EXPECT_EQ(idle.read_all(), "") << "it went first";
  RawClient third(server_->port());
  EXPECT_TRUE(is_answered());
  EXPECT_EQ(slow.read_all(), "");
}

TEST_F(BeastServerTest, AnswersOneRequestTooManyWith503) {
  std::latch both(3);
  std::latch over(1);
  serve({.threads = 2, .connections_max = 2},
        [&](const ServerRequest&, const auto&, std::stop_token) {
          both.count_down();
          over.wait();
          return ServerResponse{};
        });
  RawClient first(server_->port());
  RawClient second(server_->port());
  first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  both.arrive_and_wait();

  RawClient third(server_->port());

  EXPECT_EQ(status_of(third.read_all()), 503);
  over.count_down();
  EXPECT_EQ(status_of(first.read_response()), 200);
  EXPECT_EQ(status_of(second.read_response()), 200);
}

TEST_F(BeastServerTest, RunsAsManyHandlersAtATimeAsItHasThreads) {
  std::mutex mutex;
  std::condition_variable all_there;
  int running = 0;
  serve({.threads = 3}, [&](const ServerRequest&, const auto&, std::stop_token) {
    std::unique_lock lock(mutex);
    ++running;
    all_there.notify_all();
    const bool met =
        all_there.wait_for(lock, std::chrono::seconds(10), [&] { return running == 3; });
    return ServerResponse{.status = met ? 200 : 500};
  });
  std::vector<std::unique_ptr<RawClient>> clients;

  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  for (auto& client : clients) EXPECT_EQ(status_of(client->read_response()), 200);
}

TEST_F(BeastServerTest, ALongPollEndsWhenItsClientLeaves) {
  HttpImposter imposter;
  imposter.answer_never();
  RawClient client(imposter.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(imposter.wait_for_requests(1));

  client.close();

  EXPECT_TRUE(imposter.wait_for_departures(1));
}

TEST_F(BeastServerTest, APipelinedRequestIsNoDeparture) {
  HttpImposter imposter;
  imposter.answer_rest([](const ServerRequest& request, std::stop_token stop) {
    return ServerResponse{.body = request.target + (stop.stop_requested() ? " stopped" : "")};
  });
  imposter.hold();
  RawClient client(imposter.port());
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(imposter.wait_for_requests(1));

  client.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  imposter.release();

  EXPECT_EQ(body_of(client.read_response()), "/1");
  EXPECT_EQ(body_of(client.read_response()), "/2");
}

TEST_F(BeastServerTest, StoppingEndsLongPollsAndStillAnswersThem) {
  HttpImposter imposter;
  imposter.answer_never();
  imposter.answer_never();
  RawClient first(imposter.port());
  RawClient second(imposter.port());
  RawClient idle(imposter.port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(imposter.wait_for_requests(2));
  const SteadyTime start = clock_.steady_now();

  imposter.go_away();

  EXPECT_LT(clock_.steady_now() - start, std::chrono::seconds(1));
  EXPECT_EQ(status_of(first.read_response()), 503);
  EXPECT_EQ(status_of(second.read_response()), 503);
  EXPECT_TRUE(first.closed());
  EXPECT_TRUE(idle.closed());
}

TEST_F(BeastServerTest, StoppingDoesNotWaitForAClientThatReadsNothing) {
  HttpImposter imposter;
  imposter.answer({.body = std::string(64U << 20U, 'x')});
  RawClient client(imposter.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(imposter.wait_for_requests(1));
  const SteadyTime start = clock_.steady_now();

  imposter.go_away();

  EXPECT_LT(clock_.steady_now() - start, std::chrono::seconds(8));
  EXPECT_LT(client.read_all().size(), 64U << 20U);
}

TEST_F(BeastServerTest, NeverLetsAHandlerForgeAResponse) {
  serve({}, [](const ServerRequest&, const auto&, std::stop_token) {
    return ServerResponse{.headers = {{"X-Meta", "a\r\nSet-Cookie: stolen"}}, .body = "b"};
  });

  const std::string response = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(status_of(response), 500);
  EXPECT_THAT(response, Not(HasSubstr("stolen")));
}

TEST_F(BeastServerTest, SaysWhyItCannotListen) {
  serve({});

  auto taken = HttpServer::start({.port = server_->port()}, echo, log_);
  auto name = HttpServer::start({.host = "not an address"}, echo, log_);

  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::unavailable);
  EXPECT_THAT(taken.error().what, HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, Errc::invalid);
}

TEST_F(BeastServerTest, ListensOnIpv6) {
  auto server = HttpServer::start({.host = "::1"}, echo, log_);
  if (!server) GTEST_SKIP() << "no IPv6 here: " << server.error().what;

  EXPECT_NE((*server)->port(), 0);
}

}  // namespace
}  // namespace cordon
