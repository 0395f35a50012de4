#include "aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <type_traits>

#include "aws/aws_test_oracle.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"

namespace cordon {
namespace {

using testing::HasSubstr;
namespace json = boost::json;

SystemTime at(std::string_view rfc3339) { return *parse_rfc3339(rfc3339); }

AwsCredentials keys(std::string_view token = "") {
  return {"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"), Secret(token), std::nullopt, "test"};
}

SignableRequest get(std::string path) {
  return {"GET", "bucket.s3.eu-west-1.amazonaws.com", std::move(path), {}, {}, hex(sha256(""))};
}

TEST(SigV4, SignsAnS3PathAsItStands) {
  const std::string canonical = canonical_request(get("/x/../y//./%2B"), SigningForm::s3);

  EXPECT_THAT(canonical, HasSubstr("GET\n/x/../y//./%2B\n"));
}

TEST(SigV4, NormalisesAndEncodesTheGeneralPathAgain) {
  const std::pair<const char*, const char*> kPaths[] = {
      {"", "/"},         {"/", "/"},         {"/x/../y//./%2B", "/y/%252B"},
      {"/../..", "/"},   {"/a/b/", "/a/b/"}, {"//a//", "/a/"},
      {"/a/b/..", "/a"},
  };
  for (const auto& [path, signed_path] : kPaths) {
    SCOPED_TRACE(path);
    EXPECT_THAT(canonical_request(get(path), SigningForm::general),
                HasSubstr("GET\n" + std::string(signed_path) + "\n"));
  }
}

TEST(SigV4, SortsTheQueryByEncodedNameThenValue) {
  EXPECT_EQ(canonical_query({{"a-b", ""}, {"a", "2"}, {"a", "1"}, {"B", " "}, {"ü", "+"}}),
            "%C3%BC=%2B&B=%20&a=1&a=2&a-b=");
}

TEST(SigV4, TrimsHeaderValuesAndMergesRepeatedOnes) {
  SignableRequest request = get("/");
  request.headers = {{"X-Amz-Meta-A", "  a \t b "}, {"x-amz-meta-a", "c"}, {"User-Agent", "me"}};

  const std::string canonical = canonical_request(request, SigningForm::s3);

  EXPECT_THAT(canonical, HasSubstr("\nx-amz-meta-a:a b,c\n"));
  EXPECT_EQ(signed_header_names(request), "host;x-amz-meta-a");
}

TEST(SigV4, SignsTheSessionTokenAndReplacesWhatAnEarlierAttemptAdded) {
  SignableRequest request = get("/key");
  const SigningScope scope{at("2026-11-22T15:50:33Z"), "eu-west-1", "s3", SigningForm::s3};

  sign(request, keys("token"), scope);
  const Headers once = request.headers;
  sign(request, keys("token"), scope);

  EXPECT_EQ(request.headers, once);
  EXPECT_EQ(request.headers.get("x-amz-security-token"), "token");
  EXPECT_THAT(
      std::string(*request.headers.get("authorization")),
      HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
}

TEST(SigV4, DropsTheTokenOfCredentialsThatHaveNone) {
  SignableRequest request = get("/key");
  const SigningScope scope{at("2026-11-22T15:50:33Z"), "eu-west-1", "s3", SigningForm::s3};

  sign(request, keys("token"), scope);
  sign(request, keys(), scope);

  EXPECT_FALSE(request.headers.has("x-amz-security-token"));
}

TEST(SigV4, ASecretCannotBeLogged) {
  static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  Secret moved_from("secret");
  const Secret secret = std::move(moved_from);

  EXPECT_EQ(secret.reveal(), "secret");
  EXPECT_TRUE(moved_from.empty());  // NOLINT: the point of the test
}

std::string text(const json::value& object, const char* name) {
  return json::value_to<std::string>(object.at(name));
}

QueryParameters pairs(const json::value& list) {
  QueryParameters out;
  for (const json::value& pair : list.as_array()) {
    out.emplace_back(json::value_to<std::string>(pair.at(0)),
                     json::value_to<std::string>(pair.at(1)));
  }
  return out;
}

SignableRequest request_of(const json::value& example) {
  SignableRequest request{text(example, "method"),
                          text(example, "host"),
                          percent_encode(text(example, "rawPath"), true),
                          pairs(example.at("query")),
                          {},
                          text(example, "payloadHash")};
  for (auto& [name, value] : pairs(example.at("headers"))) request.headers.add(name, value);
  return request;
}

SystemTime time_of(std::string basic) {  // 20261122T155033Z
  basic.insert(13, ":").insert(11, ":").insert(6, "-").insert(4, "-");
  return at(basic);
}

void agrees_with(const json::value& example) {
  const bool s3 = text(example, "form") == "s3";
  const SigningScope scope{time_of(text(example, "time")), text(example, "region"),
                           s3 ? "s3" : "sqs", s3 ? SigningForm::s3 : SigningForm::general};
  const AwsCredentials credentials{text(example, "accessKeyId"), Secret(text(example, "secret")),
                                   Secret(text(example, "token")), std::nullopt, "test"};
  SignableRequest request = request_of(example);
  ASSERT_EQ(request.path, text(example, "path"));
  sign(request, credentials, scope);
  EXPECT_EQ(canonical_request(request, scope.form), text(example, "canonical"));
  EXPECT_EQ(request.headers.get("authorization"), text(example, "authorization"));
}

TEST(SigV4Property, AgreesWithBotocoreOnHostileRequests) {
  const OracleOutput oracle = run_oracle("sigv4_oracle.py 3000 20261122");
  if (oracle.is_missing()) {
    GTEST_SKIP() << "the oracle cannot run: install python3-botocore. " << oracle.text;
  }
  ASSERT_EQ(oracle.exit_code, 0) << oracle.text;

  std::size_t cases = 0;
  for (std::string_view rest = oracle.text; !rest.empty(); ++cases) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    SCOPED_TRACE(std::string(line));
    agrees_with(json::parse({line.data(), line.size()}));
    if (testing::Test::HasFailure()) return;  // One request is enough to look at.
  }
  EXPECT_EQ(cases, 3000U);
}

}  // namespace
}  // namespace cordon
