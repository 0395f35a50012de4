#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "testing/tls_peer.h"

namespace cordon {
namespace {

using testing::HasSubstr;

Result<HttpResponse> get(HttpClient& client, const TlsPeer& peer) {
  const RealClock clock;
  return client.fetch({.url = "https://127.0.0.1:" + std::to_string(peer.port()) + "/"},
                      Deadline::after(clock, std::chrono::seconds(30)), {});
}

TEST(CurlTlsTest, TrustsTheCaBundleAndKeepsTheConnection) {
  const TlsPeer peer("127.0.0.1");
  const RealClock clock;
  const auto client = make_curl_client({.ca_bundle = peer.certificate_file()}, clock);

  auto first = get(*client, peer);
  auto second = get(*client, peer);

  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->body, "secure");
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(peer.handshakes(), 1);
}

TEST(CurlTlsTest, RefusesCertificatesThatProveNothing) {
  const TlsPeer known("127.0.0.1");
  const TlsPeer stranger("127.0.0.1");
  const TlsPeer misnamed("s3.example.com");
  const TlsPeer expired("127.0.0.1", -1);
  const RealClock clock;
  struct Row {
    const char* what;
    const TlsPeer& peer;
    std::optional<std::string> bundle;
  };
  const Row kRows[] = {
      {"self-signed, the system's roots", known, std::nullopt},
      {"signed by somebody else", stranger, known.certificate_file()},
      {"another name", misnamed, misnamed.certificate_file()},
      {"expired", expired, expired.certificate_file()},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const auto client = make_curl_client({.ca_bundle = row.bundle}, clock);

    auto response = get(*client, row.peer);

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable);
    EXPECT_THAT(response.error().what, HasSubstr("TLS: certificate not accepted"));
  }
}

}  // namespace
}  // namespace cordon
