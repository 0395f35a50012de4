#include "clamav/header_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/content_kinds.h"
#include "clamav/content_marks.h"
#include "clamav/zlib_check.h"

namespace cordon {
namespace {

using namespace std::string_view_literals;

/// Zeros, with some fields set.
struct Field {
  std::size_t at;
  std::string_view bytes;
};

std::string content_with(std::size_t size, const std::vector<Field>& fields) {
  std::string content(size, '\0');
  for (const Field& field : fields) content.replace(field.at, field.bytes.size(), field.bytes);
  return content;
}

std::string sun_label() {
  std::string label =
      content_with(1024, {{436, "\0\x10"sv}, {438, "\0\x20"sv}, {508, "\xDA\xBE"sv}});
  label[510] = '\xDA';  // The sum of all words is 0.
  label[511] = static_cast<char>(0xBE ^ 0x10 ^ 0x20);
  return label;
}

/// What a format's header has at the least, and a change that makes it something else.
struct Sample {
  std::string_view name;
  std::string content;
  std::size_t change_at;
  std::string_view change;
};

std::vector<Sample> samples() {
  return {
      {"FAT file system",
       content_with(4096, {{11, "\0\2"sv},
                           {13, "\x04"sv},
                           {14, "\1\0"sv},
                           {16, "\2"sv},
                           {19, "\0\x10"sv},
                           {21, "\xF8"sv},
                           {22, "\x09\0"sv}}),
       13, "\x03"sv},
      {"FAT file system",
       content_with(4096, {{11, "\0\x10"sv},
                           {13, "\x08"sv},
                           {14, "\x20\0"sv},
                           {16, "\1"sv},
                           {21, "\xF0"sv},
                           {32, "\0\0\1\0"sv},
                           {36, "\x40\0\0\0"sv}}),
       16, "\3"sv},
      {"ext2, ext3 or ext4 file system",
       content_with(
           4096,
           {{1024, "\x10"sv}, {1028, "\x40"sv}, {1080, "\x53\xEF\1\0\1\0"sv}, {1100, "\1"sv}}),
       1048, "\x77"sv},
      {"ZFS file system", content_with(300'000, {{135168, "\x0C\xB1\xBA\0\0\0\0\0"sv}}), 135169,
       "\0"sv},
      {"NILFS2 file system",
       content_with(4096, {{1024, "\2"sv}, {1030, "44"sv}, {1032, "\x18\1"sv}}), 1024, "\3"sv},
      {"Minix file system", content_with(4096, {{1036, "\0\x1C\x08\x10"sv}, {1040, "\x7F\x13"sv}}),
       1036, "\1"sv},
      {"Minix file system",
       content_with(4096, {{1040, "\xFF\xFF\xFF\x7F"sv}, {1048, "\x5A\x4D"sv}}), 1048, "\x5B"sv},
      {"HFS file system",
       content_with(4096, {{1024, "BD"sv},
                           {1038, "\0\3"sv},
                           {1042, "\1\0"sv},
                           {1044, "\0\0\2\0"sv},
                           {1060, "\4disk"sv}}),
       1047, "\1"sv},
      {"UDF file system", content_with(65536, {{32769, "BEA01"sv}, {34817, "NSR02"sv}}), 34817,
       "NSX"sv},
      {"UDF file system",
       content_with(
           65536, {{32769, "CD001"sv}, {34817, "CD001"sv}, {36865, "BEA01"sv}, {38913, "NSR03"sv}}),
       38913, "NSX"sv},
      {"UDF file system", content_with(65536, {{32769, "BEA01"sv}, {36865, "NSR03"sv}}), 36865,
       "NSX"sv},
      {"disk with partitions (MBR)",
       content_with(65536, {{446, "\x80"sv},
                            {450, "\x83"sv},
                            {454, "\x08"sv},
                            {458, "\x10"sv},
                            {510, "\x55\xAA"sv}}),
       462, "\x01"sv},
      {"disk with partitions (Apple)", content_with(4096, {{0, "ER"sv}, {512, "PM\0\0\0\0\0\3"sv}}),
       519, "\0"sv},
      {"disk with partitions (Sun)", sun_label(), 100, "\1"sv},
      {"VMDK disk image",
       "# Disk DescriptorFile\nversion=1\nCID=fffffffe\ncreateType=\"monolithicFlat\"\n", 52,
       "x"sv},
      {"Apple disk image (Disk Copy)",
       content_with(84 + 512, {{0, "\4Disk"sv}, {66, "\2\0"sv}, {82, "\1\0"sv}}), 67, "\1"sv},
      {"Nero disc image",
       content_with(4096, {{2048, "CUEX"sv}, {4084, "NER5\0\0\0\0\0\0\x08\0"sv}}), 2048, "X"sv},
      {"Nero disc image", content_with(4096, {{2048, "ETNF"sv}, {4088, "NERO\0\0\x08\0"sv}}), 2048,
       "X"sv},
      {"DiscJuggler disc image", content_with(4096, {{4088, "\x06\0\0\x80\0\x08\0\0"sv}}), 4088,
       "\x07"sv},
      {"Ghost disk image", content_with(1024, {{0, "\xFE\xEF\1\3"sv}}), 2, "\0"sv},
      {"JFFS2 file system", content_with(4096, {{0, "\x85\x19\x03\x20\x0C\0\0\0"sv}}), 3, "\x30"sv},
      {"JFFS2 file system", content_with(4096, {{0, "\x19\x85\xE0\x01\0\0\0\x44"sv}}), 7, "\x04"sv},
      {"YAFFS file system",
       content_with(4096, {{0, "\3\0\0\0\1\0\0\0\xFF\xFF"sv}, {10, "lost+found"sv}}), 0, "\x09"sv},
      {"ARC archive", content_with(200, {{0, "\x1A\x08"sv}, {2, "READ.ME"sv}, {15, "\x20"sv}}), 17,
       "\x7F"sv},
      {"Compact Pro archive",
       content_with(200, {{0, "\1\1"sv}, {7, "\x40"sv}, {64, "\1\2\3\4\0\1\0\4name"sv}}), 69,
       "\0"sv},
      {"packed file (pack)", content_with(60, {{0, "\x1F\x1E\0\0\0\x20\2\1\0"sv}}), 7, "\7"sv},
      {"Electron archive (asar)",
       content_with(200,
                    {{0, "\4\0\0\0\x54\0\0\0\x50\0\0\0\x4A\0\0\0"sv}, {16, "{\"files\":{}}"sv}}),
       4, "\x60"sv},
      {"NSIS installer",
       content_with(2048, {{0, "MZ"sv}, {1028, "\xEF\xBE\xAD\xDENullsoftInst"sv}}), 0, "ZM"sv},
      {"Inno Setup installer", content_with(2048, {{0, "MZ"sv}, {999, "rDlPtS\xCD\xE6\xD7\x7B"sv}}),
       1000, "d"sv},
      {"InstallShield installer", content_with(2048, {{0, "MZ"sv}, {999, "ISSetupStream"sv}}), 999,
       "i"sv},
      {"InstallShield installer", content_with(2048, {{0, "MZ"sv}, {999, "InstallShield"sv}}), 1013,
       "i"sv},
      {"PyInstaller program",
       content_with(2048, {{0,
                            "\x7F"
                            "ELF"sv},
                           {1960, "MEI\x0C\x0B\x0A\x0B\x0E"sv}}),
       1963, "."sv},
      {"file system dump (dump)", content_with(2048, {{0, "\1"sv}, {24, "\x6C\xEA\0\0"sv}}), 0,
       "\x09"sv},
  };
}

std::optional<ContentKind> kind(const std::string& bytes) {
  return kind_of("CL_TYPE_BINARY_DATA", as_bytes_of(bytes));
}

TEST(HeaderChecks, EachNamesItsFormat) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name);
    const auto found = kind(sample.content);

