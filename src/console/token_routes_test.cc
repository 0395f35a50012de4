// Tokens and the audit log over the REST interface.

#include <gtest/gtest.h>

#include "base/text.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

class TokenRoutesTest : public testing::Test, protected ConsoleWorld {
 protected:
  TokenRoutesTest() {
    add_person("ada", ApiRole::admin);
    ada_ = signed_in("ada");
  }
  ServerResponse make(const std::string& body) { return ask(ada_, "POST", "/api/v1/tokens", body); }

  Client ada_;
};

TEST_F(TokenRoutesTest, ATokenBeginsAndEnds) {
  const ServerResponse made = make(R"({"name":"ci","role":"viewer"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(document(made).at("expires"),
            json::value(rfc3339_s(clock.system_now() + std::chrono::hours(24 * 90))));
  const Client bearer{.token = std::string(document(made).at("token").as_string())};
  EXPECT_EQ(status(bearer, "GET", "/api/v1/problems"), 200);
  EXPECT_EQ(make(R"({"name":"ci","role":"viewer"})").status, 409);

  const ServerResponse listed = ask(ada_, "GET", "/api/v1/tokens");
  EXPECT_EQ(document(listed).at("items").at(0).at("state"), "in force");
  EXPECT_EQ(listed.body.find(bearer.token), std::string::npos);
  EXPECT_EQ(status(ada_, "DELETE", "/api/v1/tokens/ci"), 204);

  EXPECT_EQ(status(bearer, "GET", "/api/v1/problems"), 401);
  EXPECT_EQ(status(ada_, "DELETE", "/api/v1/tokens/ci"), 404);
  EXPECT_EQ(document(ask(ada_, "GET", "/api/v1/tokens")).at("items").at(0).at("state"), "revoked");
}

TEST_F(TokenRoutesTest, SaysWhatIsWrong) {
  for (const char* body :
       {"{}", R"({"name":"ci"})", R"({"name":"a b","role":"viewer"})",
        R"({"name":"ci","role":"root"})", R"({"name":"ci","role":"viewer","expires":"soon"})"}) {
    EXPECT_EQ(make(body).status, 400) << body;
  }
  EXPECT_EQ(document(make(R"({"name":"ci","role":"viewer","expires":"1d"})")).at("expires"),
            json::value(rfc3339_s(clock.system_now() + std::chrono::hours(24))));
  EXPECT_TRUE(
      document(make(R"({"name":"c2","role":"admin","expires":"never"})")).at("expires").is_null());
}

TEST_F(TokenRoutesTest, TheAuditLogIsShownAndExported) {
  ASSERT_EQ(make(R"({"name":"ci","role":"operator"})").status, 201);
  ASSERT_EQ(status(ada_, "DELETE", "/api/v1/tokens/ci"), 204);

  const json::object first = document(ask(ada_, "GET", "/api/v1/audit?limit=2"));
  ASSERT_EQ(first.at("items").as_array().size(), 2U);
  EXPECT_EQ(first.at("items").at(0).at("action"), "DELETE /api/v1/tokens/{name}");
  EXPECT_EQ(first.at("items").at(0).at("target"), "ci");
  EXPECT_EQ(first.at("items").at(1).at("who"), "person:ada");
  const std::string next(first.at("next").as_string());
  const json::object second = document(ask(ada_, "GET", "/api/v1/audit?limit=2&cursor=" + next));
  EXPECT_EQ(second.at("items").at(0).at("action"), "POST /api/v1/session");
  EXPECT_TRUE(second.at("next").is_null());

  const ServerResponse exported = ask(ada_, "GET", "/api/v1/audit/export");
  EXPECT_EQ(exported.headers.get("Content-Type"), "application/jsonl");
  std::string lines;
  for (const AuditRecord& record : people.records()) lines += to_json(record) + "\n";
  EXPECT_EQ(exported.body, lines);
  EXPECT_EQ(ask(ada_, "GET", "/api/v1/audit/export?after=2").body,
            to_json(people.records().at(2)) + "\n");
  EXPECT_EQ(ask(ada_, "GET", "/api/v1/audit/export?after=3").body, "");
  EXPECT_EQ(status(ada_, "GET", "/api/v1/audit/export?after=-1"), 400);
}

// Nobody gets a secret of whose making nothing tells.
TEST_F(TokenRoutesTest, WhatTheAuditLogDoesNotHaveIsNotAnswered) {
  /// Takes everything but records.
  class Full final : public AuditLog {
   public:
    Result<AuditRecord> append(const AuditEntry&, Deadline, std::stop_token) override {
      return Error{Errc::unavailable, "full"};
    }
    Result<Page<AuditRecord>> newest_records(const PageRequest&, Deadline,
                                             std::stop_token) override {
      return Page<AuditRecord>();
    }
    Result<std::vector<AuditRecord>> records_after(std::int64_t, std::size_t, Deadline,
                                                   std::stop_token) override {
      return std::vector<AuditRecord>();
    }
  };
  Full full;
  ConsolePages other({store, store, store, store, people, people, full, *passwords, setup,
                      ConsoleFront(), store, desk, [] { return IntakeHealth(); }, clock, random,
                      runtime.log, metrics});

  const ServerResponse withheld =
      other.answer(request(ada_, "POST", "/api/v1/tokens", R"({"name":"c9","role":"admin"})"), {});

  EXPECT_EQ(withheld.status, 503);
  EXPECT_EQ(withheld.body.find("cordon_"), std::string::npos);
  EXPECT_NE(withheld.body.find("it was done"), std::string::npos);
  EXPECT_EQ(other.answer(request(ada_, "GET", "/api/v1/tokens"), {}).status, 200);
}

}  // namespace
}  // namespace cordon
