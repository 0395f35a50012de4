#include "clamav/embedded_containers.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using Kind = ContainerKind;

std::vector<Container> in(std::string_view layer) {
  return find_embedded_containers(as_bytes_of(layer)).containers;
}

const std::string kHead =
    "\x7F"
    "ELF, a program with something behind it\0"s;
const std::string kRar4 = "Rar!\x1A\x07\x00\x90\xCF\x73\0\0\x0D\0\0\0\0\0\0\0"s;
const std::string kRar5 = "Rar!\x1A\x07\x01\x00\x01\x02\x03\x04\x08\x01\0\0\0\0\0\0"s;
/// An empty archive: the sum of twenty zeros.
const std::string k7z = "7z\xBC\xAF\x27\x1C\0\4\x8D\x9B\xD5\x0F"s + std::string(20, '\0');
const std::string kXz =
    "\xFD"
    "7zXZ\0\0\4\xE6\xD6\xB4\x46"s;
const std::string kBzip2 = "BZh91AY&SY";

const std::string kCpio = "070701" + std::string(88, '0') + "00000002" + "00000000" + "a\0"s;

std::string cabinet() {
  std::string header("MSCF\0\0\0\0\x64\0\0\0\0\0\0\0\x2C\0\0\0\0\0\0\0\3\1\1\0\1\0\0\0\0\0\0\0",
                     36);
  header.resize(100, 'x');
  return header;
}

TEST(EmbeddedContainers, AreFoundBehindAnyHead) {
  for (const auto& [content, kind] : {std::pair{kRar4, Kind::rar},
                                      {kRar5, Kind::rar},
                                      {k7z, Kind::seven_zip},
                                      {cabinet(), Kind::cabinet},
                                      {kXz, Kind::xz},
                                      {kBzip2, Kind::bzip2},
                                      {kCpio, Kind::cpio}}) {
    const auto found = in(kHead + content + "rest");

    ASSERT_EQ(found.size(), 1U) << content.substr(0, 4);
    EXPECT_EQ(found[0], (Container{.kind = kind,
                                   .offset = kHead.size(),
                                   .bytes = content.size() + 4,
                                   .behind_bytes = content.size() + 4,
                                   .embedded = true}));
  }
}

TEST(EmbeddedContainers, AreNotTheConstantsOfProgramsThatReadThem) {
  for (const std::string& content : {kRar4, kRar5, k7z, cabinet(), kXz, kBzip2}) {
    EXPECT_TRUE(in(kHead + content.substr(0, 6) + std::string(100, 'x')).empty());
    EXPECT_TRUE(in(content).empty()) << "the layer itself is one";
  }
}

TEST(EmbeddedContainers, AreNotTheDigitsOfADump) {
  EXPECT_TRUE(in("{\\pict " + std::string(200, '0') + "70701" + std::string(500, '0')).empty());
}

TEST(EmbeddedContainers, AreAllFoundInTheirOrder) {
  const auto found = in(kHead + kXz + "some data" + k7z + "some data" + kXz);

  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].kind, Kind::xz);
  EXPECT_EQ(found[1].kind, Kind::seven_zip);
  EXPECT_EQ(found[2].kind, Kind::xz);
  EXPECT_EQ(found[0].behind_bytes, kXz.size() + 9);
  EXPECT_EQ(found[2].behind_bytes, kXz.size());
}

TEST(EmbeddedContainers, HaveALimit) {
  std::string many = kHead;
  for (std::size_t i = 0; i <= kEmbeddedContainersMax; ++i) many += kBzip2 + "x";

  const EmbeddedContainers found = find_embedded_containers(as_bytes_of(many));

  EXPECT_TRUE(found.too_many);
  EXPECT_EQ(found.containers.size(), kEmbeddedContainersMax);
}

}  // namespace
}  // namespace cordon