    EXPECT_EQ(found->proof, Proof::unsupported);
    EXPECT_EQ(found->name, sample.name);
  }
}

TEST(HeaderChecks, OneFieldThatDoesNotAgreeIsEnough) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name);
    std::string changed = sample.content;
    changed.replace(sample.change_at, sample.change.size(), sample.change);

    EXPECT_EQ(kind(changed)->proof, Proof::nothing_to_open) << kind(changed)->name;
  }
}

TEST(HeaderChecks, EveryFormatWithACheckHasASample) {
  for (const ContentMark& mark : content_marks()) {
    if (mark.check == nullptr || mark.check == is_zlib) continue;  // zlib_check_test.cc
    EXPECT_TRUE(std::ranges::any_of(samples(), [&](const Sample& s) {
      return s.name == mark.name;
    })) << mark.name;
  }
}

TEST(HeaderChecks, AnyCutOfAHeaderIsReadWithinItsBytes) {
  for (const Sample& sample : samples()) {
    for (std::size_t bytes = 0; bytes < 600 && bytes < sample.content.size(); ++bytes) {
      EXPECT_TRUE(kind(sample.content.substr(0, bytes)));
    }
  }
}

TEST(HeaderChecks, ABootRecordAloneIsNoDisk) {
  const auto disk = [](std::string_view first_sector) {
    return content_with(
        65536, {{450, "\x83"sv}, {454, first_sector}, {458, "\x10"sv}, {510, "\x55\xAA"sv}});
  };
  EXPECT_TRUE(is_partitioned_disk(as_bytes_of(disk("\x08"sv))));
  EXPECT_FALSE(is_partitioned_disk(as_bytes_of(disk("\x08"sv).substr(0, 512))));
  EXPECT_FALSE(is_partitioned_disk(as_bytes_of(disk("\0"sv))));  // The whole content again.
  EXPECT_FALSE(is_partitioned_disk(as_bytes_of(content_with(65536, {{510, "\x55\xAA"sv}}))));
  std::string kernel = disk("\x08"sv);
  kernel.replace(514, 4, "HdrS");
  EXPECT_FALSE(is_partitioned_disk(as_bytes_of(kernel)));
}

