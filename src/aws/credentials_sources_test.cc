#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_test_files.h"
#include "aws/credentials_container.h"
#include "aws/credentials_environment.h"
#include "aws/imds.h"
#include "base/text.h"
#include "testing/fake_http_client.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDocument =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"sec/ret+","Token":"tok==",)"
    R"("Expiration":"2026-11-22T21:50:33Z","LastUpdated":"x"})";

TEST(DecodeCredentials, ReadsBothFormsOfTheDocument) {
  const auto metadata = decode_credentials(kDocument, "who");
  const auto process = decode_credentials(
      R"({"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t"})", "who");

  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->access_key_id, "ASIA1");
  EXPECT_EQ(metadata->secret_access_key.reveal(), "sec/ret+");
  EXPECT_EQ(metadata->session_token.reveal(), "tok==");
  EXPECT_EQ(metadata->expires, *parse_rfc3339("2026-11-22T21:50:33Z"));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->session_token.reveal(), "t");
  EXPECT_EQ(process->expires, std::nullopt);
}

TEST(DecodeCredentials, RefusesHostileDocumentsWithoutRepeatingThem) {
  const std::string kBodies[] = {
      "",
      "[]",
      "hunter2",
      R"({"Code":"Failed","AccessKeyId":"hunter2"})",
      R"({"AccessKeyId":"A","SecretAccessKey":""})",
      R"({"AccessKeyId":"","SecretAccessKey":"hunter2"})",
      R"({"AccessKeyId":"A\r\nhunter2: 1","SecretAccessKey":"s"})",
      R"({"AccessKeyId":"A/hunter2","SecretAccessKey":"s"})",
      R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":"hunter2\r\nX: 1"})",
      R"({"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"soon"})",
      R"({"AccessKeyId":7,"SecretAccessKey":"hunter2"})",
      R"({"a":")" + std::string(100'000, 'x') + "\"}",
  };
  for (const std::string& body : kBodies) {
    SCOPED_TRACE(body.substr(0, 80));

    const auto decoded = decode_credentials(body, "the metadata service");

    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::unavailable);
    EXPECT_THAT(decoded.error().what, Not(HasSubstr("hunter2")));
  }
}

Result<CredentialsSource::Finding> from(std::map<std::string, std::string> variables) {
  const Environment environment(std::move(variables));
  return EnvironmentCredentials(environment).find(Deadline::never(), {});
}

TEST(EnvironmentCredentials, ReadsKeysAndToken) {
  const auto found = from({{"AWS_ACCESS_KEY_ID", "AKIA"},
                           {"AWS_SECRET_ACCESS_KEY", "s3cr3t\n"},
                           {"AWS_SESSION_TOKEN", "tok"}});

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->access_key_id, "AKIA");
  EXPECT_EQ(found->credentials->secret_access_key.reveal(), "s3cr3t");
  EXPECT_EQ(found->credentials->session_token.reveal(), "tok");
  EXPECT_EQ(found->credentials->source, "environment");
}

TEST(EnvironmentCredentials, HalfAPairIsAnErrorAndNoneIsNot) {
  EXPECT_EQ(from({{"AWS_ACCESS_KEY_ID", "AKIA"}}).error().code, Errc::invalid);
  EXPECT_EQ(from({{"AWS_SECRET_ACCESS_KEY", "s"}}).error().code, Errc::invalid);
  EXPECT_FALSE(from({})->credentials);
  EXPECT_THAT(
      from({{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "hunter2 x"}}).error().what,
      Not(HasSubstr("hunter2")));
}

class MachineCredentialsTest : public testing::Test {
 protected:
  Result<CredentialsSource::Finding> container(std::map<std::string, std::string> variables) {
    const Environment environment(std::move(variables));
    return ContainerCredentials(environment, http_, clock_, random_).find(Deadline::never(), {});
  }

  Result<CredentialsSource::Finding> instance(std::map<std::string, std::string> variables = {}) {
    const Environment environment(std::move(variables));
    CORDON_TRY(const InstanceMetadata metadata,
               InstanceMetadata::open(environment, http_, clock_, random_));
    return InstanceCredentials(metadata).find(Deadline::never(), {});
  }

  std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : http_.requests()) {
      all.push_back(request.method + " " + request.url);
    }
    return all;
  }

  TestFiles files_;
  FakeHttpClient http_;
  SimulatedClock clock_;
  SeededRandom random_;
};

TEST_F(MachineCredentialsTest, AContainersRelativeUriLeadsToTheTaskEndpoint) {
  http_.answer({200, {}, kDocument});

  const auto found = container({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x"}});

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->access_key_id, "ASIA1");
  EXPECT_THAT(urls(), ElementsAre("GET http://169.254.170.2/v2/credentials/x"));
  EXPECT_FALSE(http_.requests()[0].headers.has("Authorization"));
}

TEST_F(MachineCredentialsTest, AContainersTokenFileIsReadAnewEachTime) {
  http_.answer({200, {}, kDocument});
  http_.answer({200, {}, kDocument});
  const std::map<std::string, std::string> kVariables = {
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials?a=b"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "from the variable"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", files_.path("token")}};

  files_.write("token", "first");
  ASSERT_TRUE(container(kVariables));
  files_.write("token", "second");
  ASSERT_TRUE(container(kVariables));

  EXPECT_EQ(http_.requests()[0].headers.get("Authorization"), "first");
  EXPECT_EQ(http_.requests()[1].headers.get("Authorization"), "second");
  EXPECT_EQ(http_.requests()[0].url, "http://169.254.170.23/v1/credentials?a=b");
}

