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

TEST(HostPort, RefusesEverythingElse) {
  for (const char* wrong : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "h:-1"}) {
    EXPECT_EQ(parse_host_port(wrong).error().code, Errc::invalid) << wrong;
  }
}

}  // namespace
}  // namespace cordon
