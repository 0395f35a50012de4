#include "net/response_head.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(ResponseHeadTest, DecidesLengthAndConnectionItself) {
  const ServerResponse response{
      .status = 200,
      .headers = {{"Content-Length", "99"}, {"Transfer-Encoding", "chunked"}, {"X-A", "b"}},
      .body = "hello"};

  EXPECT_EQ(response_head(response, {}), "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(response_head(response, {.keep_alive = false}),
            "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response_head(response, {.http_1_0 = true}),
            "HTTP/1.0 200 OK\r\nX-A: b\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseHeadTest, AnnouncesNoLengthWhereThereIsNoBody) {
  EXPECT_EQ(response_head({.status = 204}, {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(response_head({.status = 304}, {}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(response_head({.status = 299}, {}),
            "HTTP/1.1 299 Unknown\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseHeadTest, KnowsWhatWouldForgeAField) {
  EXPECT_TRUE(is_sendable({.headers = {{"X-A", "b"}}}));
  EXPECT_FALSE(is_sendable({.headers = {{"X-A", "b\r\nSet-Cookie: c"}}}));
  EXPECT_FALSE(is_sendable({.headers = {{"X-A: b\r\nY", "c"}}}));
  EXPECT_FALSE(is_sendable({.status = 100}));
  EXPECT_FALSE(is_sendable({.status = -1}));
}

}  // namespace
}  // namespace cordon
