#include "console/console_pages.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "testing/console_world.h"
#include "testing/findings.h"

namespace cordon {
namespace {

namespace json = boost::json;

class ConsolePagesTest : public testing::Test, protected ConsoleWorld {
 protected:
  ConsolePagesTest() : token_(make_token("viewer", ApiRole::viewer)) {}

  static ServerRequest request(const std::string& target, const std::string& token) {
    return ConsoleWorld::request({.token = token}, "GET", target);
  }
  ServerResponse get(const std::string& target) { return ask({.token = token_}, "GET", target); }
  int status_with(const std::string& token) {
    return status({.token = token}, "GET", "/api/v1/problems");
  }
  void add(const std::vector<ScanResult>& results) {
    ASSERT_TRUE(store.add(results, Deadline::never(), {}));
  }

  const std::string token_;
};

TEST_F(ConsolePagesTest, ListsResultsPageByPage) {
  add({ReportedFinding("1").second(1).key("a"), ReportedFinding("2").second(2).key("b"),
       ReportedFinding("3").second(3).bucket("other")});

  const json::object first = document(get("/api/v1/results?bucket=b&limit=1"));
  ASSERT_EQ(first.at("items").as_array().size(), 1U);
  EXPECT_EQ(first.at("items").as_array()[0].as_object().at("id"), "2");
  const std::string next(first.at("next").as_string());
  const json::object second = document(get("/api/v1/results?bucket=b&limit=1&cursor=" + next));

  EXPECT_EQ(second.at("items").as_array()[0].as_object().at("id"), "1");
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(get("/api/v1/results?bucket=other&limit=1&cursor=" + next).status, 400);
}

TEST_F(ConsolePagesTest, TakesResultsThatAgentsPost) {
  ServerRequest post = request("/api/v1/results", make_token("agents", ApiRole::operator_));
  post.method = "POST";
  const std::string first = to_json(ReportedFinding("1").key("a"));
  const std::string second = to_json(ReportedFinding("2").key("b"));
  post.body =
      first + "\nno result\n" + second + "\n" + to_json(ReportedFinding("").key("c")) + "\n";

  const ServerResponse taken = pages.answer(post, {});

  ASSERT_EQ(taken.status, 200) << taken.body;
  const json::object told = document(taken);
  EXPECT_EQ(told.at("added"), 2);
  const json::array& refused = told.at("refused").as_array();
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].at("line"), 1);
  EXPECT_EQ(refused[1].at("line"), 3);
  EXPECT_EQ(document(get("/api/v1/results")).at("items").as_array().size(), 2U);
  post.body = first;  // Without the end of its line, and once more.
  EXPECT_EQ(document(pages.answer(post, {})).at("known"), 1);
  post.body = "";
  EXPECT_EQ(pages.answer(post, {}).status, 400);
  post.body.clear();
  for (int i = 0; i < 1001; ++i) post.body += "\n";
  EXPECT_EQ(pages.answer(post, {}).status, 400);
}

TEST_F(ConsolePagesTest, OnlyOperatorsPostResults) {
  ServerRequest post = request("/api/v1/results", token_);
  post.method = "POST";
  post.body = to_json(ReportedFinding("1"));

  EXPECT_EQ(pages.answer(post, {}).status, 403);
  EXPECT_EQ(pages.body_of(post), nullptr) << "nor do they get room for long bodies";
  post.headers.set("Authorization", "Bearer nonsense");
  EXPECT_EQ(pages.body_of(post), nullptr);
  EXPECT_TRUE(document(get("/api/v1/results")).at("items").as_array().empty());
}

