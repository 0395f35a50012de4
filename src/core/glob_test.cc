#include "core/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace cordon {
namespace {

TEST(Glob, MatchesKeys) {
  const struct {
    const char* pattern;
    const char* key;
    bool matches;
  } kCases[] = {
      {"**", "a", true},
      {"**", "a/b/c", true},
      {"*", "a", true},
      {"*", "a/b", false},
      {"*.pdf", "x.pdf", true},
      {"*.pdf", "x.PDF", false},
      {"*.pdf", "in/x.pdf", false},
      {"**.pdf", "in/x.pdf", true},
      {"**/*.pdf", "in/deep/x.pdf", true},
      {"**/*.pdf", "x.pdf", true},
      {"**/x", "ax", false},
      {"in/**", "in/a/b", true},
      {"in/**", "in/", true},
      {"in/**", "in", false},
      {"in/**/x", "in/x", true},
      {"in/**/x", "in/a/b/x", true},
      {"in/**/x", "in/ax", false},
      {"a?c", "abc", true},
      {"a?c", "aüc", true},
      {"a?c", "a😀c", true},
      {"a?c", "a/c", false},
      {"a?c", "ac", false},
      {"a*c", "ac", true},
      {"a*c", "a/c", false},
      {"a**c", "a/b/c", true},
      {"[ab]", "[ab]", true},
      {"[ab]", "a", false},
      {"a.c", "abc", false},
      {"", "", true},
      {"", "a", false},
      {"ünï", "ünï", true},
      {"a\\*", "a\\b", true},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(std::string(c.pattern) + " on " + c.key);
    EXPECT_EQ(glob_matches(c.pattern, c.key), c.matches);
  }
}

TEST(Glob, IsNotLedIntoEndlessWork) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "**a*";

  EXPECT_FALSE(glob_matches(pattern + "b", std::string(1024, 'a')));
}

TEST(Glob, TakesBrokenTextAsItComes) {
  EXPECT_TRUE(glob_matches("a?b",
                           "a\xff"
                           "b"));
  EXPECT_FALSE(glob_matches("\xc3", "a"));
}

}  // namespace
}  // namespace cordon
