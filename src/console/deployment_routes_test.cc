// Routes that ask the deployment, but those of buckets, quarantine and settings, and how all of
// them share what there is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "brake/brake_document.h"
#include "testing/builders.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeploymentRoutesTest : public testing::Test {
 protected:
  DeploymentRoutesTest() {
    world_.account.queue(world_.access.deployment().event_queue());
    world_.account.queue(world_.access.deployment().dead_letters());
    world_.account.queue(world_.access.deployment().sweep_queue());
  }

  void add_letter(const std::string& id, const std::string& reason,
                  const std::string& body = "{}") {
    world_.account.dead_letters.letters.push_back(
        {Claim{id, ReceiptHandle("r" + id), body, 1, world_.account.clock.system_now()}, reason,
         DeadOrigin::events});
    world_.account.clock.advance(std::chrono::seconds(1));
  }
  ServerResponse post(const std::string& target, const std::string& body) {
    return world_.post(target, body, ApiRole::operator_);
  }

  ConsoleWorld world_;
};

// --- letters ---------------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, ListsLettersByCause) {
  add_letter("a", "not understood: x");
  add_letter("b", "");
  add_letter("c", "not understood: y");

  const json::object all = ConsoleWorld::document(world_.get("/api/v1/letters?limit=1"));
  ASSERT_EQ(all.at("items").as_array().size(), 1U);
  EXPECT_EQ(all.at("items").at(0).at("id"), "a");
  EXPECT_FALSE(ConsoleWorld::text(all.at("items").at(0).at("remedy")).empty());
  EXPECT_EQ(json::serialize(all.at("causes")), R"({"malformed":2,"unexplained":1})");
  EXPECT_EQ(all.at("more"), false);
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/letters?cause=unexplained"))
                .at("items")
                .at(0)
                .at("id"),
            "b");
  EXPECT_EQ(world_.get("/api/v1/letters?cause=bad-luck").status, 400);
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/letters/b")).at("body"), "{}");
  EXPECT_EQ(world_.get("/api/v1/letters/z").status, 404);
  EXPECT_EQ(world_.get("/api/v1/letters/" + std::string(200, 'a')).status, 404);
}

TEST_F(DeploymentRoutesTest, ReplaysAndDropsLetters) {
  add_letter("a", "not understood: x", "first");
  add_letter("b", "", "second");

  const ServerResponse replayed = post("/api/v1/letters/replay", R"({"ids":["b","gone"]})");
  ASSERT_EQ(replayed.status, 200) << replayed.body;
  EXPECT_EQ(ConsoleWorld::document(replayed).at("replayed"), 1);
  EXPECT_EQ(ConsoleWorld::document(replayed).at("missing").at(0), "gone");
  EXPECT_EQ(ConsoleWorld::text(ConsoleWorld::document(replayed).at("command")),
            "cordon dead replay b gone --deployment main --region eu-west-1");
  EXPECT_THAT(world_.account.dead_letters.replayed, ElementsAre("second"));
  const ServerResponse dropped = post("/api/v1/letters/drop", R"({"cause":"malformed"})");
  EXPECT_EQ(ConsoleWorld::document(dropped).at("dropped"), 1) << dropped.body;
  EXPECT_THAT(world_.account.dead_letters.letters, IsEmpty());
}

TEST_F(DeploymentRoutesTest, AnOrderNamesLettersInOneWay) {
  add_letter("a", "");

  for (const char* body : {"", "{}", R"({"ids":[]})", R"({"all":false})", R"({"all":"yes"})",
                           R"({"ids":["a"],"all":true})", R"({"cause":"bad-luck"})",
                           R"({"ids":"a"})", R"({"ids":[1]})", R"({"id":"a"})", "not JSON"}) {
    EXPECT_EQ(post("/api/v1/letters/drop", body).status, 400) << body;
  }
  EXPECT_EQ(world_.account.dead_letters.letters.size(), 1U);
}

TEST_F(DeploymentRoutesTest, WhatCannotBeReplayedStays) {
  add_letter("a", "");
  world_.account.dead_letters.failures = 1;

  const ServerResponse failed = post("/api/v1/letters/replay", R"({"all":true})");

  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.headers.get("Retry-After"), "5");
  EXPECT_EQ(world_.account.dead_letters.letters.size(), 1U);
}

