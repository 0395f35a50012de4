#include "net/request_check.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(OriginTest, IsSchemeHostAndPortInLowerCase) {
  const std::pair<const char*, const char*> kOrigins[] = {
      {"http://example.com", "http://example.com"},
      {"HTTPS://Example.COM:8443/a/B?c=D", "https://example.com:8443"},
      {"http://[::1]:80/x", "http://[::1]:80"},
      {"http://h?q=http://other", "http://h"},
      {"http://h/a:b@c", "http://h"},
  };
  for (const auto& [url, origin] : kOrigins) {
    SCOPED_TRACE(url);

    auto found = origin_of(url);

    ASSERT_TRUE(found);
    EXPECT_EQ(*found, origin);
  }
}

TEST(OriginTest, RefusesWhatWouldBeSentDifferentlyOrElsewhere) {
  const std::string kBad[] = {
      "",
      "example.com/x",
      "ftp://example.com/",
      "file:///etc/passwd",
      "http://",
      "http:///path",
      "http://:80/",
      "http://user:secret@example.com/",
      "http://example.com/a#b",
      "http://example.com/a b",
      "http://example.com/a\r\nX-Forged: 1",
      std::string("http://example.com/a\0b", 22),
      "http://example.com/\xC3\xBC",
      "http://example.com\\@evil.example/",
  };
  for (const std::string& url : kBad) {
    SCOPED_TRACE(url);

    auto found = origin_of(url);

    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::invalid);
  }
}

TEST(RequestCheckTest, RefusesForgedFieldsAndMethods) {
  const std::pair<std::string, Headers> kBad[] = {
      {"GET\r\nX: y", {}},
      {"", {}},
      {"GET", {{"X", "a\r\nForged: 1"}}},
      {"GET", {{"X", "a\nb"}}},
      {"GET", {{"X", std::string("a\0b", 3)}}},
      {"GET", {{"X\r\nForged", "1"}}},
      {"GET", {{"X Y", "1"}}},
      {"GET", {{"", "1"}}},
      {"PUT", {{"content-LENGTH", "5"}}},
      {"PUT", {{"Transfer-Encoding", "chunked"}}},
  };
  for (const auto& [method, headers] : kBad) {
    SCOPED_TRACE(method);

    auto checked = check_request(method, headers);

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Errc::invalid);
  }
  EXPECT_TRUE(check_request("M-SEARCH", {{"x-amz-meta-a", "\xC3\xBC\tb"}}));
}

}  // namespace
}  // namespace cordon
