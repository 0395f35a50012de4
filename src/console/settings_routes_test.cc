#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

using testing::HasSubstr;

constexpr const char* kToml = "schema = 1\n[defaults]\non.infected = [\"keep\"]\n";
const BucketName kSystem("cordon-system-main-111122223333");

class SettingsRoutesTest : public testing::Test {
 protected:
  ServerResponse put(const std::string& body, const std::string& header, const std::string& value,
                     ApiRole role = ApiRole::admin) {
    ServerRequest one = world_.request("PUT", "/api/v1/settings", role);
    if (!header.empty()) one.headers.add(header, value);
    one.body = body;
    return world_.answer(one);
  }
  std::string tag() {
    return std::string(world_.get("/api/v1/settings").headers.get("ETag").value_or(""));
  }

  ConsoleWorld world_;
};

TEST_F(SettingsRoutesTest, AreWrittenOverExactlyWhatWasSeen) {
  EXPECT_EQ(world_.get("/api/v1/settings").status, 404);
  const ServerResponse first = put(kToml, "If-None-Match", "*");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.headers.get("ETag"), tag());
  EXPECT_EQ(put("schema = 1\n", "If-None-Match", "*").status, 412);

  const std::string seen = tag();
  const ServerResponse second = put("schema = 1\n", "If-Match", seen);
  ASSERT_EQ(second.status, 200) << second.body;
  const json::object change = ConsoleWorld::document(second);
  EXPECT_EQ(change.at("changed"), true);
  EXPECT_TRUE(change.at("unfinished").is_null());
  EXPECT_THAT(ConsoleWorld::text(change.at("command")),
              HasSubstr("cordon settings apply FILE --if-match"));
  const ServerResponse conflict = put(kToml, "If-Match", seen);
  EXPECT_EQ(conflict.status, 412);
  EXPECT_THAT(ConsoleWorld::detail(conflict), HasSubstr("somebody else"));

  ServerRequest again = world_.request("GET", "/api/v1/settings", ApiRole::viewer);
  again.headers.add("If-None-Match", tag());
  EXPECT_EQ(world_.answer(again).status, 304);
}

TEST_F(SettingsRoutesTest, NobodyWritesOverWhatTheyDidNotSee) {
  ASSERT_EQ(put(kToml, "If-None-Match", "*").status, 200);
  const std::string before = tag();

  EXPECT_EQ(put("schema = 1\n", "", "").status, 428);
  for (const std::string& vague : {std::string("*"), "W/" + before, before + ", \"x\"",
                                   std::string("x"), std::string("\"\"")}) {
    EXPECT_EQ(put("schema = 1\n", "If-Match", vague).status, 428) << vague;
  }
  EXPECT_EQ(put("schema = 1\n", "If-None-Match", before).status, 428);
  EXPECT_EQ(put("schema = 1\n", "If-Match", before, ApiRole::operator_).status, 403);
  EXPECT_EQ(tag(), before);
}

TEST_F(SettingsRoutesTest, ADocumentThatAgentsWouldRefuseIsRefusedWithItsLines) {
  const std::string wrong = "schema = 1\n[defaults]\non.infected = [\"burn\"]\n";

  const ServerResponse refused = put(wrong, "If-None-Match", "*");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(ConsoleWorld::document(refused).at("problems").at(0).at("line"), 3);
  EXPECT_EQ(put("", "If-None-Match", "*").status, 400);

  const ServerResponse checked = world_.post("/api/v1/settings/validate", wrong, ApiRole::viewer);
  EXPECT_EQ(checked.status, 200);
  EXPECT_EQ(ConsoleWorld::document(checked).at("valid"), false);
  EXPECT_EQ(ConsoleWorld::document(checked).at("problems").at(0).at("line"), 3);
  world_.away = Error{Errc::unavailable, "AWS is away"};
  const ServerResponse valid = world_.post("/api/v1/settings/validate", kToml, ApiRole::viewer);
  EXPECT_EQ(ConsoleWorld::document(valid).at("valid"), true) << "nobody is asked";
  EXPECT_THAT(world_.runtime.logged, testing::Not(HasSubstr("\"target\":\"/api/v1/settings/val")));
}

TEST_F(SettingsRoutesTest, WhatIsStoredAndRefusedCanBeSeenAndReplaced) {
  world_.account.stored("settings.json").put("{\"schema\": 2}");

  const ServerResponse seen = world_.get("/api/v1/settings");

  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(ConsoleWorld::document(seen).at("valid"), false);
  EXPECT_EQ(put(kToml, "If-Match", tag()).status, 200);
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/settings")).at("schema"),
            "cordon.settings-in-force/1");
}

