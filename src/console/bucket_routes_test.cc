#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kRole = "arn:aws:iam::111122223333:role/agent";

class BucketRoutesTest : public testing::Test {
 protected:
  BucketRoutesTest() {
    home()["uploads"] = {};
    home()["more"] = {};
  }

  std::map<std::string, FakeBucketAdmin::Bucket>& home() {
    return world_.account.home().buckets.buckets;
  }
  bool is_wired(const char* bucket) { return !home().at(bucket).notifications.entries.empty(); }
  std::string states(const json::object& report) {
    std::string all;
    for (const json::value& step : report.at("steps").as_array()) {
      all +=
          ConsoleWorld::text(step.at("what")) + " " + ConsoleWorld::text(step.at("state")) + "; ";
    }
    return all;
  }

  ConsoleWorld world_;
};

TEST_F(BucketRoutesTest, APreviewSaysWhatWouldBeAndChangesNothing) {
  const ServerResponse preview =
      world_.post("/api/v1/buckets/uploads/protect/preview", R"({"quarantineExpireDays":30})");

  ASSERT_EQ(preview.status, 200) << preview.body;
  const json::object report = ConsoleWorld::document(preview);
  EXPECT_EQ(report.at("dryRun"), true);
  EXPECT_EQ(report.at("protected"), true);
  EXPECT_THAT(states(report), HasSubstr("topic created"));
  EXPECT_EQ(report.at("command"),
            "cordon bucket protect uploads --quarantine-expire-days 30 --deployment main --region "
            "eu-west-1");
  EXPECT_FALSE(is_wired("uploads"));
  EXPECT_TRUE(world_.account.home().topics.topics.empty());
  EXPECT_THAT(world_.runtime.logged, testing::Not(HasSubstr("console.changed")));
}

TEST_F(BucketRoutesTest, ProtectsAndTakesThatBack) {
  const ServerResponse done = world_.post("/api/v1/buckets/uploads/protect");
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(ConsoleWorld::document(done).at("protected"), true);
  EXPECT_TRUE(ConsoleWorld::document(done).at("left").is_null());
  EXPECT_FALSE(ConsoleWorld::document(done).contains("dryRun"));
  EXPECT_TRUE(is_wired("uploads"));
  EXPECT_THAT(world_.runtime.logged, HasSubstr("console.changed"));
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/buckets/uploads")).at("protected"), true);

  const ServerResponse preview =
      world_.post("/api/v1/buckets/uploads/unprotect/preview", R"({"removeUnused":true})");
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_EQ(ConsoleWorld::document(preview).at("regions").at(0).at("outcome"), "removed");
  EXPECT_TRUE(is_wired("uploads"));

  const ServerResponse back =
      world_.post("/api/v1/buckets/uploads/unprotect", R"({"removeUnused":true})");
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(ConsoleWorld::document(back).at("regions").at(0).at("outcome"), "removed");
  EXPECT_EQ(ConsoleWorld::text(ConsoleWorld::document(back).at("command")),
            "cordon bucket unprotect uploads --remove-unused --deployment main --region eu-west-1");
  EXPECT_FALSE(is_wired("uploads"));
  EXPECT_TRUE(world_.account.home().topics.topics.empty());
}

TEST_F(BucketRoutesTest, ARegionWhoseQueueHoldsMessagesStays) {
  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/protect").status, 200);
  world_.account.home().queues.queues.at("cordon-events-main").messages = 2;

  const json::object kept = ConsoleWorld::document(
      world_.post("/api/v1/buckets/uploads/unprotect", R"({"removeUnused":true})"));

  EXPECT_EQ(kept.at("regions").at(0).at("outcome"), "holding-messages");
  EXPECT_FALSE(is_wired("uploads"));
}

TEST_F(BucketRoutesTest, ListsAllAccountsAndSaysWhichItCouldNotSee) {
  Settings settings;
  settings.accounts = {{.id = AccountId("444455556666"),
                        .role_arn = "arn:aws:iam::444455556666:role/r",
                        .buckets = {BucketName("theirs")}},
                       {.id = AccountId("777788889999"),
                        .role_arn = "arn:aws:iam::777788889999:role/r",
                        .buckets = {BucketName("hidden")}}};
  world_.account.stored("settings.json").put(to_json_line(settings));
  world_.account.member_of(settings.accounts[0].role_arn)
      .home_buckets.buckets.buckets["theirs"] = {};
  world_.account.member_of(settings.accounts[1].role_arn).check_fails = Error{Errc::denied, "no"};
  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/protect").status, 200);
  ASSERT_EQ(
      world_
          .post("/api/v1/buckets/uploads/gate", std::string(R"({"allowRoles":[")") + kRole + "\"]}")
          .status,
      200);

  const ServerResponse listed = world_.get("/api/v1/buckets");

  ASSERT_EQ(listed.status, 200) << listed.body;
  const json::object all = ConsoleWorld::document(listed);
  std::vector<std::string> names;
  for (const json::value& one : all.at("items").as_array()) {
    names.push_back(ConsoleWorld::text(one.at("account")) + " " +
                    ConsoleWorld::text(one.at("bucket")) +
                    (one.at("protected").as_bool() ? " protected" : ""));
    if (one.at("protected").as_bool()) {
      EXPECT_THAT(states(one.as_object()), HasSubstr("read gate present"));
    }
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("111122223333 uploads protected",
                                                   "111122223333 more", "444455556666 theirs"));
  EXPECT_TRUE(all.at("next").is_null());
  ASSERT_EQ(all.at("unseen").as_array().size(), 1U);
  EXPECT_EQ(all.at("unseen").at(0).at("account"), "777788889999");
  EXPECT_EQ(all.at("unseen").at(0).at("code"), "denied");
}

