#include "net/host_port.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(HostPort, TakesNamesAddressesAndBrackets) {
  const HostPort four = parse_host_port("127.0.0.1:9464").value();
  EXPECT_EQ(four.host, "127.0.0.1");
  EXPECT_EQ(four.port, 9464);
  EXPECT_EQ(parse_host_port("[::1]:80").value().host, "::1");
  EXPECT_EQ(parse_host_port("localhost:0").value().port, 0);
}

TEST(HostPort, KnowsWhatStaysOnThisMachine) {
  for (const char* here : {"localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]"}) {
    EXPECT_TRUE(is_loopback(here)) << here;
  }
  for (const char* elsewhere : {"", "0.0.0.0", "::", "[::]", "10.0.0.1", "127.example.org",
                                "localhost.example.org", "s3.localhost", "[::2]", "1127.0.0.1"}) {
    EXPECT_FALSE(is_loopback(elsewhere)) << elsewhere;
  }
}

TEST(HostPort, RefusesEverythingElse) {
  for (const char* wrong : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "h:-1"}) {
    EXPECT_EQ(parse_host_port(wrong).error().code, Errc::invalid) << wrong;
  }
}

}  // namespace
}  // namespace cordon
