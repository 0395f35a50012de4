#include "console/client_address.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

std::string address_of(const std::vector<std::string>& forwarded, std::size_t proxies) {
  ServerRequest request{.peer = "192.0.2.1:4711"};
  for (const std::string& one : forwarded) request.headers.add("X-Forwarded-For", one);
  return client_address(request, proxies);
}

TEST(ClientAddress, IsTheOtherEndWhereThereIsNoProxy) {
  EXPECT_EQ(address_of({}, 0), "192.0.2.1");
  EXPECT_EQ(address_of({"198.51.100.7"}, 0), "192.0.2.1") << "anybody can write it";
  EXPECT_EQ(client_address({.peer = "[::1]:5"}, 0), "::1");
}

TEST(ClientAddress, IsWhatTheOutermostProxyOfOursSaw) {
  EXPECT_EQ(address_of({"198.51.100.7"}, 1), "198.51.100.7");
  EXPECT_EQ(address_of({"6.6.6.6, 198.51.100.7"}, 1), "198.51.100.7") << "the rest is the client's";
  EXPECT_EQ(address_of({"6.6.6.6, 198.51.100.7, 10.0.0.1"}, 2), "198.51.100.7");
  EXPECT_EQ(address_of({"6.6.6.6", "198.51.100.7"}, 1), "198.51.100.7");
}

TEST(ClientAddress, HasNoPort) {
  EXPECT_EQ(address_of({"198.51.100.7:4711"}, 1), "198.51.100.7");
  EXPECT_EQ(address_of({"[2001:db8::1]:4711"}, 1), "2001:db8::1");
  EXPECT_EQ(address_of({"2001:db8::1"}, 1), "2001:db8::1");
  EXPECT_LE(address_of({std::string(5'000, 'x')}, 1).size(), 64U);
  EXPECT_EQ(address_of({"["}, 1), "");
}

TEST(ClientAddress, IsTheOtherEndWhereTheProxySaysNothing) {
  EXPECT_EQ(address_of({}, 1), "192.0.2.1");
  EXPECT_EQ(address_of({""}, 1), "192.0.2.1");
  EXPECT_EQ(address_of({"198.51.100.7"}, 2), "192.0.2.1");
}

}  // namespace
}  // namespace cordon
