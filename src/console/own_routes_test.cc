// One-time codes.

#include <gtest/gtest.h>

#include "core/totp.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPasswordBody = R"({"password":"correct horse battery"})";

class CodesTest : public testing::Test, protected ConsoleWorld {
 protected:
  CodesTest() {
    add_person("ada", ApiRole::admin);
    ada_ = signed_in("ada");
  }
  std::string code(std::chrono::seconds later = std::chrono::seconds(0)) {
    const Person stored = person("ada");
    return code_of(stored.code_secret ? *stored.code_secret : stored.code_offered.value(),
                   code_step_of(clock.system_now() + later));
  }
  int confirm(const std::string& with) {
    return status(ada_, "POST", "/api/v1/session/codes/confirm",
                  json::serialize(json::object{{"code", with}}));
  }
  void begin_codes() {
    ASSERT_EQ(status(ada_, "POST", "/api/v1/session/codes", kPasswordBody), 200);
    ASSERT_EQ(confirm(code()), 204);
  }

  Client ada_;
};

TEST_F(CodesTest, CountFromTheMomentThatOneWasShown) {
  EXPECT_EQ(status(ada_, "POST", "/api/v1/session/codes", R"({"password":"another one"})"), 403);
  const ServerResponse offered = ask(ada_, "POST", "/api/v1/session/codes", kPasswordBody);
  ASSERT_EQ(offered.status, 200) << offered.body;
  EXPECT_EQ(document(offered).at("secret").as_string(), base32(*person("ada").code_offered));
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200) << "not yet";
  EXPECT_EQ(confirm("000000"), 400);

  ASSERT_EQ(confirm(code()), 204);

  EXPECT_EQ(document(ask(ada_, "GET", "/api/v1/session")).at("codes"), true);
  clock.advance(std::chrono::seconds(30));
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 401);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, "000000").status, 401);
  EXPECT_EQ(try_sign_in({}, "ada", "another password", code()).status, 401);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, code()).status, 200)
      << "the wrong password has not used it up";
  EXPECT_EQ(confirm(code()), 409);
  EXPECT_EQ(status(ada_, "POST", "/api/v1/session/codes", kPasswordBody), 409);
}

TEST_F(CodesTest, AMissingCodeIsAnsweredAsAWrongPassword) {
  begin_codes();

  const ServerResponse missing = try_sign_in({}, "ada", kTestPassword);
  const ServerResponse wrong = try_sign_in({}, "ada", "another password");

  EXPECT_EQ(missing.status, wrong.status);
  EXPECT_EQ(missing.body, wrong.body);
  EXPECT_EQ(missing.headers, wrong.headers);
}

TEST_F(CodesTest, WorkOnce) {
  begin_codes();
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, code()).status, 401)
      << "the one that was confirmed with";
  clock.advance(std::chrono::seconds(30));
  const std::string now = code();

  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, now).status, 200);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, now).status, 401);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, code(std::chrono::seconds(30))).status, 200);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword, now).status, 401);
}

TEST_F(CodesTest, CannotBeTriedThrough) {
  begin_codes();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(try_sign_in({.address = std::to_string(i)}, "ada", kTestPassword, "000000").status,
              401);
  }
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(try_sign_in({.address = "x"}, "ada", kTestPassword, code()).status, 429);
}

TEST_F(CodesTest, AreRemovedWithThePasswordOrByAnAdmin) {
  begin_codes();
  EXPECT_EQ(status(ada_, "POST", "/api/v1/session/codes/remove", R"({"password":"another"})"), 403);
  EXPECT_EQ(status(ada_, "POST", "/api/v1/session/codes/remove", kPasswordBody), 204);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200);

  begin_codes();
  add_person("bob", ApiRole::admin);
  const Client bob = signed_in("bob");
  EXPECT_EQ(status(bob, "DELETE", "/api/v1/people/ada/codes"), 204);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200);
}

TEST_F(CodesTest, AreForPeople) {
  const Client bearer{.token = make_token("ci", ApiRole::admin)};
  for (const char* target :
       {"/api/v1/session/codes", "/api/v1/session/codes/confirm", "/api/v1/session/codes/remove"}) {
    EXPECT_EQ(status(bearer, "POST", target, kPasswordBody), 403) << target;
  }
}

}  // namespace
}  // namespace cordon
