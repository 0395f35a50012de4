// What the client does when the other side misbehaves, or nobody waits any more.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include "net/http_client.h"
#include "testing/http_imposter.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::HasSubstr;

class CurlFaultsTest : public testing::Test {
 protected:
  Result<HttpResponse> get(const std::string& url, std::stop_token stop = {}) {
    return client_->fetch({.url = url}, Deadline::after(clock_, std::chrono::seconds(30)), stop);
  }
  void use(HttpClientOptions options) { client_ = make_curl_client(std::move(options), clock_); }
  std::chrono::steady_clock::duration since(SteadyTime start) const {
    return clock_.steady_now() - start;
  }

  RealClock clock_;
  HttpImposter imposter_;
  std::unique_ptr<HttpClient> client_ = make_curl_client({}, clock_);
};

TEST_F(CurlFaultsTest, SaysThatNobodyListens) {
  auto response = get("http://127.0.0.1:" + std::to_string(unused_port()) + "/");

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("cannot connect to http://127.0.0.1"));
}

TEST_F(CurlFaultsTest, SaysThatAHostHasNoAddress) {
  auto response = get("http://no-such-host.invalid/");

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("cannot resolve http://no-such-host.invalid"));
}

// A libcurl handle whose lookup failed refuses an option when it is used again.
TEST_F(CurlFaultsTest, AFailedLookupSpoilsNoLaterRequest) {
  for (int i = 0; i < 3; ++i) {
    auto response = get("http://no-such-host.invalid/");

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable);
    EXPECT_THAT(response.error().what, HasSubstr("cannot resolve"));
  }
}

TEST_F(CurlFaultsTest, SaysHowMuchOfACutBodyArrived) {
  const RawImposter peer([](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(400, 'x'));
  });

  auto response = get(peer.url());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("after 400 of 1000 bytes"));
}

TEST_F(CurlFaultsTest, NeverTakesACutReplyForAWholeOne) {
  const std::pair<const char*, const char*> kCuts[] = {
      {"before the first byte", ""},
      {"in the status line", "HTTP/1.1 20"},
      {"in the head", "HTTP/1.1 200 OK\r\nContent-Le"},
      {"before the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
      {"in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"},
      {"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"},
      {"before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"},
      {"after an interim response", "HTTP/1.1 100 Continue\r\n\r\n"},
  };
  for (const auto& [where, bytes] : kCuts) {
    for (const bool reset : {false, true}) {
      SCOPED_TRACE(std::string(where) + (reset ? ", by reset" : ", by close"));
      const RawImposter peer([&](RawImposter::Connection& connection, int) {
        connection.read_request();
        connection.send(bytes);
        if (reset) connection.reset();
      });

      auto response = get(peer.url());

      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().code, Errc::unavailable) << response.error().what;
    }
  }
}

TEST_F(CurlFaultsTest, SendsAgainWhenAKeptConnectionEndsUnderTheRequest) {
  const RawImposter peer([](RawImposter::Connection& connection, int number) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    connection.read_request();  // Taken, and the connection closed without an answer.
  });

  auto first = get(peer.url());
  auto second = get(peer.url());

  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->body, "1");
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->body, "2");
}

TEST_F(CurlFaultsTest, RefusesWhatIsNotHttp) {
  const std::pair<const char*, std::string> kGarbage[] = {
      {"another protocol", "220 mail.example ESMTP\r\n"},
      {"binary", std::string("\x16\x03\x01\x00\x05hello\r\n\r\n", 14)},
      {"HTTP/0.9", "<html>hello</html>"},
      {"status that is no number", "HTTP/1.1 abc OK\r\n\r\n"},
      {"length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nab"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab"},
  };
  for (const auto& [what, bytes] : kGarbage) {
    SCOPED_TRACE(what);
    const RawImposter peer([&](RawImposter::Connection& connection, int) {
      connection.read_request();
      connection.send(bytes);
    });

    auto response = get(peer.url());

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable) << response.error().what;
  }
}

