#include "core/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace cordon {
namespace {

using Algorithm = ObjectChecksum::Algorithm;

std::string checksum(Algorithm algorithm, std::string_view text) {
  RunningChecksum running(algorithm);
  running.update(as_bytes_of(text));
  return running.finish();
}

TEST(Checksum, AgreesWithPublishedVectors) {
  const std::string_view kCheck = "123456789";
  EXPECT_EQ(crc32(0, as_bytes_of(kCheck)), 0xCBF43926U);
  EXPECT_EQ(crc32c(0, as_bytes_of(kCheck)), 0xE3069283U);
  EXPECT_EQ(crc64nvme(0, as_bytes_of(kCheck)), 0xAE8B14860A799888U);
  // RFC 3720 B.4: 32 bytes of zero, of ones, ascending.
  EXPECT_EQ(crc32c(0, as_bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(crc32c(0, as_bytes_of(std::string(32, '\xff'))), 0x62A8AB43U);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  EXPECT_EQ(crc32c(0, as_bytes_of(ascending)), 0x46DD794EU);
  // NVM Express, NVM command set specification: 4 KiB of zero, of ones.
  EXPECT_EQ(crc64nvme(0, as_bytes_of(std::string(4096, '\0'))), 0x6482D367EB22B64EU);
  EXPECT_EQ(crc64nvme(0, as_bytes_of(std::string(4096, '\xff'))), 0xC0DDBA7302ECA3ACU);
}

TEST(Checksum, IsWrittenAsS3WritesIt) {
  EXPECT_EQ(checksum(Algorithm::crc32, ""), "AAAAAA==");
  EXPECT_EQ(checksum(Algorithm::crc32, "123456789"), "y/Q5Jg==");
  EXPECT_EQ(checksum(Algorithm::crc32c, "123456789"), "4waSgw==");
  EXPECT_EQ(checksum(Algorithm::crc64nvme, "123456789"), "rosUhgp5mIg=");
  EXPECT_EQ(checksum(Algorithm::sha1, "abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  EXPECT_EQ(checksum(Algorithm::sha256, "abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(checksum(Algorithm::md5, "abc"), "kAFQmDzST7DWlj99KOF/cg==");
  EXPECT_EQ(
      checksum(Algorithm::sha512, "abc"),
      "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==");
}

RC_GTEST_PROP(Checksum, DoesNotDependOnWhereTheTextIsCut, (const std::string& text)) {
  const auto cut =
      static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(text.size()) + 1));
  for (const Algorithm algorithm :
       {Algorithm::crc32, Algorithm::crc32c, Algorithm::crc64nvme, Algorithm::md5, Algorithm::sha1,
        Algorithm::sha256, Algorithm::sha512}) {
    RunningChecksum running(algorithm);
    running.update(as_bytes_of(std::string_view(text).substr(0, cut)));
    running.update(as_bytes_of(std::string_view(text).substr(cut)));

    RC_ASSERT(running.finish() == checksum(algorithm, text));
  }
}

}  // namespace
}  // namespace cordon
