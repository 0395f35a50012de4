#include "aws/credentials_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aws/aws_test_files.h"
#include "aws/credentials_environment.h"
#include "aws/credentials_process.h"
#include "base/text.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAssumed =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>rs</SecretAccessKey>"
    "<SessionToken>rt</SessionToken><Expiration>2026-11-22T16:50:33Z</Expiration></Credentials>"
    "</AssumeRoleResult></AssumeRoleResponse>";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Says which key signed, then lets the fake answer.
class SignedSts final : public ServiceClient {
 public:
  SignedSts(FakeServiceClient& fake, CredentialsProvider* signer, std::vector<std::string>& signers)
      : fake_(fake), signer_(signer), signers_(signers) {}
  const Region& region() const override { return fake_.region(); }
  Result<HttpResponse> call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                            const BodyReceiver* receiver) override {
    signers_.push_back(signer_ == nullptr ? "unsigned"
                                          : signer_->get(deadline, stop)->access_key_id);
    return fake_.call(call, deadline, std::move(stop), receiver);
  }

 private:
  FakeServiceClient& fake_;
  CredentialsProvider* signer_;
  std::vector<std::string>& signers_;
};

class NoSource final : public CredentialsSource {
 public:
  std::string name() const override { return "none"; }
  Result<Finding> find(Deadline, std::stop_token) override {
    return Finding{std::nullopt, "not here"};
  }
};

class ProfileCredentialsTest : public testing::Test {
 protected:
  StsClientFactory factory() {
    return [this](CredentialsProvider* signer) {
      return std::make_unique<SignedSts>(sts_, signer, signers_);
    };
  }

  Result<CredentialsSource::Finding> find(std::string_view config, std::string profile = "default",
                                          std::map<std::string, std::string> variables = {}) {
    const Environment environment = files_.environment(config, "", std::move(variables));
    EnvironmentCredentials from_environment(environment);
    ProfileCredentials source(
        {environment, factory(), from_environment, nothing_, nothing_, clock_}, std::move(profile));
    return source.find(Deadline::never(), {});
  }

  std::string why(std::string_view config) {
    const auto found = find(config);
    return found ? "no error" : found.error().what;
  }

  TestFiles files_;
  SimulatedClock clock_;
  FakeServiceClient sts_;
  NoSource nothing_;
  std::vector<std::string> signers_;
};

TEST_F(ProfileCredentialsTest, ReadsKeysOfTheProfile) {
  const auto found = find(
      "[profile p]\naws_access_key_id = AKIA\naws_secret_access_key = "
      "s\naws_session_token = t\n",
      "p");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->access_key_id, "AKIA");
  EXPECT_EQ(found->credentials->session_token.reveal(), "t");
  EXPECT_EQ(found->credentials->source, "profile p");
}

TEST_F(ProfileCredentialsTest, TakesOnARoleThroughAChainOfProfiles) {
  sts_.will_answer(200, {}, replaced(kAssumed, "ASIAROLE", "ASIAMIDDLE"));
  sts_.will_answer(200, {}, kAssumed);

  const auto found = find(
      "[default]\nrole_arn = arn:aws:iam::1:role/last\nsource_profile = middle\n"
      "role_session_name = me\nexternal_id = a&b\nduration_seconds = 900\n"
      "[profile middle]\nrole_arn = arn:aws:iam::1:role/middle\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->access_key_id, "ASIAROLE");
  EXPECT_EQ(found->credentials->source, "profile default, role arn:aws:iam::1:role/last");
  EXPECT_EQ(found->credentials->expires, *parse_rfc3339("2026-11-22T16:50:33Z"));
  EXPECT_THAT(signers_, ElementsAre("AKIABASE", "ASIAMIDDLE"));
  EXPECT_EQ(sts_.last_call().body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Flast"
            "&RoleSessionName=me&DurationSeconds=900&ExternalId=a%26b");
  EXPECT_THAT(sts_.calls()[0].body, HasSubstr("RoleSessionName=cordon-1795362633"));
}

TEST_F(ProfileCredentialsTest, AProfileMayCarryTheKeysForItsOwnRole) {
  sts_.will_answer(200, {}, kAssumed);

  EXPECT_TRUE(
      find("[default]\nrole_arn = arn:r\nsource_profile = default\n"
           "aws_access_key_id = AKIAOWN\naws_secret_access_key = s\n"));
  EXPECT_THAT(signers_, ElementsAre("AKIAOWN"));
}

TEST_F(ProfileCredentialsTest, ARoleMayStartFromTheEnvironment) {
  sts_.will_answer(200, {}, kAssumed);

  EXPECT_TRUE(find("[default]\nrole_arn = arn:r\ncredential_source = Environment\n", "default",
                   {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}}));
  EXPECT_THAT(signers_, ElementsAre("AKIAENV"));
}

