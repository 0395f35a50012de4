#include "clamav/gzip_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

class GzipFileTest : public testing::Test {
 protected:
  Unpacking unpack(const std::string& file) {
    content_.clear();
    return unpack_gzip(as_bytes_of(file), limits_, [&](std::span<const std::byte> piece) {
      for (const std::byte b : piece) content_.push_back(std::to_integer<char>(b));
      return take_;
    });
  }

  UnpackLimits limits_;
  Result<void> take_;
  std::string content_;
};

TEST_F(GzipFileTest, GivesAllMembersAsOne) {
  const std::string file = gzip_of("one ") + gzip_of("") + gzip_of("two");

  const Unpacking done = unpack(file + "behind");

  EXPECT_EQ(done.problem, std::nullopt);
  EXPECT_EQ(done.end, file.size());
  EXPECT_EQ(done.bytes, 7U);
  EXPECT_EQ(content_, "one two");
}

TEST_F(GzipFileTest, RefusesEveryCutAndStillGivesWhatCameBefore) {
  const std::string file = gzip_of("content of some length");
  for (std::size_t bytes = 0; bytes < file.size(); ++bytes) {
    const Unpacking done = unpack(file.substr(0, bytes));

    ASSERT_TRUE(done.problem) << bytes;
    EXPECT_EQ(done.problem->reason, Reason::unsupported);
    EXPECT_EQ(done.end, std::nullopt);
  }
  EXPECT_EQ(content_, "content of some length");  // Without the last byte of the size.
}

TEST_F(GzipFileTest, ComparesSumAndSize) {
  const std::string good = gzip_of("content");
  for (std::size_t i = good.size() - 8; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);

    EXPECT_EQ(unpack(bad).problem->reason, Reason::unsupported) << i;
    EXPECT_EQ(content_, "content");
  }
}

TEST_F(GzipFileTest, ReadsAZlibStreamToItsSum) {
  // "hello" by any zlib.
  const std::string good("\x78\x9C\xCB\x48\xCD\xC9\xC9\x07\0\x06\x2C\x02\x15", 13);
  const auto unpack_stream = [&](const std::string& file) {
    return unpack_zlib(as_bytes_of(file), limits_, [](auto) { return Result<void>{}; });
  };

  EXPECT_EQ(unpack_stream(good + "behind").end, good.size());
  EXPECT_EQ(unpack_stream(good).bytes, 5U);
  EXPECT_TRUE(unpack_stream(good.substr(0, 12)).problem);
  EXPECT_TRUE(unpack_stream(good.substr(0, 12) + "!").problem);
}

TEST_F(GzipFileTest, KeepsToItsLimits) {
  const std::string file = gzip_of(std::string(300'000, 'x'));

  limits_ = {.member_bytes_max = 1000};
  EXPECT_EQ(unpack(file).problem->reason, Reason::too_large);
  limits_ = {.bytes_max = 1000};
  EXPECT_EQ(unpack(file).problem->reason, Reason::limit);
  limits_ = {.should_stop = [] { return true; }};
  EXPECT_EQ(unpack(file).end, std::nullopt);
  limits_ = {};
  take_ = Error{Errc::unavailable, "no space"};
  EXPECT_EQ(unpack(file).problem->reason, Reason::staging);
}

}  // namespace
}  // namespace cordon
