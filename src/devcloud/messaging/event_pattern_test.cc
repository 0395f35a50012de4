#include "devcloud/messaging/event_pattern.h"

#include <gtest/gtest.h>

namespace cordon::cloud {
namespace {

namespace json = boost::json;

struct Case {
  const char* pattern;
  const char* event;
  bool matches;
};

TEST(EventPattern, MatchesAsEventBridgeDoes) {
  const Case cases[] = {
      {R"({"source":["aws.s3"]})", R"({"source":"aws.s3"})", true},
      {R"({"source":["a","b"]})", R"({"source":"b"})", true},
      {R"({"source":["a"]})", R"({"source":"b"})", false},
      {R"({"source":["a"]})", R"({})", false},
      {R"({"d":{"b":{"n":["x"]}}})", R"({"d":{"b":{"n":"x","o":1}}})", true},
      {R"({"d":{"b":{"n":["x"]}}})", R"({"d":"b"})", false},
      {R"({"k":[{"prefix":"in/"}]})", R"({"k":"in/a"})", true},
      {R"({"k":[{"suffix":".pdf"}]})", R"({"k":"in/a"})", false},
      {R"({"k":[{"anything-but":["a","b"]}]})", R"({"k":"c"})", true},
      {R"({"k":[{"anything-but":["a","b"]}]})", R"({"k":"a"})", false},
      {R"({"k":[{"anything-but":{"prefix":"a"}}]})", R"({"k":"ab"})", false},
      {R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":5})", true},
      {R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":6})", false},
      {R"({"k":[{"exists":false}]})", R"({})", true},
      {R"({"k":[{"exists":false}]})", R"({"k":1})", false},
      {R"({"k":[{"exists":true}]})", R"({"k":null})", true},
      {R"({"d":{"k":[{"exists":false}]}})", R"({})", true},
      {R"({"k":["a"]})", R"({"k":["b","a"]})", true},
      {R"({"k":[{"wildcard":"a*c"}]})", R"({"k":"abbc"})", true},
      {R"({"k":[{"equals-ignore-case":"AbC"}]})", R"({"k":"aBc"})", true},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})", true},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":2})", false},
      {R"({"l":{"k":["b"]}})", R"({"l":[{"k":"a"},{"k":"b"}]})", true},
      {R"({"l":{"k":["c"]}})", R"({"l":[{"k":"a"},{"k":"b"}]})", false},
      {R"({"l":{"k":["b"]}})", R"({"l":["b"]})", false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.pattern) + " on " + one.event);
    const json::value pattern = json::parse(one.pattern);

    ASSERT_TRUE(check_pattern(pattern, "Invalid"));
    EXPECT_EQ(matches_pattern(pattern.as_object(), json::parse(one.event).as_object()),
              one.matches);
  }
}

TEST(EventPattern, WhatIsNoPatternIsRefused) {
  for (const char* text : {R"([])", R"({"a":"b"})", R"({"a":[]})", R"({"a":[{"unknown":"x"}]})",
                           R"({"a":[["x"]]})", R"({"a":[{"prefix":1}]})", R"({"$or":{}})"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(check_pattern(json::parse(text), "Invalid"));
  }
}

}  // namespace
}  // namespace cordon::cloud
