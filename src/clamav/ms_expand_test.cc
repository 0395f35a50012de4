#include "clamav/ms_expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/second_reader_fixture.h"

namespace cordon {
namespace {

using testing::ElementsAre;

using MsExpandTest = SecondReaderTest<read_ms_compressed>;

/// "abcabcabcabc": three bytes and a reference to where they went.
std::string packed(std::size_t start) {
  const std::size_t length = 9;
  return std::string(
             "\x07"
             "abc") +
         static_cast<char>(start & 0xFF) + static_cast<char>((start >> 4 & 0xF0) | (length - 3));
}

std::string szdd(char size, const std::string& bytes) {
  return std::string(
             "SZDD\x88\xF0\x27\x33"
             "Ae",
             10) +
         size + std::string(3, '\0') + bytes;
}

std::string kwaj(char method, const std::string& bytes) {
  return std::string("KWAJ\x88\xF0\x27\xD1", 8) + method + std::string("\0\x0E\0\0\0", 5) + bytes;
}

TEST_F(MsExpandTest, UnpacksEachForm) {
  const std::string inverted{static_cast<char>(~'a'), static_cast<char>(~'b')};
  for (const auto& [file, content] :
       {std::pair(szdd(12, packed(4096 - 16)), std::string("abcabcabcabc")),
        std::pair(std::string("SZ \x88\xF0\x27\x33\xD1\x0C\0\0\0", 12) + packed(4096 - 18),
                  std::string("abcabcabcabc")),
        std::pair(kwaj(0, "stored"), std::string("stored")),
        std::pair(kwaj(1, inverted), std::string("ab")),
        std::pair(kwaj(2, packed(4096 - 18)), std::string("abcabcabcabc"))}) {
    EXPECT_THAT(content_of(file), ElementsAre(content));
    EXPECT_EQ(problem_, std::nullopt);
    EXPECT_TRUE(looks_like_ms_compressed(as_bytes_of(file)));
  }
  EXPECT_THAT(content_of(szdd(5, std::string("\x01x\0\x02", 4))), ElementsAre("x     "));
}

TEST_F(MsExpandTest, RefusesWhatIsCutOffOrPackedInAnotherWay) {
  for (const std::string& file :
       {szdd(13, packed(4096 - 16)), szdd(12, packed(4096 - 16).substr(0, 5)), szdd(1, ""),
        szdd(12, "").substr(0, 12), kwaj(3, "huffman"), kwaj(4, "CK"), std::string("SZDD"),
        std::string()}) {
    content_of(file);
    ASSERT_TRUE(problem_);
    EXPECT_EQ(problem_->reason, Reason::unsupported);
  }
  limits_ = {.member_bytes_max = 3};
  content_of(szdd(12, packed(4096 - 16)));
  EXPECT_EQ(problem_->reason, Reason::too_large);
}

}  // namespace
}  // namespace cordon
