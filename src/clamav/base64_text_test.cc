#include "clamav/base64_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "clamav/members_of.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kBytes =
    "bytes of a picture, \0 or whatever else a document carries in it,\xFF\xFE"s +
    std::string(40, 'x');

std::string encoded() { return base64(as_bytes_of(kBytes)); }

std::string in_lines(const std::string& text, std::size_t width, const std::string& between) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width) out += text.substr(i, width) + between;
  return out;
}

std::string utf16(const std::string& text, bool high_first) {
  std::string out = high_first ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) out += high_first ? std::string{'\0', c} : std::string{c, '\0'};
  return out;
}

Listing read(const std::string& document) { return members_of(read_base64_text, document); }

TEST(Base64Text, KnowsMarkup) {
  for (const auto& text : {"<?xml version='1.0'?>"s, "\xEF\xBB\xBF <a>"s, "\n\n<html>"s,
                           utf16("<a>", true), utf16("<a>", false), "<\0a\0>\0"s}) {
    EXPECT_TRUE(is_markup(as_bytes_of(text)));
  }
  EXPECT_FALSE(is_markup(as_bytes_of("text < text")));
  EXPECT_FALSE(is_markup(as_bytes_of("")));
}

TEST(Base64Text, IsFoundInWhateverWayItIsWritten) {
  const std::string text = encoded();
  const std::pair<const char*, std::string> rows[] = {
      {"flat OpenDocument", "<office:binary-data>" + text + "</office:binary-data>"},
      {"lines", "<w:binData w:name='a.bin'>" + in_lines(text, 20, "\r\n") + "</w:binData>"},
      {"single characters", "<pkg:binaryData>" + in_lines(text, 1, " ") + "</pkg:binaryData>"},
      {"what is no base64", "<a:binData>" + in_lines(text, 7, "*") + "</a:binData>"},
      {"any element", "<x:content>" + text + "</x:content>"},
      {"any element, short words", "<c>\n" + in_lines(text, 4, " ") + "</c>"},
      {"a section", "<c><![CDATA[" + text + "]]></c>"},
      {"comments", "<c>" + in_lines(text, 30, "<!-- a > b -->") + "</c>"},
      {"an instruction", "<c>" + in_lines(text, 30, "<?x y?>") + "</c>"},
      {"character references", "<c>" + in_lines(text, 30, "&#13;&#xA;") + "</c>"},
      {"references to digits", "<c>&#" + std::to_string(text[0]) + ";" + text.substr(1) + "</c>"},
      {"an address", "<img src=\"data:image/png;base64," + text + "\">"},
      {"an address in single letters",
       "<a href='data:x;BASE64, " + in_lines(text, 2, "%0a") + "'>"},
      {"a style", "<style>a{background:url(data:a/b;base64," + text + ")}</style>"},
      {"a script", "<script>var a = atob('" + text + "');</script>"},
      {"an attribute", "<a b='" + in_lines(text, 60, "\n") + "'/>"},
  };
  for (const auto& [name, body] : rows) {
    SCOPED_TRACE(name);
    const std::string document = "<?xml version=\"1.0\"?><d>" + body + "</d>";
    EXPECT_THAT(read(document).members, ElementsAre(kBytes));
    EXPECT_THAT(read(utf16(document, true)).members, ElementsAre(kBytes));
    EXPECT_THAT(read(utf16(document, false)).members, ElementsAre(kBytes));
    EXPECT_FALSE(read(document).problem);
  }
}

TEST(Base64Text, IsNotProse) {
  const std::string prose =
      "It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
      "age "
      "of foolishness, it was the epoch of belief";

  EXPECT_THAT(read("<html><p>" + prose + prose + "</p><p>" + prose + "</p></html>").members,
              IsEmpty());
  EXPECT_THAT(
      read("<path d='M 10 20 30 40 50 60 70 80 90 10 20 30 40 50 60 70 80 90 10 20 30 40 50 "
           "60 70 80 90 10 20 30 40 50 60 70 80 90 10 20 30 40 50 60 70 80 90 10 20 30'/>")
          .members,
      IsEmpty());
}

RC_GTEST_PROP(Base64Text, TurnsBackAnyBytes, (const std::string& some)) {
  const std::string bytes = some + std::string(64, 'x');
  const std::string text = base64(as_bytes_of(bytes));

  RC_ASSERT(read("<a><b>" + text + "</b></a>").members == std::vector<std::string>{bytes});
  RC_ASSERT(read("<a c='" + text + "'>x</a>").members == std::vector<std::string>{bytes});
}

RC_GTEST_PROP(Base64Text, IsFoundBetweenProse, ()) {
  const auto prose = [] {
    return *rc::gen::container<std::string>(rc::gen::elementOf("ab cde<b> f, g. </b>h\n"s));
  };
  const std::string bytes(*rc::gen::inRange<std::size_t>(64, 300), 'x');
  const auto width = *rc::gen::inRange<std::size_t>(1, 100);
  const std::string between = *rc::gen::element("<!-- a. -->"s, "<?b c, d?>"s, "&#10;"s, "\n"s);
  const std::string text = in_lines(base64(as_bytes_of(bytes)), width, between);

  const std::string document = "<a>" + prose() + ".<c>" + text + "</c>." + prose() + "</a>";

  RC_ASSERT_FALSE(read(document).members.empty());
  RC_ASSERT(read(document).members.front() == bytes);
}

TEST(Base64Text, GoesOnBehindPadding) {
  const std::string part = base64(as_bytes_of("four"));
  std::string parts;
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    parts += part;
    bytes += "four";
  }

  EXPECT_THAT(read("<a>" + parts + "</a>").members, ElementsAre(bytes));
}

TEST(Base64Text, KnowsElementsForBinaryDataByTheirNames) {
  const std::string text = in_lines(encoded(), 7, "*");
  for (const char* name : {"binData", "w:binData", "pkg:binaryData", "office:binary-data"}) {
    EXPECT_THAT(read("<d><"s + name + " a='>'>" + text + "</" + name + "></d>").members,
                ElementsAre(kBytes));
  }
  for (const char* name : {"a:b:binData", "binDatum", "x"}) {
    EXPECT_THAT(read("<d><"s + name + ">" + text + "</" + name + "></d>").members, IsEmpty());
  }
}

TEST(Base64Text, SaysThatEntitiesHideIt) {
  const Listing listing =
      read("<d><office:binary-data>" + encoded() + "&more;</office:binary-data></d>");

  EXPECT_EQ(listing.reason(), Reason::unsupported);
}

TEST(Base64Text, KeepsToItsLimits) {
  const std::string document = "<a>" + encoded() + "</a><a>" + encoded() + "</a>";
  UnpackLimits limits;
  limits.members_max = 1;
  EXPECT_EQ(members_of(read_base64_text, document, limits).reason(), Reason::limit);
  limits = {};
  limits.bytes_max = 100;
  EXPECT_EQ(members_of(read_base64_text, document, limits).reason(), Reason::limit);
}

TEST(Base64Text, TakesTimeInProportionToTheDocument) {
  std::string comments = "<a>";
  for (int i = 0; i < 200'000; ++i) comments += "<!--<?a";

  EXPECT_THAT(read(comments).members, IsEmpty());
}

}  // namespace
}  // namespace cordon
