#include "devcloud/s3/checksums.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cordon::cloud {
namespace {

std::string hex_of(ChecksumKind kind, std::string_view bytes) {
  return hex(as_bytes_of(checksum_of(kind, bytes)));
}

TEST(Checksums, HaveTheirPublishedCheckValues) {
  EXPECT_EQ(hex_of(ChecksumKind::crc32, "123456789"), "cbf43926");
  EXPECT_EQ(hex_of(ChecksumKind::crc32c, "123456789"), "e3069283");
  EXPECT_EQ(hex_of(ChecksumKind::crc64nvme, "123456789"), "ae8b14860a799888");
  EXPECT_EQ(hex_of(ChecksumKind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of(ChecksumKind::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex_of(ChecksumKind::sha512, "abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

TEST(Checksums, HaveTheirLengthAndAreFoundByTheirName) {
  for (const ChecksumKind kind : kChecksumKinds) {
    EXPECT_EQ(checksum_of(kind, "abc").size(), checksum_bytes(kind));
    EXPECT_EQ(parse_checksum_kind(algorithm_name(kind)), kind);
    EXPECT_EQ(parse_checksum_kind(header_suffix(kind)), kind);
  }
  EXPECT_EQ(parse_checksum_kind("xxhash64"), std::nullopt);
}

TEST(Checksums, OfPartsCombineToThatOfTheWhole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
  for (const ChecksumKind kind :
       {ChecksumKind::crc32, ChecksumKind::crc32c, ChecksumKind::crc64nvme}) {
    for (const std::size_t edge :
         {std::size_t{0}, std::size_t{1}, std::size_t{4096}, text.size()}) {
      SCOPED_TRACE(std::string(header_suffix(kind)) + " at " + std::to_string(edge));
      const std::string first = checksum_of(kind, text.substr(0, edge));
      const std::string second = checksum_of(kind, text.substr(edge));

      EXPECT_EQ(combine_crc(kind, first, second, text.size() - edge), checksum_of(kind, text));
    }
  }
}

}  // namespace
}  // namespace cordon::cloud
