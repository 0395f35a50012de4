// Signing in and out as a browser does it, and what others try.

#include <gtest/gtest.h>

#include <thread>

#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

class SessionRoutesTest : public testing::Test, protected ConsoleWorld {
 protected:
  SessionRoutesTest() {
    add_person("ada", ApiRole::admin);
    add_person("vic", ApiRole::viewer);
  }
  int who_am_i(const Client& client) { return status(client, "GET", "/api/v1/session"); }
  static std::string body_of(const ServerResponse& response) {
    return std::to_string(response.status) + " " + response.body;
  }
};

TEST_F(SessionRoutesTest, APersonSignsInAndOut) {
  const ServerResponse response = try_sign_in({}, " Ada ", kTestPassword);

  ASSERT_EQ(response.status, 200) << response.body;
  const std::string cookie(response.headers.get("Set-Cookie").value());
  EXPECT_TRUE(cookie.starts_with("cordon-session=cordon-session_"));
  EXPECT_NE(cookie.find("; HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("; SameSite=Strict"), std::string::npos);
  EXPECT_NE(cookie.find("; Path=/"), std::string::npos);
  EXPECT_EQ(cookie.find("Secure"), std::string::npos) << "nobody said that there is TLS";
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
  const Client ada = client_of(response);
  const json::object session = document(ask(ada, "GET", "/api/v1/session"));
  EXPECT_EQ(session.at("kind"), "person");
  EXPECT_EQ(session.at("name"), "ada");
  EXPECT_EQ(session.at("role"), "admin");
  EXPECT_EQ(session.at("csrf"), json::value(ada.csrf));
  EXPECT_EQ(status(ada, "GET", "/api/v1/problems"), 200);

  const ServerResponse out = ask(ada, "DELETE", "/api/v1/session");

  EXPECT_EQ(out.status, 204);
  EXPECT_NE(out.headers.get("Set-Cookie").value().find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(who_am_i(ada), 401);
  EXPECT_EQ(people.sessions(), 0U);
}

TEST_F(SessionRoutesTest, ATokenSaysWhoItIs) {
  const Client bot{.token = make_token("ci", ApiRole::operator_)};

  const json::object session = document(ask(bot, "GET", "/api/v1/session"));

  EXPECT_EQ(session.at("kind"), "token");
  EXPECT_EQ(session.at("name"), "ci");
  EXPECT_TRUE(session.at("csrf").is_null());
  EXPECT_EQ(status(bot, "DELETE", "/api/v1/session"), 403);
  EXPECT_EQ(status(bot, "PUT", "/api/v1/session/password", "{}"), 403);
}

TEST_F(SessionRoutesTest, WhyNobodyWasSignedInIsToldToNobody) {
  Person off = add_person("off", ApiRole::admin);
  off.is_disabled = true;
  ASSERT_TRUE(people.remove_person("off", Deadline::never(), {}));
  ASSERT_TRUE(people.add_person(off, Deadline::never(), {}));
  Person invited{.name = "new", .role = ApiRole::admin, .created = clock.system_now()};
  ASSERT_TRUE(people.add_person(invited, Deadline::never(), {}));

  const ServerResponse wrong = try_sign_in({}, "ada", "another password");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_FALSE(wrong.headers.has("Set-Cookie"));
  for (const char* name : {"nobody", "off", "new", "", "ada b", "ada\\u0000"}) {
    const ServerResponse refused = try_sign_in({.address = name}, name, kTestPassword);
    EXPECT_EQ(refused.status, wrong.status) << name;
    EXPECT_EQ(refused.body, wrong.body) << name;
    EXPECT_EQ(refused.headers, wrong.headers) << name;
  }
}

TEST_F(SessionRoutesTest, SigningInMakesAnotherSessionWhateverTheBrowserShows) {
  const Client first = signed_in("ada");
  const std::string planted = new_secret_text(kSessionPrefix, random);
  const Client victim{.cookie = "cordon-session=" + planted};

  const ServerResponse response = try_sign_in(victim, "ada", kTestPassword);

  EXPECT_NE(client_of(response).cookie, victim.cookie);
  EXPECT_EQ(who_am_i(victim), 401);
  EXPECT_EQ(who_am_i(first), 200);
  const Client again = client_of(try_sign_in(first, "ada", kTestPassword));
  EXPECT_NE(again.cookie, first.cookie);
  EXPECT_NE(again.csrf, first.csrf);
  EXPECT_EQ(who_am_i(first), 401) << "the one that the browser had";
  EXPECT_EQ(who_am_i(again), 200);
}

TEST_F(SessionRoutesTest, ASessionEndsWhenItIsNotUsed) {
  const Client ada = signed_in("ada");
  for (int i = 0; i < 5; ++i) {
    clock.advance(std::chrono::minutes(29));
    EXPECT_EQ(who_am_i(ada), 200) << i;
  }
  clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(who_am_i(ada), 401);
}

TEST_F(SessionRoutesTest, ASessionEndsAfterTwelveHours) {
  const Client ada = signed_in("ada");
  for (int i = 0; i < 12 * 60 - 20; i += 20) {
    clock.advance(std::chrono::minutes(20));
    ASSERT_EQ(who_am_i(ada), 200) << i;
  }
  clock.advance(std::chrono::minutes(20));
  EXPECT_EQ(who_am_i(ada), 401);
}

TEST_F(SessionRoutesTest, WhatIsChangedCountsAtOnce) {
  const Client vic = signed_in("vic");
  const auto change = [&](const PersonEdit& edit) {
    ASSERT_TRUE(people.change_person("vic", AdminRule::none, edit, Deadline::never(), {}));
  };
  EXPECT_EQ(status(vic, "POST", "/api/v1/problems/1/handle", R"({"why":"x"})"), 403);
  change([](Person& one) -> Result<void> { return one.role = ApiRole::operator_, Result<void>(); });
  EXPECT_EQ(status(vic, "POST", "/api/v1/problems/1/handle", R"({"why":"x"})"), 404);
  change([](Person& one) -> Result<void> { return one.is_disabled = true, Result<void>(); });
  EXPECT_EQ(who_am_i(vic), 401);
  change([](Person& one) -> Result<void> { return one.is_disabled = false, Result<void>(); });
  EXPECT_EQ(who_am_i(vic), 200);
  ASSERT_TRUE(people.remove_person("vic", Deadline::never(), {}));
  EXPECT_EQ(who_am_i(vic), 401);
}

TEST_F(SessionRoutesTest, ANewPasswordEndsEveryOtherSession) {
  const Client here = signed_in("ada");
  const Client there = signed_in("ada");
  const Client vic = signed_in("vic");
  const auto change = [&](const std::string& current, const std::string& password) {
    return ask(here, "PUT", "/api/v1/session/password",
               json::serialize(json::object{{"current", current}, {"password", password}}));
  };
  EXPECT_EQ(change("another password", "a much better one").status, 403);
  EXPECT_EQ(change(kTestPassword, "short").status, 400);
  EXPECT_EQ(who_am_i(there), 200);

  const ServerResponse changed = change(kTestPassword, "a much better one");

  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(who_am_i(client_of(changed)), 200);
  EXPECT_EQ(who_am_i(here), 401);
  EXPECT_EQ(who_am_i(there), 401);
  EXPECT_EQ(who_am_i(vic), 200);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 401);
  EXPECT_EQ(try_sign_in({}, "ada", "a much better one").status, 200);
}

TEST_F(SessionRoutesTest, WhoeverGuessesANameHasToWaitWhereverHeSits) {
  for (const char* name : {"ada", "nobody"}) {
    for (int i = 0; i < 10; ++i) {
      const Client somewhere{.address = std::string(name) + std::to_string(i)};
      EXPECT_EQ(try_sign_in(somewhere, name, "another password").status, 401) << i;
    }
    const ServerResponse refused = try_sign_in({.address = "x"}, name, kTestPassword);
    EXPECT_EQ(refused.status, 429) << name;
    EXPECT_EQ(refused.headers.get("Retry-After"), "900");
  }
  EXPECT_EQ(try_sign_in({.address = "x"}, "vic", kTestPassword).status, 200);
  clock.advance(std::chrono::minutes(15));
  EXPECT_EQ(try_sign_in({.address = "x"}, "ada", kTestPassword).status, 200);
}

TEST_F(SessionRoutesTest, AnAddressThatFailsOftenHasToWait) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(try_sign_in({}, "n" + std::to_string(i), "another password").status, 401);
  }
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 429);
  EXPECT_EQ(try_sign_in({.address = "192.0.2.9"}, "ada", kTestPassword).status, 200);
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200) << i;
}