TEST_F(ConsolePagesTest, ALongBodyOfResultsIsBounded) {
  ServerRequest post = request("/api/v1/results", make_token("agents", ApiRole::operator_));
  post.method = "POST";
  const std::shared_ptr<PostedBody> body = pages.body_of(post);
  ASSERT_NE(body, nullptr);

  EXPECT_TRUE(body->write(std::string(kPostedBytesMax - 1, ' ')));
  EXPECT_TRUE(body->write("x"));
  EXPECT_EQ(body->write("x").error().code, Errc::invalid);
  EXPECT_EQ(body->take().size(), kPostedBytesMax);
  post.target = "/api/v1/problems/1/handle";
  EXPECT_EQ(pages.body_of(post), nullptr);
}

TEST_F(ConsolePagesTest, ShowsOneResultWithAnEntityTag) {
  add({ReportedFinding("1").size(18'446'744'073'709'551'615U)});

  const ServerResponse found = get("/api/v1/results/1");

  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(document(found).at("size").as_uint64(), 18'446'744'073'709'551'615U);
  const std::string tag(found.headers.get("ETag").value());
  for (const std::string& known : {tag, "\"x\", W/" + tag, std::string("*")}) {
    ServerRequest again = request("/api/v1/results/1", token_);
    again.headers.add("If-None-Match", known);
    const ServerResponse unchanged = pages.answer(again, {});
    EXPECT_EQ(unchanged.status, 304) << known;
    EXPECT_TRUE(unchanged.body.empty());
    EXPECT_EQ(unchanged.headers.get("ETag"), tag);
  }
  ServerRequest other = request("/api/v1/results/1", token_);
  other.headers.add("If-None-Match", "\"x\"");
  EXPECT_EQ(pages.answer(other, {}).status, 200);
  EXPECT_EQ(get("/api/v1/results/2").status, 404);
}

TEST_F(ConsolePagesTest, ShowsAProblemWithItsObjects) {
  add({ReportedFinding("1").key("a").sha256(kShaA),
       ReportedFinding("2").key("b").second(7).sha256(kShaA)});

  const json::object list = document(get("/api/v1/problems?state=open&verdict=Infected"));
  ASSERT_EQ(list.at("items").as_array().size(), 1U);
  const json::object problem = list.at("items").as_array()[0].as_object();
  const std::string id(problem.at("id").as_string());

  EXPECT_EQ(problem.at("cause"), "Win.Test");
  EXPECT_EQ(problem.at("objects"), "2");
  EXPECT_EQ(problem.at("sha256"), json::value(kShaA));
  EXPECT_EQ(problem.at("lastSeen"), json::value(rfc3339_ms(finding_time(7))));
  EXPECT_TRUE(problem.at("handled").is_null());
  EXPECT_EQ(problem.at("example").as_object().at("bucket"), "b");
  EXPECT_EQ(document(get("/api/v1/problems/" + id)), problem);
  EXPECT_EQ(document(get("/api/v1/problems/" + id + "/occurrences")).at("items").as_array().size(),
            2U);
  for (const char* none : {"999", "-1", "x", "99999999999999999999"}) {
    EXPECT_EQ(get(std::string("/api/v1/problems/") + none).status, 404) << none;
    EXPECT_EQ(get(std::string("/api/v1/problems/") + none + "/occurrences").status, 404) << none;
  }
  EXPECT_EQ(document(get("/api/v1/problems?state=handled")).at("items").as_array().size(), 0U);
  EXPECT_EQ(get("/api/v1/problems?state=closed").status, 400);
}

TEST_F(ConsolePagesTest, ShowsSums) {
  add({ReportedFinding("1").size(5)});

  const json::object list = document(get("/api/v1/rollups?first=2026-01-01&last=2027-12-31"));

  const json::object sum = list.at("items").as_array().at(0).as_object();
  EXPECT_EQ(sum.at("day"), json::value(rfc3339_s(finding_time(0)).substr(0, 10)));
  EXPECT_EQ(sum.at("verdict"), "Infected");
  EXPECT_EQ(sum.at("results"), "1");
  EXPECT_EQ(sum.at("bytes"), "5");
  EXPECT_EQ(get("/api/v1/rollups?first=1.1.2026").status, 400);
}