TEST(HeaderChecks, AProgramWithTheMarkOfNsisAsAConstantIsNoInstaller) {
  const std::string stub =
      content_with(2048, {{0, "MZ"sv}, {1029, "\xEF\xBE\xAD\xDENullsoftInst"sv}});

  EXPECT_FALSE(is_nsis(as_bytes_of(stub)));
}

TEST(HeaderChecks, TellsArchivesFromTextThatBeginsAlike) {
  EXPECT_TRUE(is_cpio(as_bytes_of("070701" + std::string(104, '0'))));
  EXPECT_TRUE(is_cpio(as_bytes_of("070702" + std::string(104, 'B'))));
  EXPECT_TRUE(is_cpio(as_bytes_of("070707" + std::string(70, '7'))));
  EXPECT_TRUE(is_cpio(as_bytes_of("070701 damaged\0"sv)));
  EXPECT_TRUE(is_cpio(as_bytes_of("\xC7\x71 old")));
  EXPECT_FALSE(is_cpio(as_bytes_of("070701;100;2.5\n070702;101;2.6\n")));
  EXPECT_FALSE(is_cpio(as_bytes_of("070701")));
  EXPECT_TRUE(is_bzip2(as_bytes_of("BZh91AY&SY")));
  EXPECT_TRUE(is_bzip2(as_bytes_of("BZh9 damaged\x01")));
  EXPECT_FALSE(is_bzip2(as_bytes_of("BZh is the mark of bzip2.\n")));
  EXPECT_FALSE(is_bzip2(as_bytes_of("BZ\x01")));
}

TEST(HeaderChecks, KnowsTextByItsBytes) {
  EXPECT_TRUE(looks_like_text(as_bytes_of("a\tb\r\nc\f")));
  EXPECT_TRUE(looks_like_text(as_bytes_of("\xC3\xBC and \xFC and \x1B[1m")));
  EXPECT_TRUE(looks_like_text({}));
  EXPECT_FALSE(looks_like_text(as_bytes_of("a\0b"sv)));
  EXPECT_FALSE(looks_like_text(as_bytes_of("a\x01")));
  EXPECT_TRUE(looks_like_text(as_bytes_of(std::string(256, 'x') + '\0')));
}

TEST(HeaderChecks, FindsTheFirstControlCharacterWhereverItStands) {
  for (std::size_t at : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 199U}) {
    std::string text(200, 'x');
    text[at] = '\x7F';

    EXPECT_EQ(find_control(as_bytes_of(text), 0), at);
    EXPECT_EQ(find_control(as_bytes_of(text), at), at);
    EXPECT_EQ(find_control(as_bytes_of(text), at + 1), 200U);
    EXPECT_EQ(find_low_control(as_bytes_of(text), 0), 200U);
    text[at] = '\x08';
    EXPECT_EQ(find_low_control(as_bytes_of(text), 0), at);
    EXPECT_EQ(find_low_control(as_bytes_of(text), at + 1), 200U);
  }
  EXPECT_EQ(find_control({}, 0), 0U);
  for (int c = 0; c < 256; ++c) {
    const bool text = (c >= 0x20 && c != 0x7F) || (c >= 9 && c <= 13) || c == 0x1A || c == 0x1B;
    const std::string alone(1, static_cast<char>(c));
    const std::string among = "1234567" + alone + "90123456";
    EXPECT_EQ(find_control(as_bytes_of(alone), 0), text ? 1U : 0U);
    EXPECT_EQ(find_low_control(as_bytes_of(among), 0), c < 9 ? 7U : 16U);
  }
}

TEST(HeaderChecks, NumbersOutsideAreZero) {
  const std::string bytes = "\1\2\3";

  EXPECT_EQ(le16_at(as_bytes_of(bytes), 1), 0x0302);
  EXPECT_EQ(be16_at(as_bytes_of(bytes), 1), 0x0203);
  EXPECT_EQ(le32_at(as_bytes_of(bytes), 1), 0x0302U);
  EXPECT_EQ(be32_at(as_bytes_of(bytes), 3), 0U);
  EXPECT_EQ(le64_at(as_bytes_of(bytes), 0), 0x030201U);
  EXPECT_EQ(be64_at(as_bytes_of(bytes), 99), 0U);
}

}  // namespace
}  // namespace cordon
