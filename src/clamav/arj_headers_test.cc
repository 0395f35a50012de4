#include "clamav/arj_headers.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFFU);
  return text;
}

std::string header(char flags, char type, const std::string& content) {
  std::string basic = "\x1E\x0B\1\2"s + flags + "\0"s + type + std::string(5, '\0') +
                      number(content.size(), 4) + std::string(14, '\0') + "name\0\0"s;
  return "\x60\xEA" + number(basic.size(), 2) + basic + number(crc32_of(basic), 4) + "\0\0"s +
         content;
}

bool is_locked(const std::string& bytes) { return is_locked_arj(as_bytes_of(bytes)); }

TEST(ArjHeaders, SeesAGarbledMemberWhereverItStands) {
  const std::string end = "\x60\xEA\0\0"s;
  const std::string main = header(0, 2, "");

  EXPECT_TRUE(is_locked(main + header(1, 0, "packed") + end));
  EXPECT_TRUE(is_locked(main + header(0, 0, "packed") + header(1, 1, "packed") + end));
  EXPECT_FALSE(is_locked(main + header(0, 0, "packed") + header(0, 1, "packed") + end));
  EXPECT_FALSE(is_locked(header(1, 2, "") + header(0, 0, "packed") + end));
  EXPECT_FALSE(is_locked(main + header(1, 0, "") + end));
}

TEST(ArjHeaders, TakesOnlyWholeHeadersForSome) {
  const std::string member = header(1, 0, "packed");
  std::string damaged = member;
  damaged[8] = 3;

  EXPECT_FALSE(is_locked(damaged));
  EXPECT_FALSE(is_locked("\x60\xEA and so on"));
  for (std::size_t size = 0; size < member.size() - 6; ++size) {
    EXPECT_FALSE(is_locked(member.substr(0, size))) << size;
  }
}

std::string file_header(char flags, char type, const std::string& content,
                        const std::string& packed) {
  std::string basic = "\x1E\x0B\1\2"s + flags + "\1"s + type + std::string(5, '\0') +
                      number(packed.size(), 4) + number(content.size(), 4) +
                      number(crc32_of(content), 4) + std::string(6, '\0') + "name\0\0"s;
  return "\x60\xEA" + number(basic.size(), 2) + basic + number(crc32_of(basic), 4) + "\0\0"s +
         packed;
}

TEST(ArjHeaders, TellWhatMembersUnpackTo) {
  const std::string content = "what a member unpacks to";
  const SizeAndSum expected{.bytes = content.size(), .sum = crc32_of(content)};
  const std::string main = header(0, 2, "");
  const auto members = [&](const std::string& rest) {
    return arj_members(as_bytes_of(main + rest));
  };

  EXPECT_EQ(
      members(file_header(0, 0, content, "packed") + file_header(0, 1, content, "p")).unpacked,
      (std::vector<SizeAndSum>{expected, expected}));
  EXPECT_TRUE(members(file_header(1, 0, content, "packed")).unpacked.empty()) << "locked";
  EXPECT_TRUE(members(file_header(0, 3, "", "")).unpacked.empty()) << "a folder";
  EXPECT_TRUE(members(file_header(0, 0, "12345", "packed")).unpacked.empty());
  EXPECT_FALSE(members(file_header(0, 0, "12345", "packed")).unreadable);
  for (const char type : {'\0', '\3', '\7'}) {
    EXPECT_TRUE(members(file_header(0, type, "", std::string(65, 'p'))).unreadable);
  }
}

TEST(ArjHeaders, KnowWhereAnArchiveEnds) {
  const std::string archive = header(0, 2, "") + header(0, 0, "packed") + "\x60\xEA\0\0"s;

  EXPECT_EQ(arj_end(as_bytes_of(archive)), archive.size());
  EXPECT_EQ(arj_end(as_bytes_of(archive + archive)), archive.size());
  EXPECT_EQ(arj_end(as_bytes_of(archive.substr(0, archive.size() - 1))), std::nullopt);
  EXPECT_EQ(arj_end(as_bytes_of("\x60\xEA\0\0 and so on"s)), std::nullopt);
}

}  // namespace
}  // namespace cordon