TEST_F(CurlFaultsTest, BoundsBufferedBodiesAndHeaders) {
  use({.buffered_bytes_max = 1000});
  imposter_.answer({.body = std::string(1000, 'x')});
  imposter_.answer({.body = std::string(1001, 'x')});
  imposter_.answer({.headers = {{"X-Long", std::string(200'000, 'y')}}});
  const RawImposter endless([](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100'000; ++i) connection.send("X-Many: " + std::string(50, 'z') + "\r\n");
  });

  EXPECT_TRUE(get(imposter_.url()));
  for (const std::string& url : {imposter_.url("/body"), imposter_.url("/header"), endless.url()}) {
    SCOPED_TRACE(url);

    auto response = get(url);

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable) << response.error().what;
  }
}

TEST_F(CurlFaultsTest, SkipsInterimResponsesAndIgnoresTrailers) {
  const RawImposter peer([](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.send(
        "HTTP/1.1 102 Processing\r\nETag: interim\r\n\r\n"
        "HTTP/1.1 200 OK\r\nETag: real\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n0\r\nETag: trailer\r\nX-Late: 1\r\n\r\n");
  });

  auto response = get(peer.url());

  ASSERT_TRUE(response) << response.error().what;
  const Headers expected{{"ETag", "real"}, {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(response->headers, expected);
  EXPECT_EQ(response->body, "ab");
}

TEST_F(CurlFaultsTest, GivesUpATransferThatStalls) {
  use({.stall_timeout = std::chrono::milliseconds(80)});
  const RawImposter peer([](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    connection.wait_for_departure();
  });

  auto response = get(peer.url());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("stalled"));
  EXPECT_THAT(response.error().what, HasSubstr("after 3 of 10 bytes"));
}

// A firewall that lost its table forgets all connections at once.
TEST_F(CurlFaultsTest, AConnectionThatWentSilentTakesThoseBesideItWithIt) {
  use({.stall_timeout = std::chrono::milliseconds(80)});
  std::atomic<int> asked = 0;
  const RawImposter peer([&](RawImposter::Connection& connection, int number) {
    connection.read_request();
    ++asked;
    while (asked < 2) std::this_thread::yield();  // So that there are two.
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    connection.read_request();
    connection.wait_for_departure();
  });
  {
    std::jthread beside([&] { EXPECT_TRUE(get(peer.url())); });
    EXPECT_TRUE(get(peer.url()));
  }
  ASSERT_EQ(peer.connections(), 2);

  EXPECT_EQ(get(peer.url()).error().code, Errc::unavailable) << "silent";
  const auto after = get(peer.url());

  ASSERT_TRUE(after) << after.error().what;
  EXPECT_EQ(after->body, "3") << "not by the other silent one";
}

TEST_F(CurlFaultsTest, DoesNotTakeATrickleOrASlowReceiverForAStall) {
  SimulatedClock time;
  std::counting_semaphore<> taken(0);
  client_ = make_curl_client({.stall_timeout = std::chrono::milliseconds(300)}, time);
  const RawImposter peer([&](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
      time.advance(std::chrono::milliseconds(100));
      connection.send("x");
      if (!taken.try_acquire_for(std::chrono::seconds(10))) return;
    }
  });
  int pieces = 0;
  const BodyReceiver slow{.head = [](const HttpResponse&) -> Result<bool> { return true; },
                          .piece = [&](std::span<const std::byte>) -> Result<void> {
                            if (++pieces == 1) time.advance(std::chrono::milliseconds(350));
                            taken.release();
                            return {};
                          }};

  auto response = client_->fetch({.url = peer.url()}, Deadline::never(), {}, &slow);

  EXPECT_TRUE(response) << response.error().what;
}

TEST_F(CurlFaultsTest, EndsEveryWaitAtTheDeadline) {
  imposter_.answer_never();
  const RawImposter trickles([](RawImposter::Connection& connection, int) {
    connection.read_request();
    connection.trickle("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'y'),
                       std::chrono::milliseconds(1));
  });
  for (const std::string& url : {imposter_.url(), trickles.url()}) {
    SCOPED_TRACE(url);
    const SteadyTime start = clock_.steady_now();

    auto response =
        client_->fetch({.url = url}, Deadline::after(clock_, std::chrono::milliseconds(60)), {});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::timeout) << response.error().what;
    EXPECT_GE(since(start), std::chrono::milliseconds(60));
    EXPECT_LT(since(start), std::chrono::seconds(5));
  }
}

TEST_F(CurlFaultsTest, SendsNothingAfterTheDeadlineOrAStop) {
  std::stop_source stop;
  stop.request_stop();

  auto late = client_->fetch({.url = imposter_.url()}, Deadline::at(clock_.steady_now()), {});
  auto stopped = get(imposter_.url(), stop.get_token());

  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timeout);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_TRUE(imposter_.requests().empty());
}

TEST_F(CurlFaultsTest, AStopEndsALongPollWithinMilliseconds) {
  imposter_.answer_never();
  std::stop_source stop;
  SteadyTime asked;
  const std::jthread stopper([&] {
    imposter_.wait_for_requests(1);
    asked = clock_.steady_now();
    stop.request_stop();
  });

  auto response = get(imposter_.url(), stop.get_token());

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::cancelled);
  EXPECT_LT(since(asked), std::chrono::milliseconds(500));  // Typically below 1 ms.
  EXPECT_TRUE(imposter_.wait_for_departures(1));
}

TEST_F(CurlFaultsTest, AStopEndsTheWaitForAConnection) {
  use({.connections_per_host_max = 1});
  imposter_.answer_never();
  std::stop_source stop_first;
  std::stop_source stop_second;
  Result<HttpResponse> second = Error{Errc::invalid, "never run"};
  const std::jthread first([&] { (void)get(imposter_.url("/1"), stop_first.get_token()); });
  ASSERT_TRUE(imposter_.wait_for_requests(1));

  std::jthread waiting([&] { second = get(imposter_.url("/2"), stop_second.get_token()); });
  auto third = client_->fetch({.url = imposter_.url("/3")},
                              Deadline::after(clock_, std::chrono::milliseconds(30)), {});
  stop_second.request_stop();
  waiting.join();
  stop_first.request_stop();

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::cancelled);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::timeout);
  EXPECT_EQ(imposter_.requests().size(), 1U);
}

