#include "clamav/tnef.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/text.h"
#include "clamav/second_reader_fixture.h"

namespace cordon {
namespace {

using testing::ElementsAre;

using TnefTest = SecondReaderTest<read_tnef>;

std::string attribute(std::uint8_t level, std::uint32_t id, const std::string& data) {
  ByteWriter out;
  out.u8(level);
  out.u32(id);
  out.u32(static_cast<std::uint32_t>(data.size()));
  out.bytes(as_bytes_of(data));
  out.u16(0);
  return std::move(out).take();
}

std::string stream(const std::string& attributes) {
  ByteWriter out;
  out.u32(0x223E9F78);
  out.u16(1);
  out.bytes(as_bytes_of(attributes));
  return std::move(out).take();
}

/// One value of a type that carries its length.
std::string property(std::uint16_t type, std::uint16_t id, const std::string& value,
                     const std::string& name = "") {
  ByteWriter out;
  out.u16(type);
  out.u16(id);
  out.bytes(as_bytes_of(name));
  out.u32(1);
  out.u32(static_cast<std::uint32_t>(value.size()));
  out.bytes(as_bytes_of(value + std::string((4 - value.size() % 4) % 4, '\0')));
  return std::move(out).take();
}

std::string properties(std::uint32_t count, const std::string& all) {
  ByteWriter out;
  out.u32(count);
  out.bytes(as_bytes_of(all));
  return std::move(out).take();
}

TEST_F(TnefTest, GivesAttachmentsAndBodies) {
  const std::string named =
      std::string(16, 'g') + std::string("\1\0\0\0\6\0\0\0n\0a\0\0\0\0\0", 16);
  const std::string number = std::string("\3\0\x34\x12\7\0\0\0", 8);
  const std::string message =
      properties(4, number + property(0x001E, 0x8001, "ignored", named) +
                        property(0x0102, 0x1013, "<html>") + property(0x001E, 0x1000, "text"));
  const std::string object =
      properties(1, property(0x000D, 0x3701, std::string(16, 'i') + "object"));

  EXPECT_THAT(
      content_of(stream(attribute(1, 0x0002800C, "body") + attribute(1, 0x00069003, message) +
                        attribute(2, 0x0006800F, "attachment") + attribute(2, 0x00069005, object) +
                        "\0\0")),
      ElementsAre("body", "<html>", "text", "attachment", "object"));
  EXPECT_EQ(problem_, std::nullopt);
}

TEST_F(TnefTest, UnpacksRtf) {
  // The example of [MS-OXRTFCP] 4.1.1.
  const std::string packed =
      std::string("\x2D\0\0\0\x2B\0\0\0LZFu\xF1\xC5\xC7\xA7", 16) +
      std::string(
          "\x03\x00\x0A\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0A\xF3\x20\x68\x65\x6C\x09\x00"
          "\x20\x62\x77\x05\xB0\x6C\x64\x7D\x0A\x80\x0F\xA0",
          33);
  const std::string plain = std::string("\0\0\0\0\5\0\0\0MELA\0\0\0\0", 16) + "{\\rtf}";

  for (const auto& [value, rtf] :
       {std::pair(packed, std::string("{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n")),
        std::pair(plain, std::string("{\\rtf}"))}) {
    EXPECT_THAT(content_of(stream(
                    attribute(1, 0x00069003, properties(1, property(0x0102, 0x1009, value))))),
                ElementsAre(rtf));
  }
}

TEST_F(TnefTest, RefusesWhatIsDamagedOrCutOff) {
  const std::string good = stream(attribute(2, 0x0006800F, "attachment"));
  EXPECT_TRUE(looks_like_tnef(as_bytes_of(good)));
  EXPECT_THAT(content_of(good.substr(0, good.size() - 5)), ElementsAre("attachm"));
  EXPECT_EQ(problem_->reason, Reason::unsupported);
  for (const std::string& bad :
       {std::string(), std::string("not TNEF at all"),
        stream(attribute(1, 0x00069003, properties(9, property(0x0102, 0x1013, "<html>")))),
        stream(attribute(1, 0x00069003,
                         properties(1, std::string("\x02\x01\x13\x10\xFF\xFF\xFF\xFF", 8))))}) {
    content_of(bad);
    ASSERT_TRUE(problem_);
    EXPECT_EQ(problem_->reason, Reason::unsupported);
  }
}

}  // namespace
}  // namespace cordon
