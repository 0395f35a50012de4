#include "push/http_events.h"

#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/guarded.h"
#include "base/text.h"
#include "core/event.h"
#include "testing/raw_client.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kToken = "0123456789abcdef0123456789abcdef";

class KeptEvents final : public EventSender {
 public:
  Result<void> send(const std::string& body, Deadline, std::stop_token) override {
    return kept.with([&](auto& all) -> Result<void> {
      if (fail) return *fail;
      all.push_back(body);
      return {};
    });
  }
  std::vector<std::string> all() const {
    return kept.with([](const auto& bodies) { return bodies; });
  }

  Guarded<std::vector<std::string>> kept;
  std::optional<Error> fail;
};

class HttpEventsTest : public testing::Test {
 protected:
  ServerResponse post(Headers headers, const std::string& body, std::string target = "/events") {
    return events_.answer({.method = "POST",
                           .target = std::move(target),
                           .headers = std::move(headers),
                           .body = body,
                           .peer = "10.0.0.1:5"},
                          nullptr, {});
  }
  ServerResponse post(const std::string& body) {
    return post({{"Authorization", "Bearer " + kToken}}, body);
  }
  void serve() {
    server_ = HttpServer::start(
                  events_.server_options("127.0.0.1", 0),
                  [this](const ServerRequest& request, const std::shared_ptr<UploadSink>& upload,
                         std::stop_token stop) {
                    return events_.answer(request, upload, std::move(stop));
                  },
                  log_)
                  .value();
  }
  static std::string request(const std::string& token, const std::string& body) {
    return "POST /events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  KeptEvents kept_;
  RealClock clock_;
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  Metrics metrics_;
  HttpEvents events_{PushTokens::parse(kToken + "\nsecond-token-of-another-store").value(),
                     {kept_, clock_, log_, metrics_}};
  std::unique_ptr<HttpServer> server_;  ///< Last: it ends before what it uses.
};

TEST_F(HttpEventsTest, TakesAnEventFromWhoeverHasAToken) {
  const std::string basic = base64(as_bytes_of("anybody:" + kToken));
  const std::pair<const char*, Headers> kForms[] = {
      {"as RFC 6750 says", {{"Authorization", "Bearer " + kToken}}},
      {"the scheme in other letters", {{"authorization", "bearer  " + kToken + " "}}},
      {"alone", {{"Authorization", kToken}}},
      {"as a password", {{"Authorization", "Basic " + basic}}},
      {"the other one", {{"Authorization", "Bearer second-token-of-another-store"}}}};
  for (const auto& [what, headers] : kForms) {
    SCOPED_TRACE(what);
    EXPECT_EQ(post(headers, "{}").status, 200);
  }
  EXPECT_EQ(post({}, "{}", "/events/" + kToken).status, 200) << "Ceph sends no header";
  EXPECT_EQ(post({{"Authorization", "Bearer " + kToken}}, "{}", "/").status, 200);
  EXPECT_THAT(kept_.all(), SizeIs(7));
}

TEST_F(HttpEventsTest, RefusesWhoHasNone) {
  const std::string basic = base64(as_bytes_of(kToken + ":wrong"));
  const std::pair<Headers, std::string> kStrangers[] = {
      {{}, "/events"},
      {{}, "/events/"},
      {{}, "/events/" + kToken.substr(1)},
      {{}, "/events?token=" + kToken},
      {{{"Authorization", ""}}, "/events"},
      {{{"Authorization", "Bearer"}}, "/events"},
      {{{"Authorization", "Bearer " + kToken + "x"}}, "/events"},
      {{{"Authorization", "Basic " + basic}}, "/events"},
      {{{"Authorization", "Basic %%%"}}, "/events"},
      {{{"X-Token", kToken}}, "/events"}};
  for (const auto& [headers, target] : kStrangers) {
    SCOPED_TRACE(target);
    const ServerResponse response = post(headers, "{}", target);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.get("WWW-Authenticate"), "Bearer");
  }
  EXPECT_THAT(kept_.all(), IsEmpty());
  EXPECT_THAT(logged_, HasSubstr("10.0.0.1"));
  EXPECT_THAT(logged_, testing::Not(HasSubstr(kToken.substr(1)))) << "tokens are no matter of logs";
}

