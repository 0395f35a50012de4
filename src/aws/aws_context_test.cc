#include "aws/aws_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "aws/aws_test_files.h"
#include "testing/fake_http_client.h"
#include "testing/http_imposter.h"
#include "testing/seeded_random.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

AwsCall list_buckets() {
  return {.service = AwsService::s3, .operation = "ListBuckets", .method = "GET"};
}

std::string authorization(const ServerRequest& request) {
  return std::string(request.headers.get("Authorization").value_or("none"));
}

/// The whole stack over loopback: configuration, credentials, signature, libcurl.
class AwsContextTest : public testing::Test {
 protected:
  Result<AwsContext> create(std::map<std::string, std::string> variables,
                            const AwsOptions& options = {}, std::string_view config = "",
                            std::string_view credentials = "") {
    variables.try_emplace("AWS_EC2_METADATA_DISABLED", "true");
    return AwsContext::create(options, files_.environment(config, credentials, variables), clock_,
                              random_, log_);
  }
  Deadline soon() const { return Deadline::after(clock_, std::chrono::seconds(20)); }

  TestFiles files_;
  HttpImposter aws_;
  RealClock clock_;
  SeededRandom random_;
  int told_of(std::string_view event) const {
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) {
      return line.find(event) != std::string::npos;
    }));
  }

  std::vector<std::string> lines_;
  Log log_{LogLevel::warn, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(AwsContextTest, CallsAConfiguredEndpointWithKeysOfTheEnvironment) {
  aws_.answer({.body = "<ok/>"});
  auto context = create({{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
                        {.region = "eu-west-1", .endpoint_url = aws_.url("")});
  ASSERT_TRUE(context) << context.error().what;

  const auto response = context->client().call(list_buckets(), soon(), {});

  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(response->body, "<ok/>");
  EXPECT_THAT(authorization(aws_.requests()[0]), HasSubstr("Credential=AKIDENV/"));
  EXPECT_EQ(context->configured_endpoint(AwsService::s3)->text(), aws_.url(""));
}

TEST_F(AwsContextTest, AProfileOnTheCommandLineBeatsKeysOfTheEnvironment) {
  aws_.answer({.status = 200});
  auto context = create({{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
                        {.profile = "prod", .endpoint_url = aws_.url("")},
                        "[profile prod]\nregion = eu-central-1\n",
                        "[prod]\naws_access_key_id = AKIDPROD\naws_secret_access_key = s\n");
  ASSERT_TRUE(context) << context.error().what;

  ASSERT_TRUE(context->client().call(list_buckets(), soon(), {}));

  EXPECT_EQ(context->region(), Region("eu-central-1"));
  EXPECT_THAT(authorization(aws_.requests()[0]), HasSubstr("Credential=AKIDPROD/"));
}

TEST_F(AwsContextTest, OtherRegionsAndRolesHaveTheirOwnClients) {
  aws_.answer_rest([](const ServerRequest& request, std::stop_token) {
    ServerResponse response;
    if (request.body.starts_with("Action=AssumeRole")) {
      response.body =
          "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
          "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
          "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
          "</AssumeRoleResponse>";
    }
    return response;
  });
  auto context = create({{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
                        {.region = "eu-west-1", .endpoint_url = aws_.url("")});
  ASSERT_TRUE(context) << context.error().what;
  const RoleRequest role{"arn:aws:iam::1:role/member", "", "ext"};
  ServiceClient& member = context->client_as(role, Region("us-east-1"));

  ASSERT_TRUE(context->client_for(Region("ap-south-1")).call(list_buckets(), soon(), {}));
  ASSERT_TRUE(member.call(list_buckets(), soon(), {}));
  ASSERT_TRUE(member.call(list_buckets(), soon(), {}));

  const auto requests = aws_.requests();
  ASSERT_EQ(requests.size(), 4U);  // The role is taken on once.
  EXPECT_THAT(authorization(requests[0]), HasSubstr("/ap-south-1/s3/"));
  EXPECT_THAT(authorization(requests[1]), HasSubstr("Credential=AKIDENV/"));
  EXPECT_THAT(requests[1].body, HasSubstr("ExternalId=ext"));
  EXPECT_THAT(authorization(requests[2]), HasSubstr("Credential=ASIAROLE/"));
  EXPECT_THAT(authorization(requests[3]), HasSubstr("/us-east-1/s3/"));
  EXPECT_EQ(&context->client_as(role, Region("us-east-1")), &member);
}

TEST_F(AwsContextTest, AContainersCredentialsAreUsedWhenNothingElseApplies) {
  aws_.answer({.body = R"({"AccessKeyId":"ASIATASK","SecretAccessKey":"s","Token":"t",)"
                       R"("Expiration":"2099-01-01T00:00:00Z"})"});
  aws_.answer({.status = 200});
  auto context = create({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", aws_.url("/creds")},
                         {"AWS_REGION", "eu-west-1"},
                         {"AWS_ENDPOINT_URL", aws_.url("")}});
  ASSERT_TRUE(context) << context.error().what;

  ASSERT_TRUE(context->client().call(list_buckets(), soon(), {}));

  EXPECT_EQ(aws_.requests()[0].target, "/creds");
  EXPECT_THAT(authorization(aws_.requests()[1]), HasSubstr("Credential=ASIATASK/"));
}

TEST_F(AwsContextTest, TheInstanceSaysTheRegionAsALastResort) {
  aws_.answer({.body = "SESSION"});
  aws_.answer({.body = "eu-north-1"});

  const auto context = create({{"AWS_EC2_METADATA_DISABLED", "false"},
                               {"AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_.url("")}});

  ASSERT_TRUE(context) << context.error().what;
  EXPECT_EQ(context->region(), Region("eu-north-1"));
  EXPECT_EQ(aws_.requests()[1].target, "/latest/meta-data/placement/region");
  EXPECT_FALSE(context->configured_endpoint(AwsService::s3));
}

TEST_F(AwsContextTest, AnEndpointOfTheProfileCountsAsWell) {
  const auto context = create({{"AWS_PROFILE", "store"}}, {.region = "eu-west-1"},
                              "[profile store]\nendpoint_url = https://store.example:9000\n");

  ASSERT_TRUE(context) << context.error().what;
  EXPECT_EQ(context->configured_endpoint(AwsService::s3)->text(), "https://store.example:9000");
}

TEST_F(AwsContextTest, SaysOnceThatOthersCanReadAndWriteOnTheWay) {
  const std::pair<const char*, int> kRows[] = {
      {"http://store.example:9000", 1}, {"http://10.0.0.1", 1},       {"https://store.example", 0},
      {"http://127.0.0.1:4566", 0},     {"http://localhost:4566", 0}, {"http://[::1]:4566", 0}};
  for (const auto& [url, times] : kRows) {
    SCOPED_TRACE(url);
    lines_.clear();
    ASSERT_TRUE(create({}, {.region = "eu-west-1", .endpoint_url = url}));
    EXPECT_EQ(told_of("aws.plain_http"), times);
  }
}

TEST_F(AwsContextTest, SaysWhichPartitionAnUnknownRegionIsTakenFor) {
  ASSERT_TRUE(create({}, {.region = "mars-north-1"}));
  EXPECT_EQ(told_of("aws.region_unknown"), 1);
  EXPECT_THAT(lines_.at(0), HasSubstr(R"("partition":"aws")"));

  lines_.clear();
  ASSERT_TRUE(create({}, {.region = "ap-southeast-99"}));
  ASSERT_TRUE(create({}, {.region = "garage", .endpoint_url = "http://127.0.0.1:1"}));
  EXPECT_EQ(told_of("aws.region_unknown"), 0);
}

TEST_F(AwsContextTest, SaysWhatToDoWithoutARegionOrCredentials) {
  const auto nowhere = create({});
  auto nobody = create({}, {.region = "eu-west-1", .endpoint_url = aws_.url("")});

  EXPECT_EQ(nowhere.error().code, Errc::invalid);
  EXPECT_THAT(nowhere.error().what, StartsWith("no AWS region: use --region, set AWS_REGION"));
  ASSERT_TRUE(nobody);
  const auto response = nobody->client().call(list_buckets(), soon(), {});
  EXPECT_EQ(response.error().code, Errc::denied);
  for (const char* tried :
       {"environment: AWS_ACCESS_KEY_ID is not set", "profile default: ", "web identity: ",
        "container: ", "instance metadata: switched off by AWS_EC2_METADATA_DISABLED"}) {
    EXPECT_THAT(response.error().what, HasSubstr(tried));
  }
}

TEST_F(AwsContextTest, AnUnreachableEndpointSaysWhichAndWhatToCheck) {
  const std::string url = "http://127.0.0.1:" + std::to_string(unused_port());
  auto context = create(
      {{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_MAX_ATTEMPTS", "1"}},
      {.region = "eu-west-1", .endpoint_url = url});

  const auto response = context->client().call(list_buckets(), soon(), {});

  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("the endpoint is " + url));
}

}  // namespace
}  // namespace cordon
