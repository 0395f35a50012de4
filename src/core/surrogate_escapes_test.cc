#include "core/surrogate_escapes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

TEST(SurrogateEscapes, HalfAPairBecomesBytesThatAreNoUtf8) {
  EXPECT_EQ(surrogates_as_bytes(R"({"k":"a\ud800b"})"),
            "{\"k\":\"a\xED\xA0\x80"
            "b\"}");
  EXPECT_EQ(surrogates_as_bytes(R"("\uDFFF")"), "\"\xED\xBF\xBF\"");
  EXPECT_EQ(surrogates_as_bytes(R"("\ud800\ud83d\ude00")"), "\"\xED\xA0\x80\\ud83d\\ude00\"");
  EXPECT_EQ(surrogates_as_bytes(R"("\ude00\ud83d")"), "\"\xED\xB8\x80\xED\xA0\xBD\"");
  EXPECT_FALSE(is_utf8(surrogates_as_bytes(R"("\udbff")")));
}

TEST(SurrogateEscapes, AllElseStays) {
  for (const char* text : {"", "\\", "\\u", R"("\ud83d\ude00")", R"("\\ud800")", R"("\\\\ud800")",
                           R"("\u00e9\n\"")", R"("\ud8")", R"("\ud80g")", R"("\u-800")",
                           "\"\xC3\xA9\"", "\"\xEE\x80\x80\"", "\"\xED\x9F\xBF\""}) {
    EXPECT_EQ(surrogates_as_bytes(text), text);
    EXPECT_EQ(surrogates_as_escapes(text), text);
  }
  EXPECT_EQ(surrogates_as_bytes(R"("\\\ud800")"), "\"\\\\\xED\xA0\x80\"");
}

TEST(SurrogateEscapes, AreSpelledInSmallLetters) {
  EXPECT_EQ(surrogates_as_escapes("\xED\xA0\x80\xED\xBF\xBF"), "\\ud800\\udfff");
}

RC_GTEST_PROP(SurrogateEscapes, GoBothWays, ()) {
  const auto piece = rc::gen::elementOf(std::vector<std::string>{
      "\\ud800", "\\udfff", "\\ud83d\\ude00", "\\\\", "\\u0041", "ud800", "\xC3\xA9", "\\n"});
  std::string text;
  for (const std::string& next : *rc::gen::container<std::vector<std::string>>(piece)) text += next;
  RC_ASSERT(surrogates_as_escapes(surrogates_as_bytes(text)) == text);
}

}  // namespace
}  // namespace cordon