TEST_F(MachineCredentialsTest, AContainersFullUriStaysOnThisMachineOrUnderTls) {
  const char* const kGood[] = {"https://credentials.example/x", "https://10.0.0.1:8443/x?a=b",
                               "http://127.0.0.1:81/x",         "http://127.3.2.1/x",
                               "http://localhost:81/",          "http://[::1]:81/x",
                               "http://169.254.170.2/x",        "http://[fd00:ec2::23]/x"};
  for (const char* uri : kGood) {
    SCOPED_TRACE(uri);
    http_.answer({200, {}, kDocument});
    EXPECT_TRUE(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri}}));
  }
  const std::size_t asked = http_.requests().size();
  const char* const kBad[] = {"http://credentials.example/x",
                              "http://169.254.169.254/x",
                              "http://127.evil.example/x",
                              "http://localhost.evil.example/",
                              "http://127.0.0.1@evil.example/",
                              "ftp://127.0.0.1/",
                              "http://10.0.0.1/",
                              "http://127.0.0.1.evil.example/",
                              "http://[::2]/",
                              "http://127.0.0.1/a b",
                              "http://127.0.0.1/?\r\nX: 1"};
  for (const char* uri : kBad) {
    SCOPED_TRACE(uri);
    const auto found = container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri}});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::invalid);
  }
  EXPECT_EQ(container({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/"}}).error().code,
            Errc::invalid);
  EXPECT_EQ(http_.requests().size(), asked);
}

TEST_F(MachineCredentialsTest, ATokenWithALineBreakIsRefusedAndNotShown) {
  const auto found = container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"},
                                {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\r\nX-Evil: 1"}});

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::invalid);
  EXPECT_THAT(found.error().what, Not(HasSubstr("hunter2")));
}

TEST_F(MachineCredentialsTest, AContainersEndpointIsTriedThriceAndARefusalOnce) {
  for (int i = 0; i < 3; ++i) http_.answer({503, {}, "busy"});
  const auto busy = container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"}});
  EXPECT_EQ(busy.error().code, Errc::unavailable);
  EXPECT_EQ(http_.requests().size(), 3U);

  http_.answer({403, {}, "no role"});
  const auto refused = container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"}});
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_EQ(http_.requests().size(), 4U);
}

TEST_F(MachineCredentialsTest, AnInstanceIsAskedBySessionTokenOnly) {
  http_.answer({200, {}, "SESSION"});
  http_.answer({200, {}, "my role\nother"});
  http_.answer({200, {}, "SESSION"});
  http_.answer({200, {}, kDocument});

  const auto found = instance();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->source, "instance metadata, role my role");
  EXPECT_THAT(
      urls(),
      ElementsAre(
          "PUT http://169.254.169.254/latest/api/token",
          "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/",
          "PUT http://169.254.169.254/latest/api/token",
          "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/my%20role"));
  EXPECT_EQ(http_.requests()[1].headers.get("X-aws-ec2-metadata-token"), "SESSION");
}

TEST_F(MachineCredentialsTest, AServiceWithoutSessionTokensIsNotAskedWithoutOne) {
  http_.answer({404, {}, ""});

  const auto found = instance();

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->credentials);
  EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(MachineCredentialsTest, NoInstanceMeansThatThisPlaceDoesNotApply) {
  http_.answer_rest([](const auto&, auto, auto) {
    return Result<HttpResponse>(Error{Errc::timeout, "no answer"});
  });

  const auto found = instance();

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->credentials);
  EXPECT_THAT(found->why_not, HasSubstr("no answer"));
  EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(MachineCredentialsTest, AnAttemptAtTheInstanceHasOneSecond) {
  http_.answer_by([this](const auto&, Deadline deadline, auto) {
    EXPECT_EQ(deadline.left(clock_), std::chrono::seconds(1));
    return Result<HttpResponse>(HttpResponse{404, {}, ""});
  });

  EXPECT_TRUE(instance());
}

TEST_F(MachineCredentialsTest, AnInstanceCanBeSwitchedOffAndMoved) {
  EXPECT_FALSE(instance({{"AWS_EC2_METADATA_DISABLED", "true"}})->credentials);
  EXPECT_TRUE(http_.requests().empty());

  http_.answer({404, {}, ""});
  EXPECT_TRUE(instance({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[fd00:ec2::254]:81/"}}));
  EXPECT_EQ(http_.requests()[0].url, "http://[fd00:ec2::254]:81/latest/api/token");
  EXPECT_FALSE(instance({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense"}}));
}

TEST_F(MachineCredentialsTest, AHostileSessionTokenOrRegionIsRefused) {
  const Environment environment;
  const auto metadata = InstanceMetadata::open(environment, http_, clock_, random_);
  for (const std::string& token :
       {std::string("a\r\nX: 1"), std::string(), std::string(4000, 'x')}) {
    http_.answer({200, {}, token});
    EXPECT_EQ(metadata->region(Deadline::never(), {}).error().code, Errc::unavailable);
  }
  http_.answer({200, {}, "SESSION"});
  http_.answer({200, {}, "evil.example/"});
  EXPECT_FALSE(metadata->region(Deadline::never(), {}));
  http_.answer({200, {}, "SESSION"});
  http_.answer({200, {}, "eu-west-1\n"});
  EXPECT_EQ(*metadata->region(Deadline::never(), {}), Region("eu-west-1"));
}

}  // namespace
}  // namespace cordon
