// Who is let in: every route, by everybody.

#include "console/request_gate.h"

#include <gtest/gtest.h>

#include "testing/console_world.h"

namespace cordon {
namespace {

class RequestGateTest : public testing::Test, protected ConsoleWorld {
 protected:
  static std::string target_of(const ApiRoute& route) {
    std::string target(route.path);
    for (std::size_t at = target.find('{'); at != std::string::npos; at = target.find('{')) {
      target.replace(at, target.find('}') - at + 1, "1");
    }
    return target;
  }
  int status_of(const ApiRoute& route, const Client& client) {
    clock.advance(std::chrono::seconds(61));  // Or whoever is refused would have to wait.
    return status(client, std::string(route.method), target_of(route));
  }
  Client ada() {
    if (!people.find_person("ada", Deadline::never(), {}).value()) {
      add_person("ada", ApiRole::admin);
    }
    return signed_in("ada");
  }
};

// Every route by every role, as the bearer of a token, as a person, as a page of another site in a
// person's browser, and as nobody: what is not allowed is refused, whatever path and body hold.
TEST_F(RequestGateTest, EachRouteIsForItsRoleAndThoseAbove) {
  for (const ApiRole role : {ApiRole::viewer, ApiRole::operator_, ApiRole::admin}) {
    const std::string name(name_of(role));
    const Client bearer{.token = make_token(name, role)};
    add_person(name, role);
    for (const ApiRoute& route : api_routes()) {
      SCOPED_TRACE(name + ": " + std::string(route.method) + " " + std::string(route.path));
      if (!route.role) {
        const int status = status_of(route, {});
        EXPECT_TRUE(status == 200 || status == 400) << status;
        continue;
      }
      const bool may = covers(role, *route.role);
      const Client person = signed_in(name);
      Client forged = person;
      forged.csrf = "";
      EXPECT_EQ(status_of(route, {}), 401);
      if (route.method != "GET") {
        EXPECT_EQ(status_of(route, forged), 403);
      }
      const int of_token = status_of(route, bearer);
      const int of_person = status_of(route, person);
      if (!may) {
        EXPECT_EQ(of_token, 403);
        EXPECT_EQ(of_person, 403);
      } else {
        EXPECT_NE(of_person, 403);
        EXPECT_NE(of_person, 401);
        EXPECT_NE(of_token, 401);  // Some are for people alone: 403.
      }
    }
  }
}

TEST_F(RequestGateTest, WhatChangesSomethingNeedsTheTokenOfItsSession) {
  const Client here = ada();
  const Client there = ada();
  const std::string target = "/api/v1/problems/1/handle";
  const std::string body = R"({"why":"x"})";
  EXPECT_EQ(status(here, "POST", target, body), 404) << "was let in; there is no problem 1";

  for (const std::string& wrong : {std::string(), there.csrf, here.csrf + "x", here.cookie}) {
    Client forged = here;
    forged.csrf = wrong;
    EXPECT_EQ(status(forged, "POST", target, body), 403) << wrong;
    EXPECT_EQ(status(forged, "GET", "/api/v1/problems"), 200);
  }
}

TEST_F(RequestGateTest, PagesOfOtherSitesChangeNothing) {
  const Client here = ada();
  const auto with = [&](const Headers& headers) {
    Client client = here;
    client.more = headers;
    return status(client, "POST", "/api/v1/problems/1/handle", R"({"why":"x"})");
  };
  EXPECT_EQ(with({{"Host", "c:8080"}, {"Origin", "http://c:8080"}}), 404);
  EXPECT_EQ(with({{"Host", "c:8080"}, {"Sec-Fetch-Site", "same-origin"}}), 404);
  EXPECT_EQ(with({{"Host", "c:8080"}, {"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(with({{"Host", "c:8080"}, {"Origin", "null"}}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "same-site"}}), 403);
}

TEST_F(RequestGateTest, PagesOfOtherSitesSignNobodyInAsSomebodyElse) {
  add_person("ada", ApiRole::admin);
  const Client victim{.more = {{"Host", "c:8080"}, {"Origin", "http://evil.example"}}};

  EXPECT_EQ(try_sign_in(victim, "ada", kTestPassword).status, 403);
  EXPECT_EQ(people.sessions(), 0U);
}

TEST_F(RequestGateTest, ABearersCookieIsNotLookedAt) {
  Client both = ada();
  both.token = "cordon_" + std::string(43, 'x');
  EXPECT_EQ(status(both, "GET", "/api/v1/problems"), 401);

  both.token = make_token("ci", ApiRole::operator_);
  both.csrf = "";
  EXPECT_EQ(status(both, "POST", "/api/v1/problems/1/handle", R"({"why":"x"})"), 404);
}

TEST_F(RequestGateTest, WhatIsSaidToAProxyIsNoBearers) {
  Client here = ada();
  here.more = {{"Authorization", "Basic YWRhOng="}};

  EXPECT_EQ(status(here, "GET", "/api/v1/problems"), 200);
}

TEST_F(RequestGateTest, ASessionGoesOnWhileItsAddressHasToWait) {
  add_person("ada", ApiRole::admin);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status({}, "GET", "/api/v1/problems"), 401);
  EXPECT_EQ(status({}, "GET", "/api/v1/problems"), 429);

  const Client here = client_of(try_sign_in({}, "ada", kTestPassword));

  EXPECT_EQ(status(here, "GET", "/api/v1/problems"), 200);
  Client guess = here;
  guess.cookie = "cordon-session=" + new_secret_text(kSessionPrefix, random);
  EXPECT_EQ(status(guess, "GET", "/api/v1/problems"), 429);
}

TEST_F(RequestGateTest, WhatWasTriedWithoutTheRoleIsInTheAuditLog) {
  const Client bearer{.token = make_token("ci", ApiRole::viewer)};

  EXPECT_EQ(status(bearer, "POST", "/api/v1/problems/7/handle", R"({"why":"x"})"), 403);

  ASSERT_EQ(people.records().size(), 1U);
  const AuditEntry entry = people.records().front().entry;
  EXPECT_EQ(entry.who, "token:ci");
  EXPECT_EQ(entry.action, "POST /api/v1/problems/{id}/handle");
  EXPECT_EQ(entry.target, "7");
  EXPECT_EQ(entry.outcome, "refused");
}

TEST(SessionCookie, IsTakenWhenThereIsOneOfItsName) {
  SeededRandom random;
  const std::string secret = new_secret_text(kSessionPrefix, random);
  const auto taken = [](const std::string& cookie) {
    return session_secret_in({.headers = {{"Cookie", cookie}}}, CookieKind::plain);
  };
  EXPECT_EQ(taken("cordon-session=" + secret), secret);
  EXPECT_EQ(taken("a=b; cordon-session=" + secret + ";c"), secret);
  EXPECT_EQ(taken("cordon-session=" + secret + "; cordon-session=" + secret), std::nullopt);
  EXPECT_EQ(taken("xcordon-session=" + secret), std::nullopt);
  EXPECT_EQ(taken("cordon-session=x"), std::nullopt);
  EXPECT_EQ(taken("cordon-session"), std::nullopt);
  EXPECT_EQ(taken(""), std::nullopt);
}

TEST(PageOrigin, IsSchemeAndHost) {
  for (const char* wrong : {"", "console.example.org", "https://", "https://a/b", "ftp://a",
                            "https://a b", "https://u@a"}) {
    EXPECT_FALSE(PageOrigin::parse(wrong)) << wrong;
  }
  const PageOrigin origin = PageOrigin::parse("https://Console.example.org").value();
  const auto is_foreign = [&](const Headers& headers) {
    return origin.is_foreign({.method = "POST", .headers = headers});
  };
  EXPECT_FALSE(is_foreign({{"Origin", "https://console.example.org"}, {"Host", "10.0.0.1:8080"}}));
  EXPECT_TRUE(is_foreign({{"Origin", "http://console.example.org"}}));
  EXPECT_TRUE(is_foreign({{"Origin", "https://console.example.org:444"}}));
  EXPECT_FALSE(is_foreign({})) << "a program";
}

}  // namespace
}  // namespace cordon
