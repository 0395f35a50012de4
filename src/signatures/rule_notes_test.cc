#include "signatures/rule_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signatures/yara_rules.h"

namespace cordon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const YaraRule& rule : yara_rules(text)) names.push_back(rule.name);
  return names;
}

TEST(YaraRules, AreFoundWithTheirLinesAndFlags) {
  const auto rules = yara_rules(
      "import \"pe\"\n"
      "// rule in_a_comment { }\n"
      "/* rule in_another\n { } */\n"
      "rule one : tag { strings: $a = \"rule text { }\" condition: $a }\n"
      "global private rule two\n{\n condition: true }\n"
      "rule three { strings: $r = /rule four \\/ {2}/i nocase fullword\n"
      " $s = /x/s $h = { 72 75 6c 65 [2-4] ( 01 | 02 ) } $t = \"x\" wide condition: any of them }");

  EXPECT_THAT(
      rules,
      ElementsAre(YaraRule{.name = "one", .line = 5},
                  YaraRule{.name = "two", .line = 6, .is_global = true},
                  YaraRule{.name = "three", .line = 9, .regex_modifiers = {"nocase", "fullword"}}));
}

TEST(YaraRules, OfBrokenFilesAreReadAsFarAsTheyGo) {
  for (const std::string_view text :
       {"", "rule", "rule ", "/*", "\"", "rule a { strings: $a = /", "rule a { strings: $a = {",
        "rule a { strings: $a = \"\\", "= / =", "====", "$ = \"x\n rule"}) {
    SCOPED_TRACE(text);
    EXPECT_LE(names_in(text).size(), 1U);
  }
  EXPECT_THAT(names_in("rule a { strings: $a = \"never ends\n condition: $a }\nrule b { }"),
              ElementsAre("a", "b"));
  EXPECT_THAT(names_in("rule a { condition: 1 == 1 and filesize / 2 > 3 } rule b { }"),
              ElementsAre("a", "b"));
}

TEST(RuleNotes, NameWhatTheEngineDoesNotTakeUpOrCannotUse) {
  const std::vector<RuleFile> files = {
      {"own.yar",
       "rule good { strings: $a = \"abcdef\" condition: $a }\n"
       "rule unread { strings: $a = \"abcdef\" xor condition: $a }\n"
       "rule unused { condition: true }\n"
       "rule wide_regex { strings: $a = /abcdef/ wide condition: $a }\n"}};
  const LoadWords words{
      .yara_names = {{"YARA.good", 1}, {"YARA.unused", 1}, {"YARA.wide_regex", 1}},
      .lines = {"yyerror(): /sets/own.yar line 2 syntax error, unexpected _IDENTIFIER_",
                "load_oneyara: yara rule contains no supported strings, skipping YARA.unused",
                "load_oneyara[verify]: wide modifier [w] is not supported for regex subsigs",
                "load_oneyara: clamav cannot support 1 input strings, skipping YARA.wide_regex"}};

  EXPECT_THAT(rule_notes(files, words, 216),
              ElementsAre(AllOf(HasSubstr("own.yar: rule unread (line 2) is not in force"),
                                HasSubstr("line 2 syntax error")),
                          AllOf(HasSubstr("rule unused (line 3) is not in force"),
                                HasSubstr("no supported strings")),
                          AllOf(HasSubstr("rule wide_regex (line 4) is not in force"),
                                HasSubstr("wide modifier"))));
}

