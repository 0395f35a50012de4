#include "clamav/openpgp_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/sample_archives.h"
#include "clamav/second_reader_fixture.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using OpenPgpContentTest = SecondReaderTest<read_openpgp_content>;

/// A packet in the current format, of less than 192 bytes.
std::string packet(int tag, const std::string& body) {
  return std::string{static_cast<char>(0xC0 | tag), static_cast<char>(body.size())} + body;
}

/// In the old format, up to the end of the message.
std::string open_packet(int tag, const std::string& body) {
  return static_cast<char>(0x80 | tag << 2 | 3) + body;
}

std::string literal_body(const std::string& content) {
  return std::string("b\4name\0\0\0\0", 10) + content;
}

const std::string kLiteral = packet(11, literal_body("content"));
const std::string kOnePass = packet(4, std::string("\3\0\x08\1keyidkey\1", 13));
const std::string kSignature = packet(2, std::string("\4\0\1\x08rest of it", 14));

TEST_F(OpenPgpContentTest, GivesLiteralDataAlsoSignedOrCompressed) {
  const std::string zlib_stream = [] {
    std::string out(200, '\0');
    uLongf size = out.size();
    compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(kLiteral.data()), kLiteral.size());
    return out.substr(0, size);
  }();
  for (const std::string& message :
       {kLiteral, kOnePass + kLiteral + kSignature, kSignature + kLiteral,
        packet(8, '\0' + kLiteral), packet(8, '\1' + deflated(kLiteral)),
        packet(8, '\2' + zlib_stream),
        open_packet(8, '\1' + deflated(kOnePass + kLiteral + kSignature)),
        open_packet(11, literal_body("content")), packet(10, "PGP") + kLiteral,
        packet(8, '\1' + deflated(packet(8, '\1' + deflated(kLiteral))))}) {
    EXPECT_THAT(content_of(message), ElementsAre("content")) << hex(as_bytes_of(message));
    EXPECT_EQ(problem_, std::nullopt);
    EXPECT_TRUE(looks_like_openpgp(as_bytes_of(message))) << hex(as_bytes_of(message));
  }
}