TEST_F(SettingsRoutesTest, WhatDoesNotFollowAnyMoreIsSaidOfSettingsThatAreInForce) {
  Settings settings;
  settings.accounts = {{.id = AccountId("444455556666"),
                        .role_arn = "arn:aws:iam::444455556666:role/r",
                        .buckets = {BucketName("theirs")}}};
  std::stop_source client;  // It goes when the document is being written.
  world_.account.stored("settings.json").before_write = [&client] { client.request_stop(); };
  ServerRequest one = world_.request("PUT", "/api/v1/settings", ApiRole::admin);
  one.headers.add("If-None-Match", "*");
  one.body = to_json_line(settings);

  const ServerResponse done = world_.pages.answer(one, client.get_token());

  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(ConsoleWorld::document(done).at("changed"), true);
  EXPECT_EQ(ConsoleWorld::document(done).at("unfinished").at("code"), "cancelled");
}

TEST_F(SettingsRoutesTest, SaysWhatHoldsForAnObject) {
  world_.account.home().buckets.buckets["uploads"] = {};
  ASSERT_EQ(put(R"(schema = 1
[[buckets]]
name = "uploads"
prefix = "raw/"
exclude = ["**.tmp"]
on.infected = ["delete"]
)",
                "If-None-Match", "*")
                .status,
            200);
  const auto policy = [&](const std::string& query) {
    const ServerResponse answer = world_.get("/api/v1/settings/policy?" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return ConsoleWorld::document(answer);
  };

  const json::object raw = policy("bucket=uploads&key=raw/a.tmp");
  EXPECT_EQ(raw.at("region"), "eu-west-1");
  EXPECT_EQ(raw.at("scanned"), false);
  EXPECT_EQ(json::serialize(raw.at("policy").at("on").at("infected")), R"(["delete"])");
  const json::object other = policy("bucket=uploads&region=us-east-1");
  EXPECT_EQ(other.at("region"), "us-east-1");
  EXPECT_EQ(json::serialize(other.at("policy").at("on").at("infected")), R"(["quarantine"])");
  EXPECT_EQ(world_.get("/api/v1/settings/policy?bucket=gone&key=a").status, 404);
  for (const char* wrong :
       {"key=a", "bucket=!", "bucket=uploads&region=EU!", "bucket=uploads&key="}) {
    EXPECT_EQ(world_.get(std::string("/api/v1/settings/policy?") + wrong).status, 400) << wrong;
  }
}

TEST_F(SettingsRoutesTest, ShowsTheHistory) {
  FakeObjectStore& objects = world_.account.objects;
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/settings/history")).at("items"),
            json::array());
  objects.make_bucket(kSystem, FakeObjectStore::Versions::on);
  const ObjectKey key("settings.json");
  const auto first = objects.put(kSystem, key, to_document(Settings())).version;
  Settings changed;
  changed.tags.enabled = false;
  const auto second = objects.put(kSystem, key, to_document(changed)).version;
  objects.put(kSystem, ObjectKey("settings.json.bak"), "x");

  const json::object page = ConsoleWorld::document(world_.get("/api/v1/settings/history?limit=1"));
  ASSERT_EQ(page.at("items").as_array().size(), 1U);
  EXPECT_EQ(page.at("items").at(0).at("versionId"), json::value(second->str()));
  EXPECT_EQ(page.at("items").at(0).at("current"), true);
  const json::object rest = ConsoleWorld::document(
      world_.get("/api/v1/settings/history?limit=1&cursor=" + ConsoleWorld::text(page.at("next"))));
  EXPECT_EQ(rest.at("items").at(0).at("versionId"), json::value(first->str()));
  const ServerResponse old = world_.get("/api/v1/settings/history/" + first->str());
  EXPECT_EQ(old.status, 200) << old.body;
  EXPECT_EQ(ConsoleWorld::document(old).at("settings").at("tags").at("enabled"), true);
  EXPECT_EQ(world_.get("/api/v1/settings/history/none").status, 404);
}

TEST_F(SettingsRoutesTest, SaysWhatIsPublished) {
  ASSERT_EQ(put("schema = 1\n[notifications]\nenabled = true\nverdicts = [\"Infected\"]\n",
                "If-None-Match", "*")
                .status,
            200);

  const json::object now = ConsoleWorld::document(world_.get("/api/v1/notifications"));

  EXPECT_EQ(now.at("enabled"), true);
  EXPECT_EQ(json::serialize(now.at("verdicts")), R"(["Infected"])");
  EXPECT_EQ(now.at("topicArn"), "arn:aws:sns:eu-west-1:111122223333:cordon-notifications-main");
}

}  // namespace
}  // namespace cordon
