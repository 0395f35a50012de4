#include <gtest/gtest.h>

#include "net/http_client.h"

namespace cordon {
namespace {

HttpClientOptions options_of(std::map<std::string, std::string> variables) {
  return http_client_options(Environment(std::move(variables))).value();
}

TEST(HttpClientOptionsTest, UsesNoProxyAndTheSystemsRootsByDefault) {
  const HttpClientOptions options = options_of({});

  EXPECT_EQ(options.https_proxy, std::nullopt);
  EXPECT_EQ(options.http_proxy, std::nullopt);
  EXPECT_EQ(options.no_proxy, std::nullopt);
  EXPECT_EQ(options.ca_bundle, std::nullopt);
}

TEST(HttpClientOptionsTest, TakesProxiesInEitherCaseTheLowerFirst) {
  EXPECT_EQ(options_of({{"HTTPS_PROXY", "http://p:1"}}).https_proxy, "http://p:1");
  EXPECT_EQ(options_of({{"HTTP_PROXY", "http://p:2"}}).http_proxy, "http://p:2");
  EXPECT_EQ(options_of({{"HTTP_PROXY", "http://p:2"}, {"http_proxy", "http://q:3"}}).http_proxy,
            "http://q:3");
  EXPECT_EQ(options_of({{"https_proxy", ""}}).https_proxy, std::nullopt);
}

TEST(HttpClientOptionsTest, NeverSendsMetadataRequestsThroughAProxy) {
  const auto options = options_of({{"https_proxy", "http://p:1"}, {"NO_PROXY", "corp.example"}});

  ASSERT_TRUE(options.no_proxy);
  EXPECT_NE(options.no_proxy->find("169.254.169.254"), std::string::npos);
  EXPECT_NE(options.no_proxy->find("127.0.0.1"), std::string::npos);
  EXPECT_TRUE(options.no_proxy->ends_with(",corp.example"));
  EXPECT_EQ(options_of({{"https_proxy", "http://p:1"}, {"no_proxy", "*"}}).no_proxy, "*");
}

TEST(HttpClientOptionsTest, PrefersTheCaBundleOfAws) {
  EXPECT_EQ(options_of({{"SSL_CERT_FILE", "/b"}}).ca_bundle, "/b");
  EXPECT_EQ(options_of({{"SSL_CERT_FILE", "/b"}, {"AWS_CA_BUNDLE", "/a"}}).ca_bundle, "/a");
}

TEST(HttpClientOptionsTest, ABundleThatIsSetToNothingIsAMistake) {
  for (const auto& more : {std::map<std::string, std::string>{}, {{"SSL_CERT_FILE", "/b"}}}) {
    std::map<std::string, std::string> variables = more;
    variables["AWS_CA_BUNDLE"] = "";

    const auto options = http_client_options(Environment(variables));

    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().cause, ErrorCause::usage);
    EXPECT_NE(options.error().what.find("AWS_CA_BUNDLE"), std::string::npos);
  }
}

}  // namespace
}  // namespace cordon
