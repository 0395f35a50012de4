#include "clamav/text_encodings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/second_reader_fixture.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using TextEncodingsTest = SecondReaderTest<read_encoded_text>;

TEST_F(TextEncodingsTest, GivesEachOfSeveral) {
  EXPECT_THAT(content_of("begin 644 a\n#0V%T\n`\nend\nbetween\nbegin-base64 600 b\nRG9n\n====\n"
                         "=ybegin line=128 size=3 name=c\n\x6D\x8B\x9E\n=yend size=3\n"),
              ElementsAre("Cat", "Dog", "Cat"));
  EXPECT_EQ(problem_, std::nullopt);
}

TEST_F(TextEncodingsTest, ReadsWhatRelaysChanged) {
  // Blanks cut from the ends of lines, CRLF, no end.
  EXPECT_THAT(content_of("begin 644 a\r\n#0V%T\r\n$,P\r\n"),
              ElementsAre(std::string("Cat3\0\0\0", 7)));
  EXPECT_THAT(content_of("=ybegin line=128 size=3 name=c\r\n..\x8B=\x40\r\n"),
              ElementsAre(std::string("\x04"
                                      "a\xD6")));
}

TEST_F(TextEncodingsTest, TakesItsBeginningsAndNothingElse) {
  for (const std::string_view text :
       {"begin 644 a\n", "prose\nbegin-base64 0755 a\n", "=ybegin part=1\n",
        "(This file must be converted with BinHex 4.0)\n", "-----BEGIN PGP MESSAGE-----\n"}) {
    EXPECT_TRUE(looks_like_encoded_text(as_bytes_of(text))) << text;
  }
  for (const std::string_view text : {"", "begin\n", "begin 6 a\n", "We begin 644 a\n",
                                      "begin 999 x\n", "-----BEGIN CERTIFICATE-----\n"}) {
    EXPECT_FALSE(looks_like_encoded_text(as_bytes_of(text))) << text;
    EXPECT_THAT(content_of(text), IsEmpty());
  }
}

}  // namespace
}  // namespace cordon