// --- the brake -------------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, ShowsTheBrakeAndDecides) {
  world_.account.objects.make_bucket(BucketName("cordon-system-main-111122223333"),
                                     FakeObjectStore::Versions::on);
  world_.account.stored("brake/eu-west-1/pulled.json")
      .put(to_json(BrakePull{.set = "27452",
                             .names = {"Win.Test.A", "Win.Test.B"},
                             .agent = "agent-1",
                             .since = world_.account.clock.system_now(),
                             .scanned = 10,
                             .infected = 4}));
  const json::object held = ConsoleWorld::document(world_.get("/api/v1/signatures/brake"));
  EXPECT_EQ(held.at("state"), "holding");
  EXPECT_EQ(held.at("pending"), true);
  EXPECT_EQ(held.at("names").as_array().size(), 2U);

  EXPECT_EQ(post("/api/v1/signatures/brake/confirm", "").status, 403) << "operators do not decide";
  for (const char* body :
       {R"({"names":["a"],"set":true})", R"({"names":[""]})", R"({"all":true})"}) {
    EXPECT_EQ(world_.post("/api/v1/signatures/brake/reject", body).status, 400) << body;
  }
  const ServerResponse rejected =
      world_.post("/api/v1/signatures/brake/reject", R"({"names":["Win.Test.A"]})");

  ASSERT_EQ(rejected.status, 200) << rejected.body;
  EXPECT_EQ(ConsoleWorld::document(rejected).at("ignored").at(0), "Win.Test.A");
  EXPECT_EQ(ConsoleWorld::text(ConsoleWorld::document(rejected).at("command")),
            "cordon signatures reject --name Win.Test.A --deployment main --region eu-west-1");
  const json::object after = ConsoleWorld::document(world_.get("/api/v1/signatures/brake"));
  EXPECT_EQ(after.at("pending"), false);
  EXPECT_EQ(after.at("decidedBy"), "admin@console");
}

TEST_F(DeploymentRoutesTest, WhereTheBrakeCannotBeReadNothingIsDecided) {
  world_.account.stored("brake/eu-west-1/pulled.json").put("{");

  EXPECT_EQ(world_.get("/api/v1/signatures/brake").status, 422);
  EXPECT_EQ(world_.post("/api/v1/signatures/brake/confirm").status, 422);
}

// --- sweeps ----------------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, ASweepIsBegunAndItsEndIsSeen) {
  world_.account.home().buckets.buckets["uploads"] = {};
  world_.account.objects.make_bucket(BucketName("uploads"), FakeObjectStore::Versions::on);
  world_.account.objects.put(BucketName("uploads"), ObjectKey("old"), "x");
  world_.account.clock.advance(std::chrono::hours(1));
  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/protect").status, 200);
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/jobs")).at("items").at(0).at("state"),
            "never");

  const ServerResponse begun =
      post("/api/v1/jobs/sweeps", R"({"bucket":"uploads","graceSeconds":0})");
  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_EQ(ConsoleWorld::document(begun).at("bucket"), "uploads");
  while (world_.desk.sweeps().jobs().at(0).state == SweepJob::State::running) {
    std::this_thread::yield();
  }

  const json::object list = ConsoleWorld::document(world_.get("/api/v1/jobs"));
  const json::object job = list.at("items").at(0).as_object();
  EXPECT_EQ(job.at("state"), "finished") << json::serialize(list);
  EXPECT_EQ(job.at("here").at("state"), "finished");
  EXPECT_EQ(job.at("here").at("enqueued"), 1);
  EXPECT_EQ(job.at("report").at("schema"), "cordon.sweep-report/1");
  EXPECT_EQ(post("/api/v1/jobs/sweeps/uploads/stop", "").status, 404) << "it is over";
}

TEST_F(DeploymentRoutesTest, ASweepThatFailsSaysWhy) {
  world_.account.home().buckets.buckets["uploads"] = {};
  world_.account.home().queues.find_fails = Error{Errc::denied, "sqs:GetQueueUrl"};

  ASSERT_EQ(post("/api/v1/jobs/sweeps", R"({"bucket":"uploads"})").status, 202);
  while (world_.desk.sweeps().jobs().at(0).state == SweepJob::State::running) {
    std::this_thread::yield();
  }

  const SweepJob job = world_.desk.sweeps().jobs().at(0);
  EXPECT_EQ(job.state, SweepJob::State::failed);
  ASSERT_TRUE(job.failure);
  EXPECT_THAT(job.failure->what, HasSubstr("sqs:GetQueueUrl"));
}

TEST_F(DeploymentRoutesTest, ASweepThatCannotBeIsRefused) {
  for (const char* body :
       {"", "{}", R"({"bucket":"!"})", R"({"bucket":"uploads","since":"yesterday"})",
        R"({"bucket":"uploads","graceSeconds":-1})",
        R"({"bucket":"uploads","graceSeconds":9999999})", R"({"bucket":"uploads","act":true})",
        R"({"bucket":"uploads","checkSeals":true})"}) {
    EXPECT_EQ(post("/api/v1/jobs/sweeps", body).status, 400) << body;
  }
  EXPECT_THAT(world_.desk.sweeps().jobs(), IsEmpty());
  EXPECT_EQ(post("/api/v1/jobs/sweeps/uploads/stop", "").status, 404);
}

