#include "clamav/container_kind.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using Kind = ContainerKind;

std::optional<Kind> kind_of(std::string_view content) {
  return container_at_front(as_bytes_of(content));
}

std::string in_full(std::string head, std::size_t bytes = 600) {
  head.resize(std::max(bytes, head.size()), '\x11');
  return head;
}

std::string lha_header(char level) {
  std::string header("\0\0-lh5-\x10\0\0\0\x10\0\0\0\0\0\0\0\x20", 20);
  header += std::string(1, level) + "\x05"s + "a.txt" + "\0\0"s;
  header[0] = static_cast<char>(header.size() - 2);
  unsigned sum = 0;
  for (std::size_t i = 2; i < header.size(); ++i) sum += static_cast<unsigned char>(header[i]);
  header[1] = static_cast<char>(sum);
  return header;
}

TEST(ContainerKind, KnowsEachKindByItsMarkAndHeader) {
  const std::pair<std::string, Kind> kRows[] = {
      {zip_of({{.name = "a", .bytes = "hello"}}), Kind::zip},
      {in_full("PK\x07\x08PK\x03\x04"s), Kind::zip},
      {in_full("7z\xBC\xAF\x27\x1C\0\4"s), Kind::seven_zip},
      {in_full("Rar!\x1A\x07\0"s), Kind::rar},
      {in_full("Rar!\x1A\x07\1\0"s), Kind::rar},
      {"!<arch>\n", Kind::ar},
      {"!<arch>\ndebian-binary   1342943816  0     0     100644  4         `\n2.0\n", Kind::ar},
      {lha_header(0), Kind::lha},
      {lha_header(1), Kind::lha},
      {in_full("MSCF\0\0\0\0"s), Kind::cabinet},
      {in_full("xar!\0\x1C\0\1"s), Kind::xar},
      {tar_of("a", "hello"), Kind::tar},
      {std::string(257, 'x') + "ustar\0"s + std::string(300, 'x'), Kind::tar},  // Damaged.
      {"070701" + std::string(104, '0'), Kind::cpio},
      {"070707" + std::string(70, '0'), Kind::cpio},
      {"\xC7\x71\0\0\0\0\xA4\x81\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0a\0"s, Kind::cpio},
      {std::string(32769, '\0') + "CD001", Kind::iso9660},
      {gzip_of("hello"), Kind::gzip},
      {in_full("\xFD"
               "7zXZ\0"s),
       Kind::xz},
      {in_full("BZh91AY&SY"), Kind::bzip2},
      {in_full("\x28\xB5\x2F\xFD\x04"s), Kind::zstd},
      {"\x50\x2A\x4D\x18\2\0\0\0xx\x28\xB5\x2F\xFD\x04\0\1"s, Kind::zstd},
      {"\x50\x2A\x4D\x18\2\0\0\0xx\x04\x22\x4D\x18\x40\x40\xC0"s, Kind::lz4},
      {in_full("\x04\x22\x4D\x18\x64\x40"s), Kind::lz4},
      {in_full("LZIP\x01\x0C"), Kind::lzip},
      {in_full("\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"s), Kind::lzma},
      {in_full("\x1F\x9D\x90"), Kind::compress},
      {in_full("\xED\xAB\xEE\xDB\3"), Kind::rpm},
  };
  for (const auto& [content, kind] : kRows) {
    EXPECT_EQ(kind_of(content), kind) << hex(as_bytes_of(content.substr(0, 16)));
  }
}

TEST(ContainerKind, TakesNoTextOrTableForAContainer) {
  const std::string kRows[] = {
      "",
      "PK is an abbreviation",
      "7z is a program",
      "BZh is the mark of bzip2, and BZh9 that of one with large blocks.",
      "070701;100;2.5\n070702;101;2.6\n070703;102;2.7\n070704;100;2.5\n070705;100;2.5\n0707;1;1\n",
      "070707 and on it goes, not one octal digit in the next seventy characters of this text",
      "MSCF is the mark of a cabinet, and this is a text about it.",
      "Rar!\x1A is a mark",
      "!<arch>\nis the first line of a static library, and this is the second line of a text",
      "xar! was an archiver",
      "LZIP\x01\xFF is no lzip file",
      "so-lh5-is a method of LHA, says this text",
      "\x1F\x9D\xFF no compress(1)",
      "\x1F\x8B\x01 gzip knows deflate alone",
      "\x04\x22\x4D\x18\xFF\xFF\xFF",
      std::string(4096, '\0'),
      std::string(600, 'x'),
      "\0\x10\0\0\0\x01\0\0\0\0\0\0\0\1"s,  // A table of numbers, almost LZMA.
  };
  for (const std::string& content : kRows) {
    EXPECT_EQ(kind_of(content), std::nullopt) << content.substr(0, 40);
  }
}

TEST(ContainerKind, KnowsWholeFilesThatWereMadeFromNothing) {
  const std::pair<std::string, Kind> kRows[] = {
      {gzip_of(""), Kind::gzip},
      {"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0"s, Kind::bzip2},
      {"\x28\xB5\x2F\xFD\x24\0\1\0\0\x99\xE9\xD8\x51"s, Kind::zstd},
      {"\x04\x22\x4D\x18\x64\x40\xA7\0\0\0\0\x05\x5D\xCC\x02"s, Kind::lz4},
  };
  for (const auto& [content, kind] : kRows) {
    EXPECT_TRUE(is_empty_compressed_file(kind, as_bytes_of(content)));
    for (std::size_t bytes = 0; bytes < content.size(); ++bytes) {
      EXPECT_FALSE(is_empty_compressed_file(kind, as_bytes_of(content.substr(0, bytes)))) << bytes;
    }
  }
}

TEST(ContainerKind, ReadsWhereAnArchiveEnds) {
  std::string cabinet = in_full("MSCF\0\0\0\0\x64\0\0\0"s);
  EXPECT_EQ(declared_end(Kind::cabinet, as_bytes_of(cabinet)), 100U);
  cabinet[9] = '\x10';
  EXPECT_EQ(declared_end(Kind::cabinet, as_bytes_of(cabinet)), std::nullopt);
  const std::string empty_7z = "7z\xBC\xAF\x27\x1C\0\4"s + std::string(24, '\0');
  EXPECT_EQ(declared_end(Kind::seven_zip, as_bytes_of(empty_7z + "more")), 32U);
  EXPECT_EQ(declared_end(Kind::seven_zip, as_bytes_of(in_full("7z"))), std::nullopt);
}

}  // namespace
}  // namespace cordon