TEST_F(ConsolePagesTest, NobodyComesInWithoutATokenInForce) {
  const std::string ending = make_token("ending", ApiRole::viewer, std::chrono::hours(1));
  const std::string revoked = make_token("revoked", ApiRole::viewer);

  EXPECT_EQ(status_with(token_), 200);
  EXPECT_EQ(status_with(ending), 200);
  EXPECT_EQ(status_with(revoked), 200);
  ASSERT_TRUE(store.revoke_token("revoked", clock.system_now(), Deadline::never(), {}));
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(status_with(token_), 200);
  EXPECT_EQ(status_with(ending), 401);
  EXPECT_EQ(status_with(revoked), 401);
  for (const std::string& wrong : {std::string(), std::string("x"), token_ + "x", "x" + token_,
                                   token_.substr(0, token_.size() - 1) + "!"}) {
    EXPECT_EQ(status_with(wrong), 401) << wrong;
  }
  const ServerResponse refused = pages.answer(request("/api/v1/no-such-thing", ""), {});
  EXPECT_EQ(refused.status, 401);  // Not even what there is.
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/problem+json");
  EXPECT_TRUE(refused.headers.has("WWW-Authenticate"));
  EXPECT_EQ(document(refused).at("status"), 401);
  ServerRequest basic = request("/api/v1/problems", "");
  basic.headers.add("Authorization", "Basic " + token_);
  EXPECT_EQ(pages.answer(basic, {}).status, 401);
}

TEST_F(ConsolePagesTest, WhoFailsTooOftenWaitsAndHoldsUpNobodyElse) {
  const std::string good = make_token("good", ApiRole::viewer);
  EXPECT_EQ(status_with(good), 200);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status_with("cordon_" + std::string(43, 'x')), 401);

  const ServerResponse refused = pages.answer(request("/api/v1/problems", ""), {});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.get("Retry-After"), "60");
  EXPECT_EQ(status_with(good), 200);  // From the same address, as behind a proxy.
  ServerRequest elsewhere = request("/api/v1/problems", token_);
  elsewhere.peer = "192.0.2.2:1";
  EXPECT_EQ(pages.answer(elsewhere, {}).status, 200);

  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(status_with(""), 401);
}

TEST_F(ConsolePagesTest, ShowsHowAgentsAre) {
  const auto report = [&](const std::string& agent, std::chrono::minutes age) {
    return AgentReport{.agent = agent,
                       .deployment = "main",
                       .account = AccountId("111122223333"),
                       .region = Region("eu-west-1"),
                       .reported_at = clock.system_now() - age,
                       .signatures = "27451"};
  };
  const std::vector<AgentReport> reports = {report("i-1/1", std::chrono::minutes(1)),
                                            report("i-2/1", std::chrono::minutes(4))};
  ASSERT_TRUE(store.keep_reports(reports, Deadline::never(), {}));

  const json::array agents = document(get("/api/v1/agents")).at("items").as_array();

  ASSERT_EQ(agents.size(), 2U);
  EXPECT_EQ(agents[0].at("state"), "reporting");
  EXPECT_EQ(agents[0].at("report").at("agent"), "i-1/1");
  EXPECT_EQ(agents[0].at("report").at("signatures"), "27451");
  EXPECT_EQ(agents[1].at("state"), "away");
  const std::string since = rfc3339_s(clock.system_now() - std::chrono::minutes(2));
  EXPECT_EQ(document(get("/api/v1/agents?since=" + since)).at("items").as_array().size(), 1U);
  EXPECT_EQ(get("/api/v1/agents?since=yesterday").status, 400);
}

