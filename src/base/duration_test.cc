#include "base/duration.h"

#include <gtest/gtest.h>

#include <string>

namespace cordon {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, TakesWhatPeopleWrite) {
  const std::pair<const char*, long> kSpans[] = {{"0", 0},        {"30", 30'000},
                                                 {"30s", 30'000}, {"500ms", 500},
                                                 {"5m", 300'000}, {"168h", 604'800'000}};
  for (const auto& [text, millis] : kSpans) {
    SCOPED_TRACE(text);
    const auto span = parse_duration(text);
    ASSERT_TRUE(span);
    EXPECT_EQ(*span, milliseconds(millis));
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "-1s", "+1s", "1.5s", "1 s", "1d", "30S", "1s2", "169h",
                           "18446744073709551615h", "99999999999999999999"}) {
    SCOPED_TRACE(text);
    ASSERT_FALSE(parse_duration(text));
    EXPECT_EQ(parse_duration(text).error().code, Errc::invalid);
  }
}

}  // namespace
}  // namespace cordon