TEST_F(ProfileCredentialsTest, AWebIdentityIsNotSignedAndItsTokenReadAnew) {
  const std::string kReply = replaced(kAssumed, "AssumeRole", "AssumeRoleWithWebIdentity");
  sts_.will_answer(200, {}, kReply);
  sts_.will_answer(200, {}, kReply);
  files_.write("token", "first\n");
  const std::string config =
      "[default]\nrole_arn = arn:r\nweb_identity_token_file = " + files_.path("token") + "\n";

  ASSERT_TRUE(find(config));
  files_.write("token", "second");
  ASSERT_TRUE(find(config));

  EXPECT_THAT(signers_, ElementsAre("unsigned", "unsigned"));
  EXPECT_THAT(sts_.calls()[0].body, HasSubstr("WebIdentityToken=first"));
  EXPECT_THAT(sts_.calls()[1].body, HasSubstr("WebIdentityToken=second"));
}

TEST_F(ProfileCredentialsTest, ThePodsWebIdentityComesFromTheEnvironment) {
  sts_.will_answer(200, {}, replaced(kAssumed, "AssumeRole", "AssumeRoleWithWebIdentity"));
  files_.write("token", "jwt");
  const Environment environment({{"AWS_ROLE_ARN", "arn:r"},
                                 {"AWS_ROLE_SESSION_NAME", "pod"},
                                 {"AWS_WEB_IDENTITY_TOKEN_FILE", files_.path("token")}});
  const Environment half({{"AWS_WEB_IDENTITY_TOKEN_FILE", files_.path("token")}});
  const Environment lost({{"AWS_ROLE_ARN", "arn:r"}, {"AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"}});

  const auto found =
      WebIdentityCredentials(environment, factory(), clock_).find(Deadline::never(), {});

  ASSERT_TRUE(found);
  EXPECT_EQ(found->credentials->source, "web identity, role arn:r");
  EXPECT_THAT(sts_.last_call().body, HasSubstr("RoleSessionName=pod"));
  EXPECT_FALSE(WebIdentityCredentials(half, factory(), clock_).find(Deadline::never(), {}));
  EXPECT_FALSE(WebIdentityCredentials(lost, factory(), clock_).find(Deadline::never(), {}));
}

TEST_F(ProfileCredentialsTest, ContradictionsAreNamed) {
  const std::pair<const char*, const char*> kRows[] = {
      {"[default]\nrole_arn = arn:r\n", "either source_profile or credential_source"},
      {"[default]\nrole_arn = arn:r\nsource_profile = x\ncredential_source = Environment\n",
       "either source_profile or credential_source"},
      {"[default]\nrole_arn = arn:r\nsource_profile = x\n",
       "source_profile x gives no credentials"},
      {"[default]\nrole_arn = arn:r\ncredential_source = Moon\n", "credential_source must be"},
      {"[default]\nrole_arn = arn:r\ncredential_source = EcsContainer\n", "not here"},
      {"[default]\nrole_arn = arn:r\nsource_profile = x\nmfa_serial = m\n", "mfa_serial"},
      {"[default]\nrole_arn = arn:r\nsource_profile = x\nduration_seconds = 5\n", "900 to 43200"},
      {"[default]\naws_access_key_id = A\n", "without aws_secret_access_key"},
      {"[default]\naws_secret_access_key = hunter2\n", "without aws_access_key_id"},
      {"[default]\nsso_session = s\n", "credential_process = aws configure"},
      {"[default]\nlogin_session = arn:aws:iam::111122223333:user/u\n",
       "credential_process = aws configure export-credentials --format process --profile default"},
      {"[default]\nrole_arn = arn:r\nsource_profile = me\n[profile me]\nlogin_session = arn:u\n",
       "--profile me into another profile"},
      {"[default]\nrole_arn = arn:r\nsource_profile = a\n"
       "[profile a]\nrole_arn = arn:r\nsource_profile = default\n",
       "comes back to it"},
  };
  for (const auto& [config, reason] : kRows) {
    SCOPED_TRACE(config);
    EXPECT_THAT(why(config), HasSubstr(reason));
    EXPECT_THAT(why(config), Not(HasSubstr("hunter2")));
  }
}

