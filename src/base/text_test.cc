#include "base/text.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : kVectors) {
    SCOPED_TRACE(plain);
    EXPECT_EQ(base64(as_bytes_of(plain)), encoded);
    EXPECT_EQ(unbase64(encoded).value(), plain);
  }
  EXPECT_EQ(base64url(as_bytes_of("\xFF\xFF\xFE")), "___-");
  EXPECT_EQ(base64url(as_bytes_of("f")), "Zg");
}

TEST(Base64, RefusesWhatIsMalformed) {
  for (const char* wrong : {"Z", "Zg=", "Zg==Zg==", "Z===", "====", "Zm9 ", "Z=g="}) {
    SCOPED_TRACE(wrong);
    EXPECT_FALSE(unbase64(wrong));
  }
}

TEST(Hex, GoesBothWays) {
  EXPECT_EQ(hex(as_bytes_of("\x01\xAF")), "01af");
  EXPECT_EQ(unhex("01aF").value(), "\x01\xAF");
  EXPECT_FALSE(unhex("0"));
  EXPECT_FALSE(unhex("0g"));
}

TEST(PercentEncoding, IsTheOneOfAws) {
  EXPECT_EQ(percent_encode("a b/ü+%~.txt", true), "a%20b/%C3%BC%2B%25~.txt");
  EXPECT_EQ(percent_encode("a/b", false), "a%2Fb");
  EXPECT_EQ(percent_decode("a+b%20%C3%BC").value(), "a+b ü");
  EXPECT_EQ(form_decode("red+flower%2B.jpg").value(), "red flower+.jpg");
  for (const char* wrong : {"%", "%2", "a%zz", "%%41"})
    EXPECT_FALSE(percent_decode(wrong)) << wrong;
}

TEST(Times, AreWrittenInEachForm) {
  const SystemTime time = SystemTime(std::chrono::milliseconds(1795362633'120));
  EXPECT_EQ(rfc3339_ms(time), "2026-11-22T15:50:33.120Z");
  EXPECT_EQ(rfc3339_s(time), "2026-11-22T15:50:33Z");
  EXPECT_EQ(iso8601_basic(time), "20261122T155033Z");
  EXPECT_EQ(http_date(time), "Sun, 22 Nov 2026 15:50:33 GMT");
  EXPECT_EQ(rfc3339_ms(SystemTime(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(Times, AreReadInEachFormThatServicesWrite) {
  const SystemTime time = SystemTime(std::chrono::milliseconds(1795362633'120));
  for (const char* text : {"2026-11-22T15:50:33.120Z", "2026-11-22T16:50:33.12+01:00",
                           "2026-11-22T15:50:33.120", "2026-11-22t14:20:33.120000-0130"}) {
    SCOPED_TRACE(text);
    ASSERT_TRUE(parse_rfc3339(text));
    EXPECT_EQ(parse_rfc3339(text).value(), time);
  }
  EXPECT_EQ(parse_http_date("Sun, 22 Nov 2026 15:50:33 GMT").value(),
            SystemTime(std::chrono::seconds(1795362633)));
}

TEST(Times, RefusesWhatIsNoTime) {
  for (const char* wrong :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T15:50:33Zx", "2026-11-22T15:50:33+25:00", "9999-11-22T15:50:33Z"}) {
    SCOPED_TRACE(wrong);
    EXPECT_FALSE(parse_rfc3339(wrong));
  }
  for (const char* wrong : {"", "Sun, 22 Xxx 2026 15:50:33 GMT", "Sun, 22 Nov 2026 15:50:33 CET"}) {
    EXPECT_FALSE(parse_http_date(wrong)) << wrong;
  }
}

TEST(Ulid, SortsByTimeAndHasItsLength) {
  SeededRandom random;
  const SystemTime now = SystemTime(std::chrono::milliseconds(1795362633'120));
  const std::string first = ulid(now, random);
  const std::string second = ulid(now, random);
  const std::string later = ulid(now + std::chrono::milliseconds(1), random);

  EXPECT_EQ(first.size(), 26U);
  EXPECT_NE(first, second);
  EXPECT_EQ(first.substr(0, 10), second.substr(0, 10));
  EXPECT_LT(first, later);
}

TEST(Utf8, TellsWellFormedFromTheRest) {
  for (const char* good : {"", "abc", "ü", "\xF0\x9F\x93\x84", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* wrong :
       {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC3", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(wrong)) << hex(as_bytes_of(wrong));
  }
  EXPECT_EQ(utf8_clean("a\xFF"
                       "b",
                       100),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(utf8_clean("aüb", 2), "a");  // never half a character
}

TEST(ParseU64, TakesDigitsOnly) {
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615U);
  for (const char* wrong : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(parse_u64(wrong)) << wrong;
  }
}

TEST(Shown, NothingInItSteersATerminal) {
  const std::pair<const char*, std::string> kHostile[] = {
      {"C0", "\x1b[31m"},
      {"a new line", "\n"},
      {"NUL", std::string(1, '\0')},
      {"DEL", "\x7f"},
      {"C1, which begins a sequence as ESC [ does",
       "\xC2\x9B"
       "31m"},
      {"the last of C1", "\xC2\x9F"},
      {"Arabic letter mark", "\u061C"},
      {"left-to-right mark", "\u200E"},
      {"right-to-left mark", "\u200F"},
      {"embedding", "\u202A"},
      {"right-to-left override", "\u202E"},
      {"isolate", "\u2066"},
      {"end of isolate", "\u2069"},
      {"line separator", "\u2028"},
      {"paragraph separator", "\u2029"},
      {"byte order mark", "\uFEFF"},
      {"noncharacter", "\uFFFE"},
      {"noncharacter of another plane", "\U0001FFFF"},
      {"noncharacter among the letters", "\uFDD0"},
      {"a lone surrogate", "\xED\xA0\x80"},
      {"no UTF-8", "\xFF"},
      {"half a character", "\xC3"},
  };
  for (const auto& [what, text] : kHostile) {
    SCOPED_TRACE(what);

    const std::string clean = shown("a" + text + "z");

    EXPECT_TRUE(is_utf8(clean));
    EXPECT_EQ(clean.substr(0, 4), "a\xEF\xBF\xBD");
    EXPECT_EQ(clean.back(), 'z');
    std::string_view rest = clean;
    while (!rest.empty()) EXPECT_TRUE(is_plain_to_show(take_character(rest)));
  }
}

TEST(Shown, LeavesWhatPeopleWrite) {
  for (const char* text :
       {"a b/\u00fc.pdf", "\u5831\u544a", "\U0001F600", "\u05D0\u05D1", "\u00A0", "\u2027\u202F"}) {
    EXPECT_EQ(shown(text), text);
  }
  EXPECT_EQ(shown("a\u00fcb", 2), "a");
  EXPECT_EQ(shown("", 0), "");
}

TEST(AsciiJson, IsTheSameDocument) {
  EXPECT_EQ(ascii_json(R"({"k":"a\n"})"), R"({"k":"a\n"})");
  EXPECT_EQ(ascii_json("\"\u00fc\uFFFE\uFFFF\u2028\""), R"("\u00fc\ufffe\uffff\u2028")");
  EXPECT_EQ(ascii_json("\"\U0001F600\U0010FFFF\""), R"("\ud83d\ude00\udbff\udfff")");
  EXPECT_EQ(ascii_json("\"\xFF\""), R"("\ufffd")");
}

}  // namespace
}  // namespace cordon