TEST_F(HttpEventsTest, AnswersProbesWithoutAToken) {
  for (const char* method : {"GET", "HEAD"}) {
    for (const char* target : {"/", "/events", "/events/x"}) {
      EXPECT_EQ(events_.answer({.method = method, .target = target}, nullptr, {}).status, 200);
    }
    EXPECT_EQ(events_.answer({.method = method, .target = "/other"}, nullptr, {}).status, 404);
  }
  EXPECT_EQ(events_.answer({.method = "PUT", .target = "/events"}, nullptr, {}).status, 405);
}

TEST_F(HttpEventsTest, TakesOnlyJsonObjects) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{\"a\":";
  for (const std::string& body :
       {std::string(), std::string("no"), std::string("[]"), std::string("\"{}\""),
        std::string("{} {}"), std::string("{\"a\":\"\xFF\"}"), deep + "1" + std::string(40, '}')}) {
    EXPECT_EQ(post(body).status, 400) << body;
  }
  EXPECT_THAT(kept_.all(), IsEmpty());
  EXPECT_EQ(post("\xEF\xBB\xBF{\"a\":1}").status, 200);
  EXPECT_THAT(kept_.all(), ElementsAre("{\"a\":1}"));
}

TEST_F(HttpEventsTest, SaysWhatASenderHasToDoWhenItIsNotTaken) {
  const std::pair<Error, int> kFailures[] = {{{Errc::throttled, "full", ErrorCause::staging}, 507},
                                             {{Errc::throttled, "slow down"}, 503},
                                             {{Errc::unavailable, "no disk"}, 503},
                                             {{Errc::denied, "read-only"}, 503},
                                             {{Errc::cancelled, "stopping"}, 503},
                                             {{Errc::invalid, "no UTF-8"}, 400}};
  for (const auto& [error, status] : kFailures) {
    SCOPED_TRACE(error.what);
    kept_.fail = error;
    const ServerResponse response = post("{}");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.has("Retry-After"), status >= 500);
    EXPECT_THAT(response.body, testing::Not(HasSubstr(error.what)));
  }
}

TEST_F(HttpEventsTest, BoundsBodiesBeforeTheyAreInMemory) {
  serve();
  const auto status = [&](const std::string& head) {
    RawClient client(server_->port());
    client.send(head);
    return status_of(client.read_response());
  };
  const std::string head = "POST /events HTTP/1.1\r\nHost: h\r\nContent-Length: ";

  EXPECT_EQ(status(head + "1048577\r\nAuthorization: Bearer " + kToken + "\r\n\r\n"), 413);
  RawClient whole(server_->port());
  const std::string body = "{\"a\":\"" + std::string(kMessageBytesMax - 8, 'x') + "\"}";
  whole.send(request(kToken, body));
  EXPECT_EQ(status_of(whole.read_response()), 200);
  ASSERT_EQ(kept_.all().size(), 1U);
  EXPECT_EQ(kept_.all()[0].size(), kMessageBytesMax);
}

TEST_F(HttpEventsTest, AStrangersBodyIsDroppedAndAnswered) {
  serve();
  RawClient stranger(server_->port());

  stranger.send(request("wrong", "{\"a\":\"" + std::string(100'000, 'x') + "\"}"));

  EXPECT_EQ(status_of(stranger.read_response()), 401);
  EXPECT_THAT(kept_.all(), IsEmpty());
  RawClient endless(server_->port());
  endless.send("POST /events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n");
  endless.send(std::string(0x200000, 'x'));
  EXPECT_EQ(status_of(endless.read_response()), 403);
}

TEST_F(HttpEventsTest, SlowSendersHoldUpNobody) {
  serve();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->port()));
    slow.back()->send("POST /events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + kToken +
                      "\r\nContent-Length: 100\r\n\r\n{");
  }

  RawClient quick(server_->port());
  quick.send(request(kToken, "{}"));

  EXPECT_EQ(status_of(quick.read_response()), 200);
  EXPECT_THAT(kept_.all(), ElementsAre("{}"));
}

TEST_F(HttpEventsTest, AConnectionCarriesOneEventAfterTheOther) {
  serve();
  RawClient client(server_->port());
  for (const char* body : {"{\"n\":1}", "{\"n\":2}"}) {
    client.send(request(kToken, body));
    EXPECT_EQ(status_of(client.read_response()), 200);
  }
  EXPECT_THAT(kept_.all(), ElementsAre("{\"n\":1}", "{\"n\":2}"));
}

}  // namespace
}  // namespace cordon
