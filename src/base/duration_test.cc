#include "base/duration.h"

#include <gtest/gtest.h>

#include <string>

namespace cordon {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, TakesWhatPeopleWrite) {
  const std::pair<const char*, long> kSpans[] = {
      {"0", 0},        {"30", 30'000},        {"30s", 30'000},    {"500ms", 500},
      {"5m", 300'000}, {"168h", 604'800'000}, {"7d", 604'800'000}};
  for (const auto& [text, millis] : kSpans) {
    SCOPED_TRACE(text);
    const auto span = parse_duration(text);
    ASSERT_TRUE(span);
    EXPECT_EQ(*span, milliseconds(millis));
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "-1s", "+1s", "1.5s", "1 s", "8d", "1w", "30S", "1s2", "169h",
                           "18446744073709551615h", "99999999999999999999"}) {
    SCOPED_TRACE(text);
    ASSERT_FALSE(parse_duration(text));
    EXPECT_EQ(parse_duration(text).error().code, Errc::invalid);
  }
}

TEST(ParseDuration, MayBeLongerWhereThatIsSaid) {
  EXPECT_EQ(parse_duration("30d", std::chrono::hours(24 * 30)).value(), std::chrono::hours(720));
  const auto refused = parse_duration("31d", std::chrono::hours(24 * 30));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "a time span here is at most 30 days (720h)");
}

}  // namespace
}  // namespace cordon
