#include "core/verdict_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

VerdictPolicy of(const std::string& code) { return VerdictPolicy::parse(code).value(); }

TEST(VerdictPolicy, IsTheRulesAndTheLettersOfWhatIsLet) {
  VerdictPolicy policy;
  EXPECT_EQ(policy.code(), "1");

  policy.add(Leniency::macros);
  policy.add(Leniency::noise);
  policy.add(Leniency::macros);

  EXPECT_EQ(policy.code(), "1no");
  EXPECT_EQ(of("1no"), policy);
}

TEST(VerdictPolicy, HasExactlyOneForm) {
  for (const char* code : {"", "n", "01", "0", "1000", "1N", "1on", "1nn", "1 n", "1-n", "-1"}) {
    EXPECT_FALSE(VerdictPolicy::parse(code)) << code;
  }
  EXPECT_EQ(of("999abcdefghijklmnopqrstuvwxyz").code(), "999abcdefghijklmnopqrstuvwxyz");
}

TEST(VerdictPolicy, LetsLessWhenItIsStricter) {
  const struct {
    const char* made;
    const char* asked;
    bool is_as_strict;
  } kCases[] = {
      {"1", "1", true},    {"1", "1n", true},    {"1n", "1", false},  {"1n", "1n", true},
      {"1n", "1no", true}, {"1no", "1n", false}, {"1a", "1n", false}, {"2", "1", true},
      {"1", "2", false},   {"1", "2n", false},   {"2n", "1", false},  {"1z", "1no", false},
      {"10", "9", true},   {"9", "10", false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(of(c.made).is_as_strict_as(of(c.asked)), c.is_as_strict) << c.made << " " << c.asked;
  }
}

RC_GTEST_PROP(VerdictPolicyProperties, AnyTextIsAPolicyOrAnError, (const std::string& text)) {
  const auto policy = VerdictPolicy::parse(text);
  if (policy) RC_ASSERT(policy->code() == text);
}

}  // namespace
}  // namespace cordon
