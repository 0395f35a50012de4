#include "net/http.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(HeadersTest, FindsAFieldWithoutRegardToCase) {
  const Headers headers{{"ETag", "\"1\""}, {"etag", "\"2\""}};

  EXPECT_EQ(headers.get("ETAG"), "\"1\"");
  EXPECT_FALSE(headers.has("ETag2"));
}

TEST(HeadersTest, SetReplacesEveryFieldOfThatName) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"a", "3"}};

  headers.set("a", "4");

  const Headers expected{{"b", "2"}, {"a", "4"}};
  EXPECT_EQ(headers, expected);
}

}  // namespace
}  // namespace cordon
