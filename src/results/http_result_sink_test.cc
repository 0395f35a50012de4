#include "results/http_result_sink.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "core/scan_result_decoding.h"
#include "testing/fake_http_client.h"
#include "testing/result_sink_contract.h"

namespace cordon {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < body.size();) {
    const std::size_t end = body.find('\n', begin);
    lines.push_back(body.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// A console that takes results by their ids.
class ConsoleSubject {
 public:
  ConsoleSubject() {
    client_.answer_rest(
        [this](const HttpRequest& request, Deadline, std::stop_token) { return answer(request); });
  }
  ResultSink& sink() { return sink_; }
  void refuse(const std::string& id) { refused_.insert(id); }
  bool fail_for_now(const std::string&) { return false; }
  void fail_whole() { is_away_ = true; }
  void come_back() { is_away_ = false; }
  std::vector<std::string> taken() const { return taken_; }

 private:
  Result<HttpResponse> answer(const HttpRequest& request) {
    if (is_away_) return HttpResponse{503, {}, "not now"};
    json::array refused;
    const std::vector<std::string> lines = lines_of(request.body);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const ScanResult result = decode_scan_result(lines[i]).value();
      if (refused_.contains(result.id)) {
        refused.push_back(json::object{{"line", i}, {"why", "no"}});
      } else {
        taken_.push_back(result.id);
      }
    }
    return HttpResponse{200, {}, json::serialize(json::object{{"refused", std::move(refused)}})};
  }

  FakeHttpClient client_;
  HttpResultSink sink_{client_, {.url = "http://console:8080", .token = "cordon_t"}};
  std::set<std::string> refused_;
  std::vector<std::string> taken_;
  bool is_away_ = false;
};
INSTANTIATE_TYPED_TEST_SUITE_P(HttpConsole, ResultSinkContract, ConsoleSubject);

class HttpResultSinkTest : public testing::Test {
 protected:
  ResultOutcomes publish(std::size_t count) {
    std::vector<ScanResult> results(count);
    for (std::size_t i = 0; i < count; ++i) {
      results[i].id = "r" + std::to_string(i);
      results[i].bucket = BucketName("uploads");
      results[i].key = ObjectKey("key");
    }
    return sink_.publish(results, Deadline::never(), {});
  }

  FakeHttpClient client_;
  HttpResultSink sink_{client_, {.url = "https://console", .token = "cordon_secret"}};
};

TEST_F(HttpResultSinkTest, PostsWithItsTokenAHundredAtATime) {
  client_.answer_rest([](const auto&, auto, auto) -> Result<HttpResponse> {
    return HttpResponse{200, {}, R"({"refused":[]})"};
  });

  for (const Result<void>& outcome : publish(250)) EXPECT_TRUE(outcome);

  const std::vector<HttpRequest> requests = client_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].url, "https://console/api/v1/results");
  EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer cordon_secret");
  EXPECT_EQ(lines_of(requests[2].body).size(), 50U);
}

TEST_F(HttpResultSinkTest, WhatAConsoleSaysOfAllIsForNow) {
  const std::pair<HttpResponse, Errc> kAnswers[] = {
      {{401, {}, ""}, Errc::denied},
      {{403, {}, ""}, Errc::denied},
      {{404, {}, ""}, Errc::unavailable},
      {{429, {}, ""}, Errc::throttled},
      {{500, {}, ""}, Errc::unavailable},
      {{302, {}, ""}, Errc::unavailable},
      {{200, {}, "<html>sign in</html>"}, Errc::unavailable},
      {{200, {}, R"({"refused":[{"line":9}]})"}, Errc::unavailable},
      {{200, {}, R"({"refused":[{"line":-1}]})"}, Errc::unavailable}};
  for (const auto& [answer, code] : kAnswers) {
    SCOPED_TRACE(std::to_string(answer.status) + answer.body);
    client_.answer(answer);
    for (const Result<void>& outcome : publish(2)) {
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().code, code);
      EXPECT_THAT(outcome.error().what, testing::Not(HasSubstr("cordon_secret")));
    }
  }
}

TEST_F(HttpResultSinkTest, ARequestThatIsRefusedIsSentLineByLine) {
  client_.answer(HttpResponse{413, {}, ""});
  client_.answer(HttpResponse{200, {}, R"({"refused":[]})"});
  client_.answer(HttpResponse{400, {}, ""});

  const ResultOutcomes outcomes = publish(2);

  EXPECT_TRUE(outcomes[0]);
  EXPECT_EQ(outcomes[1].error().code, Errc::invalid);
}

TEST(ConsoleUrl, IsAnOriginAlone) {
  EXPECT_EQ(console_url("https://console.example:8080/").value(), "https://console.example:8080");
  EXPECT_EQ(console_url("http://127.0.0.1:1").value(), "http://127.0.0.1:1");
  for (const char* wrong : {"", "console", "ftp://console", "https://a/b", "https://a?b",
                            "https://user:secret@a", "https://a#b", "https://a b"}) {
    EXPECT_EQ(console_url(wrong).error().code, Errc::invalid) << wrong;
  }
}

}  // namespace
}  // namespace cordon
