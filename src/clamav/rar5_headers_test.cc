#include "clamav/rar5_headers.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

/// A block without checksum and with numbers below 128 only.
std::string block(const std::string& fields) {
  return std::string(4, 'c') + static_cast<char>(fields.size()) + fields;
}

std::string archive(const std::string& blocks) {
  return std::string("Rar!\x1A\x07\x01\0", 8) + block(std::string("\1\0\0", 3)) + blocks;
}

std::string file(char flags, const std::string& data, const std::string& extra = "") {
  std::string fields{'\2', flags};
  if ((flags & 1) != 0) fields.push_back(static_cast<char>(extra.size()));
  if ((flags & 2) != 0) fields.push_back(static_cast<char>(data.size()));
  return block(fields + "rest of the header" + extra) + data;
}

Result<Rar5Summary> read(const std::string& bytes) { return read_rar5_headers(as_bytes_of(bytes)); }

const std::string kEnd = block(std::string("\5\0\0", 3));
const std::string kCrypt("\2\1\0", 3);  // a record of two bytes: type 1
const std::string kTime("\2\3\0", 3);

TEST(Rar5Headers, CountsMembers) {
  const auto rar = read(archive(file(2, "data") + file(3, "more", kTime) + kEnd));

  ASSERT_TRUE(rar);
  EXPECT_EQ(*rar, (Rar5Summary{.members = 2, .has_end = true}));
}

TEST(Rar5Headers, SeesEncryptionAndVolumes) {
  EXPECT_TRUE(read(archive(file(3, "data", kTime + kCrypt) + kEnd))->encrypted);
  EXPECT_TRUE(read(archive(block(std::string("\4\0\0\0\0", 5)) + "unreadable"))->encrypted);
  EXPECT_TRUE(read(archive(file(2 | 16, "data") + kEnd))->multi_volume);
}

TEST(Rar5Headers, RefusesWhatReachesBeyondTheEnd) {
  const std::string good = archive(file(2, "data"));
  ASSERT_TRUE(read(good));
  for (const std::string& bad : {good.substr(0, good.size() - 1), good + "x", archive(block("")),
                                 archive(std::string(4, 'c') + std::string(11, '\xFF')),
                                 archive(file(3, "", "\x7F")), std::string("Rar!")}) {
    EXPECT_FALSE(read(bad));
  }
}

TEST(Rar5Headers, SurvivesAnyDamagedByte) {
  const std::string good = archive(file(3, "data", kTime + kCrypt) + file(2, "x") + kEnd);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int value = 0; value < 256; value += 5) {
      std::string bad = good;
      bad[i] = static_cast<char>(value);
      (void)read(bad).ok();
    }
    (void)read(good.substr(0, i)).ok();
  }
}

}  // namespace
}  // namespace cordon
