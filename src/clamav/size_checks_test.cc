#include "clamav/size_checks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xFFU);
  return out;
}

std::string cabinet() {
  const std::string content(500, 'c');
  return "MSCF" + le(0, 4) + le(36 + 8 + content.size(), 4) + le(0, 4) + le(44, 4) + le(0, 4) +
         "\3\1"s + le(1, 2) + le(1, 2) + le(0, 2) + le(7, 2) + le(0, 2) + std::string(8, 'f') +
         content;
}

std::string arj_header(std::uint64_t packed, char flags) {
  std::string header = "\x1E\x0B\x01\x02"s + flags + std::string(7, '\0') + le(packed, 4);
  header.resize(0x1E, '\0');
  header += "name\0\0"s;
  return "\x60\xEA" + le(header.size(), 2) + header + "SUM!" + le(0, 2);
}

std::string arj(char flags) {
  return arj_header(99, flags) + arj_header(300, 0) + std::string(300, 'a') + arj_header(5, 0) +
         "bytes" + "\x60\xEA" + le(0, 2);
}

std::string chm() {
  std::string head = "ITSF" + le(3, 4) + le(0x60, 4);
  head.resize(0x38, '\0');
  head += le(0x60, 8) + le(0x18, 8) + le(0x78, 8) + le(100, 8) + le(0x78 + 100, 8);
  head += le(0x1FE, 4) + le(0, 4) + le(0x78 + 100 + 200, 8) + le(0, 8);
  return head + std::string(100, 'd') + std::string(200, 'c');
}

/// Eight literals, then a copy of 18 bytes and a literal.
std::string szdd() {
  return "SZDD\x88\xF0\x27\x33"s + "A\0"s + le(8 + 18 + 1, 4) + "\xFF" + "literals" + "\xFE" +
         "\xF0\xFF" + "x";
}

std::string iso() {
  std::string image(40'960, '\0');
  image.replace(32'768, 7, "\1CD001\1");
  image.replace(32'768 + 80, 4, le(20, 4));
  image.replace(32'768 + 128, 2, le(2048, 2));
  return image;
}

struct Sample {
  const char* type;
  std::string whole;
};

std::vector<Sample> samples() {
  return {{"CL_TYPE_MSCAB", cabinet()},
          {"CL_TYPE_ARJ", arj(0)},
          {"CL_TYPE_MSCHM", chm()},
          {"CL_TYPE_MSSZDD", szdd()},
          {"CL_TYPE_ISO9660", iso()}};
}

std::optional<LayerProblem> about(const char* type, const std::string& layer) {
  return about_missing_end(type, as_bytes_of(layer));
}

TEST(SizeChecks, WhatIsWholePasses) {
  for (const Sample& sample : samples()) {
    EXPECT_EQ(about(sample.type, sample.whole), std::nullopt) << sample.type;
    EXPECT_EQ(about(sample.type, sample.whole + "what follows"), std::nullopt) << sample.type;
  }
}

TEST(SizeChecks, EachMissingByteIsNoticed) {
  for (const Sample& sample : samples()) {
    for (const std::size_t missing : {1U, 2U, 4U}) {
      const std::string cut = sample.whole.substr(0, sample.whole.size() - missing);

      const auto problem = about(sample.type, cut);

      ASSERT_TRUE(problem) << sample.type << " without its last " << missing;
      EXPECT_EQ(problem->reason, Reason::unsupported);
    }
  }
}

TEST(SizeChecks, AnyCutIsReadWithinItsBytes) {
  for (const Sample& sample : samples()) {
    for (std::size_t bytes = 0; bytes < sample.whole.size(); bytes += 7) {
      (void)about(sample.type, sample.whole.substr(0, bytes));
    }
  }
}

TEST(SizeChecks, AnArjVolumeHasItsMembersElsewhere) {
  EXPECT_EQ(about("CL_TYPE_ARJ", arj(4))->message,
            "an ARJ archive whose members are in several files");
}

TEST(SizeChecks, OtherContentHasNoEndToMiss) {
  EXPECT_EQ(about("CL_TYPE_TEXT_ASCII", "SZDD is the mark of packed files"), std::nullopt);
  EXPECT_EQ(about("CL_TYPE_BINARY_DATA", std::string(100'000, '\0')), std::nullopt);
  EXPECT_EQ(about("CL_TYPE_BINARY_DATA", ""), std::nullopt);
}

}  // namespace
}  // namespace cordon
