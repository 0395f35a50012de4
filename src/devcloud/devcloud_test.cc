#include "devcloud/devcloud.h"

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "testing/devcloud/test_cloud.h"

namespace cordon {
namespace {

class DevCloudTest : public testing::Test {
 protected:
  RealClock clock_;
  SeededRandom random_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};

  HttpResponse fetch(const HttpRequest& request) {
    const auto client = make_curl_client({}, clock_);
    const auto response =
        client->fetch(request, Deadline::after(clock_, std::chrono::seconds(20)), {});
    EXPECT_TRUE(response.ok());
    return response.ok() ? *response : HttpResponse{};
  }
};

TEST_F(DevCloudTest, AnswersOnItsEndpointAndToSignedRequestsOnly) {
  const auto cloud = DevCloud::start({}, clock_, random_, log_);
  ASSERT_TRUE(cloud.ok());

  const HttpResponse response = fetch({.url = (*cloud)->endpoint() + "/bucket/key"});

  EXPECT_EQ(response.status, 404);  // S3 says whether a bucket exists even to strangers.
  EXPECT_EQ(fetch({.url = (*cloud)->endpoint() + "/"}).status, 403);
}

TEST_F(DevCloudTest, TakesFaultsOverHttpOnlyWhereThatIsSwitchedOn) {
  const auto closed = DevCloud::start({}, clock_, random_, log_);
  const auto open = DevCloud::start({.fault_control = true}, clock_, random_, log_);
  ASSERT_TRUE(closed.ok() && open.ok());
  const std::string fault = R"({"operation":"s3:*","status":503,"code":"SlowDown"})";
  const auto post = [&](const DevCloud& cloud) {
    return fetch({.method = "POST", .url = cloud.endpoint() + "/_devcloud/faults", .body = fault})
        .status;
  };

  EXPECT_EQ(post(**closed), 405);
  EXPECT_EQ(post(**open), 204);
  EXPECT_EQ(fetch({.url = (*open)->endpoint() + "/"}).status, 503);
}

TEST_F(DevCloudTest, RefusesOptionsThatCannotWork) {
  EXPECT_EQ(DevCloud::start({.account = "1"}, clock_, random_, log_).error().code, Errc::invalid);
  EXPECT_EQ(DevCloud::start({.scratch_dir = "/nowhere"}, clock_, random_, log_).error().code,
            Errc::invalid);
}

TEST(TemporaryKeys, SignWithTheirTokenAndUntilTheirEnd) {
  TestCloud cloud;
  const ServerResponse assumed =
      cloud.query("sts", "AssumeRole",
                  "RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fr&RoleSessionName=one");
  ASSERT_EQ(assumed.status, 200) << assumed.body;
  const auto ask = [&](const std::string& token) {
    TestCloud::Request request{.access_key = element(assumed.body, "AccessKeyId"),
                               .secret = element(assumed.body, "SecretAccessKey")};
    if (!token.empty()) request.headers.add("x-amz-security-token", token);
    return cloud.send(request).status;
  };
  const std::string token = element(assumed.body, "SessionToken");

  EXPECT_EQ(ask(token), 200);
  EXPECT_EQ(ask(""), 403);
  EXPECT_EQ(ask("other"), 400);
  cloud.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(ask(token), 400);
}

}  // namespace
}  // namespace cordon