TEST_F(BucketRoutesTest, AGateIsPutUpAndTakenAway) {
  const std::string roles = std::string(R"({"allowRoles":[")") + kRole + R"("],"guardTags":true})";

  const ServerResponse preview = world_.post("/api/v1/buckets/uploads/gate/preview", roles);
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_THAT(ConsoleWorld::text(ConsoleWorld::document(preview).at("policy")), HasSubstr(kRole));
  EXPECT_EQ(ConsoleWorld::text(ConsoleWorld::document(preview).at("command")),
            std::string("cordon bucket gate uploads --allow-role ") + kRole +
                " --guard-tags --deployment main --region eu-west-1");
  const auto& policies = world_.account.place(Region("eu-west-1")).policies.policies;
  EXPECT_THAT(policies, IsEmpty());

  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/gate", roles).status, 200);
  EXPECT_THAT(policies.at("uploads"), HasSubstr(kRole));
  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/gate/preview", R"({"remove":true})").status, 200);
  EXPECT_EQ(policies.size(), 1U);
  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/gate", R"({"remove":true})").status, 200);
  EXPECT_THAT(policies, IsEmpty());
}

TEST_F(BucketRoutesTest, WhatCannotBeIsRefusedBeforeAnythingIsDone) {
  const std::tuple<const char*, const char*, int, const char*> kRefused[] = {
      {"gone/protect", "", 404, "gone"},
      {"cordon-quarantine-main-111122223333-eu-west-1/protect", "", 422, "Cordon"},
      {"no!bucket/protect", "", 404, "name"},
      {"uploads/protect", R"({"days":1})", 400, "days: there is no such member"},
      {"uploads/protect", R"({"quarantineExpireDays":36501})", 400, "quarantineExpireDays"},
      {"uploads/protect", R"({"externalId":"x"})", 400, "externalId"},
      {"uploads/protect", R"({"roleArn":"a b"})", 400, "roleArn"},
      {"uploads/protect", "[]", 400, "object"},
      {"uploads/unprotect", R"({"discardMessages":true})", 400, "discardMessages"},
      {"uploads/gate", R"({"allowRoles":["x"]})", 400, "x"},
      {"uploads/gate", R"({"allowRoles":[""]})", 400, "allowRoles"},
      {"uploads/gate", R"({"remove":true,"guardTags":false})", 400, "remove"},
      {"uploads/gate", "", 422, "role"},
  };
  for (const auto& [path, body, status, words] : kRefused) {
    SCOPED_TRACE(std::string(path) + " " + body);
    const ServerResponse refused = world_.post(std::string("/api/v1/buckets/") + path, body);
    EXPECT_EQ(refused.status, status) << refused.body;
    EXPECT_THAT(ConsoleWorld::detail(refused), HasSubstr(words));
  }
  EXPECT_EQ(world_.get("/api/v1/buckets/gone").status, 404);
  EXPECT_FALSE(is_wired("uploads"));
}

TEST_F(BucketRoutesTest, WithoutSettingsThatCanBeReadNothingIsDone) {
  world_.account.stored("settings.json").put("{");

  EXPECT_EQ(world_.post("/api/v1/buckets/uploads/protect").status, 422);
  EXPECT_EQ(world_.get("/api/v1/buckets").status, 422);
  EXPECT_FALSE(is_wired("uploads"));
}

TEST_F(BucketRoutesTest, WhatTheConsoleMayNotIsSaid) {
  world_.account.stored("settings.json").fail_with(Error{Errc::denied, "s3:GetObject"});

  const ServerResponse denied = world_.post("/api/v1/buckets/uploads/protect");

  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(ConsoleWorld::detail(denied), HasSubstr("s3:GetObject"));
  EXPECT_THAT(ConsoleWorld::detail(denied), HasSubstr("cordon iam console"));
}

}  // namespace
}  // namespace cordon