TEST_F(ConsolePagesTest, AProblemIsHandledByWhoMay) {
  add({ReportedFinding("1").key("a").sha256(kShaA)});
  const json::object list = document(get("/api/v1/problems"));
  const std::string id(list.at("items").at(0).at("id").as_string());
  const auto handle = [&](const std::string& token, const std::string& which,
                          const std::string& body) {
    ServerRequest post = request("/api/v1/problems/" + which + "/handle", token);
    post.method = "POST";
    post.body = body;
    return pages.answer(post, {});
  };
  const std::string acting = make_token("night-shift", ApiRole::operator_);

  const ServerResponse refused = handle(token_, id, R"({"why":"a test file"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(document(refused).at("detail").as_string().find("operator"), std::string::npos);
  EXPECT_EQ(handle("", id, R"({"why":"x"})").status, 401);
  for (const char* body : {"", "{}", "[]", R"({"why":1})", R"({"why":" "})", "why"}) {
    EXPECT_EQ(handle(acting, id, body).status, 400) << body;
  }
  EXPECT_EQ(handle(acting, "999", R"({"why":"x"})").status, 404);
  EXPECT_EQ(document(get("/api/v1/problems/" + id)).at("state"), "open");

  const ServerResponse done = handle(acting, id, R"({"why":"a test file"})");

  EXPECT_EQ(done.status, 200);
  const json::object problem = document(done);
  EXPECT_EQ(problem.at("state"), "handled");
  EXPECT_EQ(problem.at("handled"), (json::object{{"by", "night-shift"},
                                                 {"at", rfc3339_ms(clock.system_now())},
                                                 {"why", "a test file"}}));
  EXPECT_EQ(document(get("/api/v1/problems/" + id)), problem);
  EXPECT_EQ(handle(acting, id, R"({"why":"a test file"})").status, 200) << "twice is once";
}

TEST_F(ConsolePagesTest, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
    ServerRequest write = request("/api/v1/problems", token_);
    write.method = method;
    const ServerResponse refused = pages.answer(write, {});
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
  }
  const ServerResponse read = get("/api/v1/problems/1/handle");
  EXPECT_EQ(read.status, 405);
  EXPECT_EQ(read.headers.get("Allow"), "POST");
  ServerRequest head = request("/api/v1/problems", token_);
  head.method = "HEAD";
  EXPECT_EQ(pages.answer(head, {}).status, 200);
}

TEST_F(ConsolePagesTest, SaysWhatIsWrongWithARequest) {
  for (const char* target : {"/api/v1/results?limit=0", "/api/v1/results?prefx=a",
                             "/api/v1/results?prefix=%ff", "/api/v1/results/1?x=1"}) {
    const ServerResponse refused = get(target);
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_EQ(document(refused).at("title"), "Bad Request");
    EXPECT_EQ(refused.headers.get("Cache-Control"), "no-store");
  }
  EXPECT_EQ(get("/api/v1/nothing").status, 404);
  EXPECT_EQ(get("/").status, 404);
}

TEST_F(ConsolePagesTest, AStoreThatDoesNotAnswerIsNoReasonToLetSomebodyIn) {
  std::stop_source stop;
  stop.request_stop();  // The fake fails then, as a database that is away does.

  const ServerResponse refused =
      pages.answer(request("/api/v1/problems", token_), stop.get_token());

  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.get("Retry-After"), "5");
}

TEST_F(ConsolePagesTest, TellsProbesHowItIs) {
  EXPECT_EQ(pages.answer(request("/healthz", ""), {}).status, 200);
  EXPECT_EQ(pages.answer(request("/readyz", ""), {}).status, 200);
  health = {false, "the database takes nothing: /secret/path"};
  const ServerResponse not_ready = pages.answer(request("/readyz", ""), {});
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_EQ(not_ready.body.find("secret"), std::string::npos);
  metrics.count("cordon_console_refused_total");
  const ServerResponse told = pages.answer(request("/metrics", ""), {});
  EXPECT_NE(told.body.find("cordon_console_refused_total 1"), std::string::npos);
}

}  // namespace
}  // namespace cordon