TEST_F(OpenPgpContentTest, JoinsPiecesAndReadsEachLength) {
  const std::string body = literal_body(std::string(5'000, 'c'));
  const auto two = [&](std::size_t size) {
    return std::string{static_cast<char>(192 + ((size - 192) >> 8)),
                       static_cast<char>((size - 192) & 0xFFU)};
  };
  const std::string pieces = "\xCB\xE9" + body.substr(0, 512) + "\xEA" + body.substr(512, 1024) +
                             two(body.size() - 1536) + body.substr(1536);
  const std::string four = std::string("\xCB\xFF\0\0", 4) + static_cast<char>(body.size() >> 8) +
                           static_cast<char>(body.size() & 0xFFU) + body;
  const std::string old = std::string("\xAD", 1) + static_cast<char>(body.size() >> 8) +
                          static_cast<char>(body.size() & 0xFFU) + body;

  for (const std::string& message : {pieces, four, old, "\xCB" + two(body.size()) + body}) {
    EXPECT_THAT(content_of(message + kSignature), ElementsAre(std::string(5'000, 'c')));
    EXPECT_EQ(problem_, std::nullopt);
  }
}

TEST_F(OpenPgpContentTest, ReadsArmour) {
  const std::string text = base64(as_bytes_of(kOnePass + kLiteral + kSignature));
  for (const std::string& armour :
       {"-----BEGIN PGP MESSAGE-----\n\n" + text + "\n=abcd\n-----END PGP MESSAGE-----\n",
        "-----BEGIN PGP MESSAGE-----\r\nVersion: x\r\nComment: y\r\n\r\n" + text.substr(0, 10) +
            "\r\n" + text.substr(10) + "\r\n-----END PGP MESSAGE-----\r\n",
        "-----BEGIN PGP MESSAGE-----\n" + text}) {
    EXPECT_THAT(content_of(armour), ElementsAre("content"));
    EXPECT_TRUE(looks_like_openpgp(as_bytes_of(armour)));
  }
  EXPECT_THAT(content_of("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + text), IsEmpty());
  EXPECT_EQ(problem_, std::nullopt);
}

TEST_F(OpenPgpContentTest, HasNothingToGiveOfKeysSignaturesAndLockedContent) {
  for (const std::string& message : {kSignature, packet(6, "a key") + packet(13, "a name"),
                                     packet(1, "x") + packet(18, "\1locked"),
                                     packet(3, "x") + packet(9, "locked"), packet(20, "locked")}) {
    EXPECT_THAT(content_of(message), IsEmpty());
    EXPECT_EQ(problem_, std::nullopt);
  }
}

TEST_F(OpenPgpContentTest, RefusesWhatIsDamagedOrCutOff) {
  for (const std::string& message :
       {kLiteral.substr(0, kLiteral.size() - 3), kLiteral.substr(0, 1), kLiteral + "text",
        packet(8, '\1' + deflated(kLiteral).substr(0, 8)), packet(8, "\x07packed"), packet(8, ""),
        packet(8, "\3not bzip2"), packet(11, "b"), std::string("\xCB\xF0 cut off"),
        std::string("\xCB\xFF\xFF\xFF\xFF\xFF no such length")}) {
    content_of(message);
    ASSERT_TRUE(problem_) << hex(as_bytes_of(message));
    EXPECT_EQ(problem_->reason, Reason::unsupported);
  }
}

// Such two octets stand by chance in what base64 in markup decodes to.
TEST_F(OpenPgpContentTest, WhatOnlyBeginsLikeLiteralDataIsNotDamaged) {
  const std::string text(300, 'x');
  for (const std::string& chance :
       {std::string("\xAC\x20"
                    "b\x05\xFF\x00\x01",
                    7) +
            text,
        std::string("\xCB\x09"
                    "tz") +
            text,
        std::string("\xAD\xFF\xFF"
                    "u\x02\x90\x91",
                    7) +
            text,
        packet(11, std::string("b\1\0\0\0\0\0", 7) + "content") + packet(8, "\x07packed")}) {
    ASSERT_TRUE(looks_like_openpgp(as_bytes_of(chance))) << hex(as_bytes_of(chance));
    content_of(chance);
    EXPECT_EQ(problem_, std::nullopt) << hex(as_bytes_of(chance));
  }
}

TEST_F(OpenPgpContentTest, WhatFollowsIsReadAllTheSame) {
  const std::string nameless = packet(11, std::string("b\1\0\0\0\0\0", 7) + "content");

  EXPECT_THAT(content_of(nameless + kLiteral), ElementsAre("content", "content"));
  EXPECT_EQ(problem_, std::nullopt);

  content_of(nameless + packet(8, '\1' + deflated(kLiteral + kLiteral).substr(0, 20)));
  ASSERT_TRUE(problem_);
  EXPECT_EQ(problem_->reason, Reason::unsupported);
}

TEST_F(OpenPgpContentTest, BoundsDepthPacketsAndSize) {
  std::string deep = kLiteral;
  for (int i = 0; i < 12; ++i) deep = open_packet(8, '\0' + deep);
  content_of(deep);
  EXPECT_EQ(problem_->reason, Reason::limit);

  std::string many;
  for (int i = 0; i < 1'000'001; ++i) many += std::string("\xCA\0", 2);
  content_of(many);
  EXPECT_EQ(problem_->reason, Reason::limit);

  limits_ = {.member_bytes_max = 3};
  EXPECT_THAT(content_of(kLiteral), IsEmpty());
  EXPECT_EQ(problem_->reason, Reason::too_large);
}

TEST(LooksLikeOpenPgp, TakesNothingElse) {
  for (const std::string& other :
       {std::string(), std::string("\xA3\x01 text behind two octets"),
        std::string("\xCB\x20x not a format"),
        std::string("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), std::string(100, '\xC8'),
        std::string("\xC3\xBC UTF-8 text"), std::string("\x84\x0D\x05\x00 and so on, whatever")}) {
    EXPECT_FALSE(looks_like_openpgp(as_bytes_of(other))) << hex(as_bytes_of(other));
  }
}

}  // namespace
}  // namespace cordon
