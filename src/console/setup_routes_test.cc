#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

class SetupRoutesTest : public testing::Test, protected ConsoleWorld {
 protected:
  ServerResponse make_first(const std::string& token, const std::string& name = "ada",
                            const std::string& password = kTestPassword,
                            const std::string& address = "192.0.2.1") {
    return ask(
        {.address = address}, "POST", "/api/v1/setup",
        json::serialize(json::object{{"token", token}, {"name", name}, {"password", password}}));
  }
  bool is_needed() { return document(ask({}, "GET", "/api/v1/setup")).at("needed").as_bool(); }
};

TEST_F(SetupRoutesTest, TheTokenMakesTheFirstAdminAndWorksOnce) {
  const std::string token = setup.begin(random);
  EXPECT_TRUE(is_needed());
  EXPECT_EQ(make_first(token, "Ada").status, 400);
  EXPECT_EQ(make_first(token, "ada", "short").status, 400);

  const ServerResponse made = make_first(token);

  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_FALSE(is_needed());
  EXPECT_EQ(person("ada").role, ApiRole::admin);
  EXPECT_EQ(try_sign_in({}, "ada", kTestPassword).status, 200);
  EXPECT_EQ(make_first(token, "bob").status, 401);
  EXPECT_EQ(people.people(Deadline::never(), {}).value().size(), 1U);
  const AuditEntry entry =
      people.records().at(2).entry;  // After two that were not as they have to be.
  EXPECT_EQ(entry.who, "setup");
  EXPECT_EQ(entry.target, "ada");
  EXPECT_EQ(entry.outcome, "done");
}

TEST_F(SetupRoutesTest, OfTwoAtOnceOneIsTheFirst) {
  const std::string token = setup.begin(random);
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const int status = make_first(token, "p" + std::to_string(i)).status;
        if (status == 201) ++made;
        if (status == 401) ++refused;
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(people.people(Deadline::never(), {}).value().size(), 1U);
}

TEST_F(SetupRoutesTest, NoOtherTextOpensIt) {
  EXPECT_EQ(make_first("").status, 401);
  const std::string token = setup.begin(random);
  for (const std::string& wrong : {std::string("x"), token + "x", token.substr(1), std::string()}) {
    EXPECT_EQ(make_first(wrong).status, 401) << wrong;
  }
  const std::string newer = setup.begin(random);  // As of a console that was started again.
  EXPECT_EQ(make_first(token).status, 401);
  clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(make_first(newer, "ada", "short").status, 400) << "it counts still";
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(make_first(newer).status, 401);
}

TEST_F(SetupRoutesTest, WhoeverGuessesHasToWait) {
  const std::string token = setup.begin(random);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(make_first("x").status, 401);

  EXPECT_EQ(make_first(token).status, 429);
  EXPECT_EQ(make_first(token, "ada", kTestPassword, "192.0.2.2").status, 201);
}

TEST_F(SetupRoutesTest, WhereThereIsSomebodyItDoesNotMatterWhoHasTheToken) {
  const std::string token = setup.begin(random);
  add_person("bob", ApiRole::viewer);  // By a command, or another console on the same database.

  EXPECT_EQ(make_first(token).status, 401);
  EXPECT_FALSE(is_needed());
}

}  // namespace
}  // namespace cordon