TEST(RuleNotes, NameWhatStandsBehindWhatTheEngineDidNotUnderstand) {
  std::string text =
      "rule before { strings: $a = \"abcdef\" condition: $a }\n"
      "rule broken { strings: $a = \"abcdef\" condition: none of ($a) }\n";
  LoadWords words{.yara_names = {{"YARA.before", 1}},
                  .lines = {"yyerror(): /sets/own.yar line 2 undefined identifier \"none\""}};
  for (int i = 0; i < 23; ++i) {
    const std::string name = "r" + std::to_string(i);
    text += "rule " + name + " { strings: $a = \"abcdef\" condition: $a }\n";
    words.yara_names["YARA." + name] = 1;
  }

  EXPECT_THAT(
      rule_notes({{"own.yar", text}, {"other.yar", "rule other { condition: true }"}}, words, 216),
      ElementsAre(HasSubstr("rule broken (line 2) is not in force"),
                  AllOf(HasSubstr("behind line 2"), HasSubstr("r0, r1, "),
                        HasSubstr("r19 and 3 more"), Not(HasSubstr("before"))),
                  HasSubstr("other.yar: rule other")));
}

TEST(RuleNotes, NameWhatIsIgnoredWithoutAWord) {
  const std::vector<RuleFile> files = {
      {"own.yar",
       "global rule g { strings: $a = \"abcdef\" condition: $a }\n"
       "rule r { strings: $a = /abcdef/ nocase condition: $a }\n"
       "rule t { strings: $a = \"abcdef\" nocase fullword condition: $a }\n"}};
  const LoadWords words{.yara_names = {{"YARA.g", 1}, {"YARA.r", 1}, {"YARA.t", 1}}, .lines = {}};

  EXPECT_THAT(rule_notes(files, words, 216),
              ElementsAre(AllOf(HasSubstr("rule g"), HasSubstr("in part")),
                          AllOf(HasSubstr("rule r"), HasSubstr("`nocase`"))));
}

TEST(RuleNotes, NameCapitalsOfExpressionsThatIgnoreCase) {
  for (const char* pattern : {"/abC/i", "/ab[A-Z]/is", "/ab\\x41/i"}) {
    EXPECT_THAT(rule_notes({{"a.yar", std::string("rule r { strings: $a = ") + pattern +
                                          " condition: $a }"}},
                           {.yara_names = {{"YARA.r", 1}}, .lines = {}}, 216),
                ElementsAre(AllOf(HasSubstr("rule r"), HasSubstr("lower case"))))
        << pattern;
  }
  for (const char* pattern : {"/abC/", "/abc/i", "/a\\Sb\\x61/i", "/abC/s"}) {
    EXPECT_THAT(rule_notes({{"a.yar", std::string("rule r { strings: $a = ") + pattern +
                                          " condition: $a }"}},
                           {.yara_names = {{"YARA.r", 1}}, .lines = {}}, 216),
                IsEmpty())
        << pattern;
  }
}

TEST(RuleNotes, ARuleThatStandsTwiceIsInForceOnce) {
  const std::string rule = "rule same { strings: $a = \"abcdef\" condition: $a }\n";

  EXPECT_EQ(rule_notes({{"a.yar", rule + rule}}, {.yara_names = {{"YARA.same", 1}}, .lines = {}}, 1)
                .size(),
            1U);
  EXPECT_THAT(rule_notes({{"a.yar", rule}, {"b.yara", rule}},
                         {.yara_names = {{"YARA.same", 2}}, .lines = {}}, 1),
              IsEmpty());
}

TEST(RuleNotes, NameSignaturesForOtherEngines) {
  const std::vector<RuleFile> files = {
      {"a.ldb",
       "# comment\nOld;Engine:1-50,Target:0;0;61\nGood;Engine:1-255,Target:0;0;61\r\n"
       "Any;Target:0;0;61\n"},
      {"b.ndb", "Next:0:*:616263646566:250\nGood:0:*:616263646566\n"},
      {"c.hdb",
       "0123456789abcdef0123456789abcdef:5:Later:250\n"
       "0123456789abcdef0123456789abcdef:*:Wild:73\n"},
      {"d.hdu", "0123456789abcdef0123456789abcdef:5:Unwanted\n"}};

  EXPECT_THAT(rule_notes(files, {}, 216),
              ElementsAre(HasSubstr("a.ldb: Old"), HasSubstr("b.ndb: Next"),
                          HasSubstr("c.hdb: Later"), HasSubstr("d.hdu")));
}

}  // namespace
}  // namespace cordon