// --- gateways --------------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, LinksAFileShareAndTakesThatBack) {
  const std::string arn = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-1";
  world_.account.home().buckets.buckets["files"] = {};
  FileShare& share = world_.account.home().shares.shares[arn];
  share.arn = arn;
  share.bucket = BucketName("files");
  EXPECT_EQ(ConsoleWorld::document(world_.get("/api/v1/gateways")).at("items").at(0).at("linked"),
            false);

  const ServerResponse linked = world_.post(
      "/api/v1/gateways/link", R"({"fileShareArn":")" + arn + R"(","settlingSeconds":90})");
  ASSERT_EQ(linked.status, 200) << linked.body;
  EXPECT_EQ(ConsoleWorld::document(linked).at("linked"), true);
  EXPECT_EQ(ConsoleWorld::text(ConsoleWorld::document(linked).at("command")),
            "cordon gateway link --file-share-arn " + arn +
                " --settling-seconds 90 --deployment main --region eu-west-1");
  const ServerResponse unlinked =
      world_.post("/api/v1/gateways/unlink", R"({"fileShareArn":")" + arn + "\"}");
  ASSERT_EQ(unlinked.status, 200) << unlinked.body;
  EXPECT_EQ(ConsoleWorld::document(unlinked).at("linked"), false);

  for (const char* body :
       {"{}", R"({"fileShareArn":"a b"})", R"({"fileShareArn":"a","settlingSeconds":1})"}) {
    EXPECT_EQ(world_.post("/api/v1/gateways/link", body).status, 400) << body;
  }
  EXPECT_EQ(world_.post("/api/v1/gateways/link", R"({"fileShareArn":"nonsense"})").status, 422);
}

// --- health ----------------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, SaysHowTheDeploymentIs) {
  world_.account.home().buckets.buckets["uploads"] = {};

  const json::object before = ConsoleWorld::document(world_.get("/api/v1/doctor"));
  EXPECT_EQ(before.at("healthy"), false);
  EXPECT_EQ(before.at("items").at(0).at("schema"), "cordon.finding/1");
  EXPECT_EQ(world_.get("/api/v1/doctor?bucket=!").status, 400);

  ASSERT_EQ(world_.post("/api/v1/buckets/uploads/protect").status, 200);
  const json::object regions = ConsoleWorld::document(world_.get("/api/v1/regions?in=us-east-1"));
  std::vector<std::string> names;
  for (const json::value& one : regions.at("items").as_array()) {
    names.push_back(ConsoleWorld::text(one.at("region")));
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("eu-west-1", "us-east-1"));
  EXPECT_EQ(world_.get("/api/v1/regions?in=EU!").status, 400);
}

TEST_F(DeploymentRoutesTest, SaysWhatIsKnownOfAnObject) {
  world_.account.home().buckets.buckets["uploads"] = {};
  world_.account.objects.make_bucket(BucketName("uploads"), FakeObjectStore::Versions::on);
  world_.account.objects.put(BucketName("uploads"), ObjectKey("a b"), "x",
                             {{"scan-result", "Infected"}, {"virus-name", "Sig"}});

  const json::object known =
      ConsoleWorld::document(world_.get("/api/v1/verdict?bucket=uploads&key=a%20b&wait=1s"));
  EXPECT_EQ(known.at("result"), "Infected") << json::serialize(known);
  EXPECT_EQ(known.at("virusName"), "Sig");
  EXPECT_EQ(
      ConsoleWorld::document(world_.get("/api/v1/verdict?bucket=uploads&key=none")).at("state"),
      "missing");
  for (const char* wrong :
       {"bucket=uploads", "key=a", "bucket=uploads&key=a&wait=61s",
        "bucket=uploads&key=a&wait=soon", "bucket=uploads&key=a&versionId=a%20b"}) {
    EXPECT_EQ(world_.get(std::string("/api/v1/verdict?") + wrong).status, 400) << wrong;
  }
}

// --- what they share -------------------------------------------------------------------------

TEST_F(DeploymentRoutesTest, WhileTheAccountIsAwayFindingsAreAnswered) {
  world_.away = Error{Errc::unavailable, "cannot reach sts.amazonaws.com"};

  const ServerResponse away = world_.get("/api/v1/buckets");

  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.headers.has("Retry-After"));
  EXPECT_THAT(ConsoleWorld::detail(away), HasSubstr("sts.amazonaws.com"));
  EXPECT_EQ(world_.get("/api/v1/problems").status, 200);
  EXPECT_THAT(world_.runtime.logged, HasSubstr("console.deployment_failed"));
}

TEST_F(DeploymentRoutesTest, ErrorsOfTheAccountHaveTheirStatus) {
  const std::pair<Errc, int> kStatus[] = {
      {Errc::invalid, 422},     {Errc::denied, 403},    {Errc::not_found, 404},
      {Errc::changed, 409},     {Errc::throttled, 503}, {Errc::timeout, 503},
      {Errc::unavailable, 503}, {Errc::cancelled, 503}, {Errc::worker_died, 500}};
  for (const auto& [code, status] : kStatus) {
    const ServerResponse problem = deployment_problem(Error{code, "why\xFF"});
    EXPECT_EQ(problem.status, status);
    EXPECT_EQ(problem.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(problem.headers.has("Retry-After"), status == 503);
  }
}

}  // namespace
}  // namespace cordon