TEST_F(ProfileCredentialsTest, AnUnusableReplyOfStsIsNoCredentials) {
  const std::string kReplies[] = {"", "<html/>", replaced(kAssumed, "ASIAROLE", ""),
                                  replaced(kAssumed, "2026-", "soon"),
                                  replaced(kAssumed, "<SessionToken>rt</SessionToken>", "")};
  for (const std::string& reply : kReplies) {
    SCOPED_TRACE(reply);
    sts_.will_answer(200, {}, reply);
    EXPECT_FALSE(
        find("[default]\nrole_arn = arn:r\nsource_profile = default\n"
             "aws_access_key_id = A\naws_secret_access_key = s\n"));
  }
}

TEST_F(ProfileCredentialsTest, AProfileWithoutCredentialsDoesNotApply) {
  EXPECT_FALSE(find("[default]\nregion = eu-west-1\n")->credentials);
  EXPECT_FALSE(find("")->credentials);
}

TEST_F(ProfileCredentialsTest, RunsACredentialProcess) {
  files_.write("answer", R"({"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"s",)"
                         R"("SessionToken":"t","Expiration":"2026-11-22T16:50:33Z"})");

  const auto found =
      find("[default]\ncredential_process = cat '" + files_.path("answer") + "'; echo noise >&2\n");

  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->credentials->access_key_id, "AKIAPROC");
}

class CredentialProcessTest : public testing::Test {
 protected:
  Error failure(const std::string& command, Deadline deadline = Deadline::never(),
                std::stop_token stop = {}) {
    const auto found = run_credential_process(command, "profile p", clock_, deadline, stop);
    return found ? Error{Errc::invalid, "no error"} : found.error();
  }

  RealClock clock_;
};

TEST_F(CredentialProcessTest, ItsComplaintIsShownAndItsOutputIsNot) {
  const Error error = failure("echo hunter2; echo 'no such account' >&2; exit 3");

  EXPECT_EQ(error.code, Errc::denied);
  EXPECT_EQ(error.cause, ErrorCause::credentials);
  EXPECT_THAT(error.what, HasSubstr("exit code 3: no such account"));
  EXPECT_THAT(error.what, Not(HasSubstr("hunter2")));
}

TEST_F(CredentialProcessTest, RefusesWhatIsNotItsFormat) {
  EXPECT_EQ(failure("true").code, Errc::unavailable);
  EXPECT_THAT(failure("echo '{\"Version\":2}'").what, HasSubstr("version 1"));
  EXPECT_THAT(failure("head -c 200000 /dev/zero").what, HasSubstr("more than 64 KiB"));
  EXPECT_EQ(failure("kill -9 $$").code, Errc::denied);
}

TEST_F(CredentialProcessTest, IsKilledWhenTheDeadlinePassesOrAStopComes) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  EXPECT_EQ(failure("sleep 1000", Deadline::after(clock_, std::chrono::milliseconds(50))).code,
            Errc::timeout);
  EXPECT_EQ(failure("sleep 1000", Deadline::never(), stop.get_token()).code, Errc::cancelled);
}

TEST_F(CredentialProcessTest, DoesNotWaitForWhatTheProcessLeavesBehind) {
  const std::string kDocument = R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"})";

  EXPECT_TRUE(run_credential_process("sleep 1000 & echo '" + kDocument + "'", "profile p", clock_,
                                     Deadline::never(), {}));
}

TEST_F(CredentialProcessTest, InheritsNoDescriptor) {
  EXPECT_THAT(failure("ls /proc/self/fd | tr '\\n' ' ' >&2; exit 1").what,
              HasSubstr(": 0 1 2 3"));  // 3 is ls reading the directory.
}

}  // namespace
}  // namespace cordon