TEST_F(SessionRoutesTest, WhoIsSignedInAndGuessesHisOldPasswordHasToWait) {
  const Client thief = signed_in("ada");
  const std::string body = R"({"current":"another password","password":"one of my own choice"})";
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(status(thief, "PUT", "/api/v1/session/password", body), 403);
  }
  EXPECT_EQ(status(thief, "PUT", "/api/v1/session/password", body), 429);
}

TEST_F(SessionRoutesTest, WhatIsSentIsReadWithSuspicion) {
  for (const char* body : {"", "[]", "{}", R"({"name":"ada"})", R"({"name":1,"password":"x"})",
                           R"({"name":"ada","password":"x","code":5})", "name=ada&password=x"}) {
    EXPECT_EQ(status({}, "POST", "/api/v1/session", body), 400) << body;
  }
}

TEST_F(SessionRoutesTest, AStoreThatDoesNotAnswerSignsNobodyIn) {
  const Client ada = signed_in("ada");
  std::stop_source stop;
  stop.request_stop();  // The fake fails then, as a database that is away does.

  EXPECT_EQ(pages.answer(request(ada, "GET", "/api/v1/session"), stop.get_token()).status, 503);
  EXPECT_EQ(pages
                .answer(request({}, "POST", "/api/v1/session",
                                R"({"name":"ada","password":"correct horse battery"})"),
                        stop.get_token())
                .status,
            503);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200) << "it is not held against anybody";
}

