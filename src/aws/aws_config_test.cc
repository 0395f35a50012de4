#include "aws/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_test_files.h"

namespace cordon {
namespace {

using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

class AwsConfigTest : public testing::Test {
 protected:
  Result<AwsConfig> resolve(Variables variables, const AwsOptions& options = {},
                            std::string_view config = "") {
    const Environment environment = files_.environment(config, "", std::move(variables));
    CORDON_TRY(const ProfileFiles loaded, ProfileFiles::load(environment));
    return resolve_aws_config(options, environment, loaded);
  }

  std::string endpoint(const Result<AwsConfig>& config, AwsService service) {
    if (!config) return "error: " + config.error().what;
    const auto it = config->endpoints.configured.find(service);
    return it == config->endpoints.configured.end() ? "" : it->second.text();
  }

  TestFiles files_;
};

TEST_F(AwsConfigTest, TheOptionBeatsTheEnvironmentBeatsTheProfile) {
  const char* const kProfile = "[default]\nregion = profile-1\n";

  EXPECT_EQ(resolve({{"AWS_REGION", "env-1"}, {"AWS_DEFAULT_REGION", "env-2"}},
                    {.region = "option-1"}, kProfile)
                ->region,
            Region("option-1"));
  EXPECT_EQ(
      resolve({{"AWS_REGION", "env-1"}, {"AWS_DEFAULT_REGION", "env-2"}}, {}, kProfile)->region,
      Region("env-1"));
  EXPECT_EQ(resolve({{"AWS_DEFAULT_REGION", "env-2"}}, {}, kProfile)->region, Region("env-2"));
  EXPECT_EQ(resolve({}, {}, kProfile)->region, Region("profile-1"));
  EXPECT_EQ(resolve({})->region, std::nullopt);
}

TEST_F(AwsConfigTest, TheMostSpecificEndpointWins) {
  const char* const kFile =
      "[default]\nendpoint_url = http://profile:1\nservices = local\n"
      "[services local]\nsqs =\n  endpoint_url = http://section:1\n";
  const Variables kBoth = {{"AWS_ENDPOINT_URL_S3", "http://env-s3:1"},
                           {"AWS_ENDPOINT_URL", "http://env:1"}};

  EXPECT_EQ(endpoint(resolve(kBoth, {.endpoint_url = "http://option:1"}, kFile), AwsService::s3),
            "http://option:1");
  EXPECT_EQ(endpoint(resolve(kBoth, {}, kFile), AwsService::s3), "http://env-s3:1");
  EXPECT_EQ(endpoint(resolve(kBoth, {}, kFile), AwsService::sqs), "http://env:1");
  EXPECT_EQ(endpoint(resolve({}, {}, kFile), AwsService::sqs), "http://section:1");
  EXPECT_EQ(endpoint(resolve({}, {}, kFile), AwsService::s3), "http://profile:1");
}

TEST_F(AwsConfigTest, EveryServiceHasItsVariable) {
  const std::pair<AwsService, const char*> kRows[] = {
      {AwsService::s3, "AWS_ENDPOINT_URL_S3"},
      {AwsService::sqs, "AWS_ENDPOINT_URL_SQS"},
      {AwsService::sns, "AWS_ENDPOINT_URL_SNS"},
      {AwsService::logs, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"},
      {AwsService::events, "AWS_ENDPOINT_URL_EVENTBRIDGE"},
      {AwsService::sts, "AWS_ENDPOINT_URL_STS"},
      {AwsService::storagegateway, "AWS_ENDPOINT_URL_STORAGE_GATEWAY"},
  };
  for (const auto& [service, variable] : kRows) {
    SCOPED_TRACE(variable);
    const auto config = resolve({{variable, "http://here:1"}});
    EXPECT_EQ(endpoint(config, service), "http://here:1");
    EXPECT_EQ(config->endpoints.configured.size(), 1U);
  }
}

TEST_F(AwsConfigTest, ConfiguredEndpointsCanBeIgnoredButNotTheOption) {
  const Variables kIgnored = {{"AWS_ENDPOINT_URL", "http://env:1"},
                              {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}};

  EXPECT_EQ(endpoint(resolve(kIgnored), AwsService::s3), "");
  EXPECT_EQ(endpoint(resolve(kIgnored, {.endpoint_url = "http://option:1"}), AwsService::s3),
            "http://option:1");
}

TEST_F(AwsConfigTest, ReadsSwitchesStyleAndRetries) {
  const auto config = resolve({{"AWS_USE_FIPS_ENDPOINT", "TRUE"}, {"AWS_MAX_ATTEMPTS", "7"}}, {},
                              "[default]\nuse_dualstack_endpoint = true\nretry_mode = legacy\ns3 "
                              "=\n  addressing_style = virtual\n");

  ASSERT_TRUE(config);
  EXPECT_TRUE(config->endpoints.fips);
  EXPECT_TRUE(config->endpoints.dualstack);
  EXPECT_EQ(config->endpoints.bucket_style, BucketStyle::virtual_host);
  EXPECT_EQ(config->retry.attempts_max, 7);
  EXPECT_EQ(resolve({{"AWS_RETRY_MODE", "legacy"}})->retry.attempts_max, 5);
  EXPECT_EQ(resolve({{"AWS_RETRY_MODE", "adaptive"}})->retry.attempts_max, 3);
  EXPECT_EQ(resolve({})->retry.attempts_max, 3);
}

TEST_F(AwsConfigTest, AWrongSettingIsNamedTogetherWithWhatToWrite) {
  const std::tuple<Variables, const char*, const char*> kRows[] = {
      {{{"AWS_REGION", "Europe"}}, "AWS_REGION", "eu-west-1"},
      {{{"AWS_USE_FIPS_ENDPOINT", "maybe"}}, "AWS_USE_FIPS_ENDPOINT", "true or false"},
      {{{"AWS_ENDPOINT_URL_SQS", "localhost"}}, "AWS_ENDPOINT_URL_SQS", "http://HOST:PORT"},
      {{{"AWS_MAX_ATTEMPTS", "0"}}, "AWS_MAX_ATTEMPTS", "1 to 20"},
      {{{"AWS_RETRY_MODE", "hard"}}, "AWS_RETRY_MODE", "standard"},
      {{{"AWS_PROFILE", "nobody"}}, "AWS_PROFILE", "profiles there: default, prod"},
      {{{"AWS_PROFILE", "prod"}}, "services of profile prod", "[services gone]"},
  };
  for (const auto& [variables, setting, advice] : kRows) {
    SCOPED_TRACE(setting);

    const auto config = resolve(variables, {}, "[default]\n[profile prod]\nservices = gone\n");

    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, Errc::invalid);
    EXPECT_THAT(config.error().what, HasSubstr(setting));
    EXPECT_THAT(config.error().what, HasSubstr(advice));
  }
}

}  // namespace
}  // namespace cordon
