// People are invited, changed and taken away.

#include <gtest/gtest.h>

#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

class PeopleRoutesTest : public testing::Test, protected ConsoleWorld {
 protected:
  PeopleRoutesTest() {
    add_person("ada", ApiRole::admin);
    ada_ = signed_in("ada");
  }
  std::string invite(const std::string& name, const std::string& role) {
    const ServerResponse made = ask(ada_, "POST", "/api/v1/people",
                                    json::serialize(json::object{{"name", name}, {"role", role}}));
    EXPECT_EQ(made.status, 201) << made.body;
    return std::string(document(made).at("invitation").as_string());
  }
  ServerResponse accept(const std::string& invitation,
                        const std::string& password = kTestPassword) {
    return ask({}, "POST", "/api/v1/session/invitation",
               json::serialize(json::object{{"invitation", invitation}, {"password", password}}));
  }
  std::string state_of_person(const std::string& name) {
    const json::object list = document(ask(ada_, "GET", "/api/v1/people"));
    for (const json::value& one : list.at("items").as_array()) {
      if (one.at("name") == json::value(name)) return std::string(one.at("state").as_string());
    }
    return "";
  }

  Client ada_;
};

TEST_F(PeopleRoutesTest, WhoIsInvitedChoosesAPasswordOnce) {
  const std::string invitation = invite("bob", "operator");
  EXPECT_EQ(state_of_person("bob"), "invited");
  EXPECT_EQ(try_sign_in({}, "bob", kTestPassword).status, 401);
  EXPECT_EQ(accept(invitation, "short").status, 400);

  const ServerResponse accepted = accept(invitation);

  EXPECT_EQ(accepted.status, 200) << accepted.body;
  EXPECT_EQ(document(accepted).at("role"), "operator");
  EXPECT_EQ(state_of_person("bob"), "active");
  EXPECT_EQ(accept(invitation, "another good one").status, 401);
  EXPECT_EQ(document(ask(signed_in("bob"), "GET", "/api/v1/session")).at("name"), "bob");
  const AuditRecord last = people.records().at(people.records().size() - 3);
  EXPECT_EQ(last.entry.who, "person:bob");
  EXPECT_EQ(last.entry.action, "POST /api/v1/session/invitation");
  for (const AuditRecord& record : people.records()) {
    EXPECT_EQ(to_json(record).find(invitation), std::string::npos);
  }
}

TEST_F(PeopleRoutesTest, AnInvitationEnds) {
  const std::string late = invite("bob", "viewer");
  clock.advance(std::chrono::hours(72));
  EXPECT_EQ(accept(late).status, 401);
  ada_ = signed_in("ada");
  EXPECT_EQ(state_of_person("bob"), "expired");
  const std::string disabled = invite("cid", "viewer");
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/cid", R"({"state":"disabled"})"), 200);
  EXPECT_EQ(accept(disabled).status, 401);
  const std::string gone = invite("dan", "viewer");
  EXPECT_EQ(status(ada_, "DELETE", "/api/v1/people/dan"), 204);
  EXPECT_EQ(accept(gone).status, 401);
  for (const std::string& wrong : {std::string(), std::string("x"), late + "x"}) {
    EXPECT_EQ(accept(wrong).body, accept(late).body);
    clock.advance(std::chrono::minutes(2));
  }
}

TEST_F(PeopleRoutesTest, WhoIsDisabledIsSignedOutAtOnceAndForGood) {
  add_person("bob", ApiRole::operator_);
  const Client bob = signed_in("bob");

  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/bob", R"({"state":"disabled"})"), 200);
  EXPECT_EQ(status(bob, "GET", "/api/v1/problems"), 401);
  EXPECT_EQ(try_sign_in({}, "bob", kTestPassword).status, 401);
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/bob", R"({"state":"active","role":"viewer"})"),
            200);

  EXPECT_EQ(status(bob, "GET", "/api/v1/problems"), 401) << "the old session stays ended";
  EXPECT_EQ(document(ask(signed_in("bob"), "GET", "/api/v1/session")).at("role"), "viewer");
}

TEST_F(PeopleRoutesTest, TheLastAdminStays) {
  add_person("bob", ApiRole::viewer);
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/ada", R"({"role":"viewer"})"), 409);
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/ada", R"({"state":"disabled"})"), 409);
  EXPECT_EQ(status(ada_, "DELETE", "/api/v1/people/ada"), 409);
  EXPECT_EQ(status(ada_, "POST", "/api/v1/people/ada/reset"), 409);
  EXPECT_EQ(status(ada_, "GET", "/api/v1/people"), 200);

  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/bob", R"({"role":"admin"})"), 200);
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/ada", R"({"role":"viewer"})"), 200);
  EXPECT_EQ(status(ada_, "GET", "/api/v1/people"), 403) << "from now on";
}

TEST_F(PeopleRoutesTest, WhoForgotEverythingStartsAnew) {
  add_person("bob", ApiRole::operator_);
  const Client bob = signed_in("bob");

  const ServerResponse reset = ask(ada_, "POST", "/api/v1/people/bob/reset");

  ASSERT_EQ(reset.status, 200);
  EXPECT_EQ(status(bob, "GET", "/api/v1/problems"), 401);
  EXPECT_EQ(try_sign_in({}, "bob", kTestPassword).status, 401);
  EXPECT_EQ(
      accept(std::string(document(reset).at("invitation").as_string()), "a new good one").status,
      200);
  EXPECT_EQ(try_sign_in({}, "bob", "a new good one").status, 200);
}

TEST_F(PeopleRoutesTest, SaysWhatIsWrong) {
  for (const char* body : {"{}", R"({"name":"bob"})", R"({"name":"Bob","role":"viewer"})",
                           R"({"name":"bob","role":"root"})"}) {
    EXPECT_EQ(status(ada_, "POST", "/api/v1/people", body), 400) << body;
  }
  EXPECT_EQ(status(ada_, "POST", "/api/v1/people", R"({"name":"ada","role":"viewer"})"), 409);
  for (const char* body : {"{}", R"({"role":"root"})", R"({"state":"gone"})", R"({"role":7})"}) {
    EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/ada", body), 400) << body;
  }
  EXPECT_EQ(status(ada_, "PATCH", "/api/v1/people/bob", R"({"role":"admin"})"), 404);
  EXPECT_EQ(status(ada_, "DELETE", "/api/v1/people/bob"), 404);
}

}  // namespace
}  // namespace cordon