TEST_F(SessionRoutesTest, WhoSignedInAndWhoTriedIsInTheAuditLog) {
  const Client ada = signed_in("ada");
  EXPECT_EQ(try_sign_in({.address = "203.0.113.7"}, "mallory", "another password").status, 401);
  EXPECT_EQ(status(ada, "DELETE", "/api/v1/session"), 204);

  const std::vector<AuditRecord> records = people.records();

  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].entry.who, "person:ada");
  EXPECT_EQ(records[0].entry.action, "POST /api/v1/session");
  EXPECT_EQ(records[0].entry.outcome, "done");
  EXPECT_EQ(records[1].entry.who, "nobody");
  EXPECT_EQ(records[1].entry.target, "mallory");
  EXPECT_EQ(records[1].entry.outcome, "refused");
  EXPECT_EQ(records[1].entry.detail, "from 203.0.113.7");
  EXPECT_EQ(records[2].entry.who, "person:ada");
  for (const AuditRecord& record : records) {
    EXPECT_EQ(to_json(record).find(kTestPassword), std::string::npos);
  }
}

TEST(SessionRoutes, OverTlsTheCookieSaysSo) {
  ConsoleWorld world({.origin = PageOrigin::parse("https://console.example.org/").value()});
  world.add_person("ada", ApiRole::admin);

  const ServerResponse response = world.try_sign_in({}, "ada", kTestPassword);

  const std::string cookie(response.headers.get("Set-Cookie").value());
  EXPECT_TRUE(cookie.starts_with("__Host-cordon-session="));
  EXPECT_NE(cookie.find("; Secure"), std::string::npos);
  const Client ada = ConsoleWorld::client_of(response);
  EXPECT_EQ(world.status(ada, "GET", "/api/v1/session"), 200);
  const Client other{.cookie = ada.cookie.substr(7)};  // The name that anybody could have set.
  EXPECT_EQ(world.status(other, "GET", "/api/v1/session"), 401);
}

TEST(SessionRoutes, BehindAProxyNobodyWaitsForSomebodyElsesFailures) {
  ConsoleWorld world({.proxies = 1});
  world.add_person("ada", ApiRole::admin);
  const auto from = [](const std::string& address) {
    return Client{.more = {{"X-Forwarded-For", "192.0.2.77, " + address}}};
  };
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(world.try_sign_in(from("198.51.100.1"), "n" + std::to_string(i), "x").status, 401);
  }
  EXPECT_EQ(world.try_sign_in(from("198.51.100.1"), "ada", kTestPassword).status, 429);
  EXPECT_EQ(world.try_sign_in(from("198.51.100.2"), "ada", kTestPassword).status, 200);
  EXPECT_EQ(world.people.records().front().entry.detail, "from 198.51.100.1");
}

}  // namespace
}  // namespace cordon
