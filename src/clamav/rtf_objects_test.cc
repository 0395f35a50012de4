#include "clamav/rtf_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "base/byte_reader.h"
#include "clamav/members_of.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string hexed(std::string_view bytes) { return hex(as_bytes_of(bytes)); }

/// [MS-OLEDS] 2.2.5
std::string ole1(const std::string& class_name, const std::string& native) {
  ByteWriter out;
  out.u32(0x501);
  out.u32(2);
  out.text(class_name + '\0');
  out.u32(0);
  out.u32(0);
  out.text(native);
  return std::move(out).take();
}

std::string rtf(const std::string& body) { return "{\\rtf1\\ansi some text\\par " + body + "}"; }

Listing read(const std::string& document) { return members_of(read_rtf_objects, document); }

TEST(RtfObjects, KnowsRtf) {
  EXPECT_TRUE(is_rtf(as_bytes_of(rtf(""))));
  EXPECT_TRUE(is_rtf(as_bytes_of("{\\rt")));
  EXPECT_FALSE(is_rtf(as_bytes_of("{\\ht")));
}

TEST(RtfObjects, GivesAnObjectAndWhatItWraps) {
  const std::string object = ole1("Word.Document.8", "native data");
  EXPECT_THAT(read(rtf("{\\object\\objemb{\\*\\objdata " + hexed(object) + "}}")).members,
              ElementsAre(object, "native data"));

  const std::string file = "a file, whatever it is";
  ByteWriter package;
  package.bytes(as_bytes_of("\x02\0a.txt\0C:\\a.txt\0\0\0\x03\0"s));
  package.text("temp\0"s);
  package.text(file);
  const std::string native = std::move(package).take();
  EXPECT_THAT(read(rtf("{\\*\\objdata " + hexed(ole1("Package", native)) + "}")).members,
              ElementsAre(ole1("Package", native), native, file));
}

TEST(RtfObjects, PassesOverWhatStandsBetweenTheDigits) {
  const std::string object = ole1("Equation.3", "native data");
  const std::string digits = hexed(object);
  const std::string front = digits.substr(0, 9);
  const std::string back = digits.substr(9);
  for (const std::string between :
       {" ", "\r\n", "\\par ", "\\'ab", "zz", "\\*", "{}", "{\\x}", "\\abc-12 ", "{\\*\\y abc}"}) {
    SCOPED_TRACE(between);
    EXPECT_THAT(read(rtf("{\\*\\objdata " + front + between + back + "}")).members,
                Contains("native data"));
  }
  EXPECT_THAT(read(rtf("{\\*\\objdata {" + front + "}{" + back + "}}")).members,
              Contains("native data"));
}

TEST(RtfObjects, GivesPicturesAndIncludedBytes) {
  const std::string picture(100, 'p');
  EXPECT_THAT(read(rtf("{\\pict\\pngblip\\picw100 " + hexed(picture) + "}")).members,
              ElementsAre(picture));
  EXPECT_THAT(read(rtf("{\\pict\\bin100 " + picture + "}")).members, ElementsAre(picture));
  EXPECT_THAT(read(rtf("{\\*\\objdata " + hexed("ab") + "\\bin3 }}}" + hexed("c") + "}")).members,
              ElementsAre("ab}}}c"));
}

TEST(RtfObjects, FindsNothingInText) {
  const Listing listing = read(rtf("a bad cafe \\b faded\\b0  and 1 2 3 4 5 6 7 8 9 10 facade"));

  EXPECT_THAT(listing.members, IsEmpty());
  EXPECT_FALSE(listing.problem);
}

TEST(RtfObjects, ReadsADocumentThatIsCutOff) {
  const std::string object = ole1("Equation.3", std::string(500, 'n'));
  const std::string document = rtf("{\\*\\objdata " + hexed(object) + "}");

  const Listing listing = read(document.substr(0, 400));

  ASSERT_EQ(listing.members.size(), 2U);
  EXPECT_THAT(listing.members[1], ::testing::StartsWith("nnnn"));
  EXPECT_EQ(read(rtf("\\bin1000 short")).reason(), Reason::unsupported);
}

TEST(RtfObjects, KeepsToItsLimits) {
  UnpackLimits limits;
  limits.members_max = 1;
  const std::string document = rtf("{\\*\\objdata " + hexed(ole1("a", "native")) + "}");
  EXPECT_EQ(members_of(read_rtf_objects, document, limits).reason(), Reason::limit);
}

RC_GTEST_PROP(RtfObjects, TurnsBackAnyBytes, (const std::string& some)) {
  const std::string object = ole1("class", some + "x");

  RC_ASSERT(read(rtf("{\\*\\objdata " + hexed(object) + "}")).members ==
            (std::vector<std::string>{object, some + "x"}));
}

}  // namespace
}  // namespace cordon