TEST_F(CurlFaultsTest, AStoppedCallSpoilsNoLaterOne) {
  use({.connections_per_host_max = 1});
  for (int i = 0; i < 20; ++i) {
    imposter_.answer_never();
    std::stop_source stop;
    {
      const std::jthread stopper([&] {
        imposter_.wait_for_requests(static_cast<std::size_t>(2 * i + 1));
        stop.request_stop();
      });
      ASSERT_FALSE(get(imposter_.url(), stop.get_token()));
    }
    imposter_.answer({.body = std::to_string(i)});

    auto response = get(imposter_.url());

    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->body, std::to_string(i));
  }
}

TEST_F(CurlFaultsTest, GivesUpAnUploadThatNobodyReads) {
  use({.stall_timeout = std::chrono::milliseconds(100)});
  const RawImposter peer([](RawImposter::Connection& connection, int) {
    connection.read_request();  // The head; the rest fills the buffers of the sockets.
    connection.read_nothing();
  });

  auto response =
      client_->fetch({.method = "PUT", .url = peer.url(), .body = std::string(64U << 20U, 'x')},
                     Deadline::never(), {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("stalled"));
}

TEST_F(CurlFaultsTest, SaysThatTheCaBundleIsUnusable) {
  use({.ca_bundle = "/nonexistent/bundle.pem"});

  auto response = get("https://127.0.0.1:" + std::to_string(imposter_.port()) + "/");

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("/nonexistent/bundle.pem"));
}

TEST_F(CurlFaultsTest, SaysThatAPeerDoesNotSpeakTls) {
  auto response = get("https://127.0.0.1:" + std::to_string(imposter_.port()) + "/");

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("TLS"));
}

}  // namespace
}  // namespace cordon
