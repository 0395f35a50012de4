#include "clamav/zip_directory.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/byte_reader.h"
#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

Result<ZipSummary> read(std::string_view bytes) { return read_zip_directory(as_bytes_of(bytes)); }

std::string two_members() {
  return zip_of({{.name = "a.txt", .bytes = "hello, world"},
                 {.name = "b.txt", .bytes = std::string(1000, 'b'), .packed = false},
                 {.name = "tiny", .bytes = "12345"}});
}

/// Little-endian 16 bits at the `nth` occurrence of `mark` plus `offset`.
std::string patched16(std::string zip, std::string_view mark, std::size_t offset,
                      std::uint16_t value) {
  const std::size_t at = zip.find(mark) + offset;
  zip[at] = static_cast<char>(value & 0xFFU);
  zip[at + 1] = static_cast<char>(value >> 8);
  return zip;
}

constexpr std::string_view kCentral{"PK\x01\x02"};
constexpr std::string_view kLocal{"PK\x03\x04"};
constexpr std::string_view kEnd{"PK\x05\x06"};

TEST(ZipDirectory, SumsUpAnHonestArchive) {
  const auto zip = read(two_members());

  ASSERT_TRUE(zip);
  EXPECT_EQ(*zip,
            (ZipSummary{.entries = 3, .member_bytes_max = 1000, .end = two_members().size()}));
}

TEST(ZipDirectory, ReadsAnEmptyArchive) {
  const auto zip = read(zip_of({}));

  ASSERT_TRUE(zip);
  EXPECT_EQ(zip->entries, 0U);
}

TEST(ZipDirectory, LooksBehindAPrefixAndBeforeJunk) {
  EXPECT_TRUE(read("MZ" + std::string(5000, 'p') + two_members()));
  EXPECT_TRUE(read(two_members() + std::string(200'000, 'j')));
}

TEST(ZipDirectory, NamesWhatItDoesNotAccountFor) {
  const std::string zip = two_members();
  const std::string block(100, 'j');

  EXPECT_TRUE(read(zip)->unlisted.empty());
  EXPECT_EQ(read(zip + block)->unlisted, (std::vector<Extent>{{zip.size(), 100}}));
  EXPECT_EQ(read(block + zip)->unlisted, (std::vector<Extent>{{0, 100}}));
  EXPECT_EQ(read(zip + zip)->unlisted, (std::vector<Extent>{{0, zip.size()}}));
  EXPECT_TRUE(read(zip + std::string(100, '\0'))->unlisted.empty());  // Padding.
  EXPECT_TRUE(read(zip + std::string(64, 'j'))->unlisted.empty());    // Too short for anything.
}

TEST(ZipDirectory, SeesThatTheMembersAreInOtherFiles) {
  EXPECT_TRUE(read(patched16(two_members(), kEnd, 4, 1))->multi_volume);
  EXPECT_FALSE(read(two_members())->multi_volume);
}

TEST(ZipDirectory, TellsWhatALockedMemberMustOpenTo) {
  const std::vector<SizeAndSum> first = {{.bytes = 12, .sum = crc32_of("hello, world")}};

  for (const std::string& zip :
       {patched16(two_members(), kCentral, 8, 1), patched16(two_members(), kLocal, 6, 1)}) {
    EXPECT_EQ(read(zip)->locked, first);
    EXPECT_FALSE(read(zip)->encrypted);
  }
  EXPECT_TRUE(read(two_members())->locked.empty());
}

TEST(ZipDirectory, KnowsNothingOfMembersThatAreLockedInAnotherWay) {
  const std::string aes = patched16(patched16(two_members(), kCentral, 10, 99), kLocal, 8, 99);
  const std::string few = zip_of({{.name = "a", .bytes = "12345", .flags = 1}});
  const std::string strong = patched16(two_members(), kCentral, 8, 0x41);
  const std::string masked = patched16(two_members(), kCentral, 8, 0x2000);

  for (const std::string& zip : {aes, few, strong, masked}) {
    EXPECT_TRUE(read(zip)->encrypted);
    EXPECT_TRUE(read(zip)->locked.empty());
  }
}

TEST(ZipDirectory, SeesThatAMembersOwnHeaderTellsSomethingElse) {
  EXPECT_FALSE(read(two_members())->contradicts);
  for (const std::size_t field : {14U, 18U, 22U}) {
    EXPECT_TRUE(read(patched16(two_members(), kLocal, field, 7))->contradicts) << field;
  }
  // With bit 3 the sizes follow the data.
  const std::string streamed = patched16(patched16(two_members(), kLocal, 22, 0), kLocal, 6, 8);
  EXPECT_FALSE(read(streamed)->contradicts);
}

/// One member that is packed to `data` and has no content, by both of its headers.
std::string with_empty_member(std::uint16_t method, const std::string& data) {
  std::string zip = zip_of({{.name = "e", .bytes = data, .packed = false},
                            {.name = "t", .bytes = "a text of some length"}});
  for (const auto& [mark, at] : {std::pair(kLocal, 8U), std::pair(kCentral, 10U)}) {
    const std::size_t header = zip.find(mark);
    zip[header + at] = static_cast<char>(method);
    zip.replace(header + at + 6, 4, 4, '\0');   // The sum.
    zip.replace(header + at + 14, 4, 4, '\0');  // The size.
  }
  return zip;
}

TEST(ZipDirectory, LeavesOutMembersWithoutContentWhateverTheirMethod) {
  const std::string properties("\x09\x02\x05\0\x5D\0\0\x80\0", 9);
  const std::string xz(
      "\xFD"
      "7zXZ\0\0\x04\xE6\xD6\xB4\x46\0\0\0\0\x1C\xDF\x44\x21\x1F\xB6\xF3\x7D\x01\0\0\0\0\x04"
      "YZ",
      32);
  const std::string zstd("\x28\xB5\x2F\xFD\x24\0\x01\0\0\x99\xE9\xD8\x51", 13);
  const std::pair<std::uint16_t, std::string> rows[] = {
      {0, ""},
      {8, std::string("\x03\0", 2)},
      {12, std::string("BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", 14)},
      {14, properties + std::string("\0\x83\xFF\xFB\xFF\xFF\xC0\0\0\0", 10)},
      {14, properties + std::string(5, '\0')},
      {20, zstd},
      {93, zstd},
      {95, xz}};
  for (const auto& [method, data] : rows) {
    SCOPED_TRACE(method);
    EXPECT_EQ(plain_zip(as_bytes_of(with_empty_member(method, data)))->members, 1U);
    if (data.empty()) continue;
    // With a byte more it may be anything, as with a size.
    EXPECT_EQ(plain_zip(as_bytes_of(with_empty_member(method, data + "x")))->members, 2U);
  }
  EXPECT_EQ(plain_zip(as_bytes_of(with_empty_member(98, "ab")))->members, 2U);
}

TEST(ZipDirectory, SaysWhereTheArchiveEnds) {
  EXPECT_EQ(read(two_members() + "a comment or so")->end, two_members().size());
  EXPECT_EQ(read("in front" + two_members())->end, two_members().size() + 8);
}

/// Writers leave other things in the extra fields, also such that are cut off.
TEST(ZipDirectory, PassesOverBrokenExtraFieldsThatItDoesNotNeed) {
  std::string zip = zip_of({{.name = "a", .bytes = "hello, world", .packed = false}});
  const std::size_t central = zip.find(kCentral);
  zip.insert(central + 47, std::string("\xFE\xCA\x20\0", 4));
  zip[central + 30] = 4;
  zip[zip.find(kEnd) + 12] = static_cast<char>(46 + 1 + 4);

  EXPECT_TRUE(read(zip)) << read(zip).error().what;
  zip.replace(central + 24, 4, std::string(4, '\xFF'));
  EXPECT_FALSE(read(zip)) << "now it is needed";
}

TEST(ZipDirectory, ReportsTheLargestClaim) {
  const auto zip = read(zip_of({{.name = "a", .bytes = "x", .claimed_bytes = 4'000'000'000}}));

  ASSERT_TRUE(zip);
  EXPECT_EQ(zip->member_bytes_max, 4'000'000'000U);
}

/// One member whose sizes and offset are in the zip64 field, with a zip64 end record.
std::string zip64(std::uint64_t claimed) {
  std::string zip = zip_of({{.name = "a", .bytes = "hello, world", .packed = false}});
  const std::size_t central_at = zip.find(kCentral);
  std::string central = zip.substr(central_at, 46 + 1);
  ByteWriter extra;
  extra.u16(1);
  extra.u16(24);
  extra.u64(claimed);
  extra.u64(12);
  extra.u64(0);
  const std::string field = std::move(extra).take();
  central.replace(20, 8, std::string(8, '\xFF'));
  central[30] = static_cast<char>(field.size());
  central.replace(42, 4, std::string(4, '\xFF'));
  central += field;
  ByteWriter end;
  end.u32(0x06064b50);
  end.u64(44);
  end.u32(0);
  end.u64(0);
  end.u64(1);
  end.u64(1);
  end.u64(central.size());
  end.u64(central_at);
  end.u32(0x07064b50);
  end.u32(0);
  end.u64(central_at + central.size());
  end.u32(1);
  end.u32(0x06054b50);
  end.u32(0);
  end.u16(0xFFFF);
  end.u16(0xFFFF);
  end.u32(0xFFFFFFFF);
  end.u32(0xFFFFFFFF);
  end.u16(0);
  return zip.substr(0, central_at) + central + std::move(end).take();
}

TEST(ZipDirectory, TakesEveryFieldOfAllOnesFromTheLongerRecord) {
  std::string zip = zip64(12);
  zip.replace(zip.find(kEnd) + 4, 4, std::string(4, '\xFF'));

  ASSERT_TRUE(read(zip));
  EXPECT_FALSE(read(zip)->multi_volume);
  EXPECT_EQ(read(zip)->entries, 1U);
}

TEST(ZipDirectory, FindsTheLongerRecordBehindItsOwnExtension) {
  std::string zip = zip64(12);
  const std::size_t record = zip.find("PK\x06\x06");
  zip.insert(record + 56, "an extension");
  zip[record + 4] = 44 + 12;

  ASSERT_TRUE(read(zip)) << read(zip).error().what;
  EXPECT_EQ(read(zip)->entries, 1U);
}

TEST(ZipDirectory, NeedsNoOffsetWhereNothingIsInFront) {
  std::string zip = two_members();
  zip.replace(zip.find(kEnd) + 16, 4, std::string(4, '\xFF'));

  ASSERT_TRUE(read(zip)) << read(zip).error().what;
  EXPECT_EQ(read(zip)->entries, 3U);
}

TEST(ZipDirectory, ReadsZip64) {
  const auto zip = read(zip64(5'000'000'000));

  ASSERT_TRUE(zip) << zip.error().what;
  EXPECT_EQ(zip->entries, 1U);
  EXPECT_EQ(zip->member_bytes_max, 5'000'000'000U);
}

TEST(ZipDirectory, RefusesWhatContradictsItself) {
  const std::string good = two_members();
  const std::pair<const char*, std::string> kLies[] = {
      {"the end is missing", good.substr(0, good.size() - 1)},
      {"cut in the middle", good.substr(0, 60)},
      {"one member more than there is", patched16(good, kEnd, 10, 4)},
      {"one member less", patched16(good, kEnd, 10, 2)},
      {"directory larger than the file", patched16(good, kEnd, 12, 0xFFF0)},
      {"directory too short", patched16(good, kEnd, 12, 50)},
      {"directory behind the end", patched16(good, kEnd, 16, 0xFFF0)},
      {"a member's name runs out of the directory", patched16(good, kCentral, 28, 0x7000)},
      {"a member starts elsewhere", patched16(good, kCentral, 42, 7)},
      {"a member ends outside", patched16(good, kCentral, 22, 0x7000)},
      {"the two headers name different methods", patched16(good, kLocal, 8, 0)},
      {"zip64 locator without its record",
       [&] {
         std::string zip = zip64(12);
         zip[zip.find("PK\x06\x06")] = 'X';
         return zip;
       }()},
      {"only end records",
       [] {
         std::string many;
         for (int i = 0; i < 100; ++i) many += std::string(kEnd) + std::string(18, '\xFF');
         return many;
       }()},
  };
  for (const auto& [lie, bytes] : kLies) {
    SCOPED_TRACE(lie);

    const auto zip = read(bytes);

    EXPECT_FALSE(zip);
  }
}

TEST(ZipDirectory, SaysWhenThereIsNone) {
  EXPECT_EQ(read("").error().code, Errc::not_found);
  EXPECT_EQ(read(std::string(100'000, 'P')).error().code, Errc::not_found);
}

/// Every byte of an archive, set to three values: an answer each time, nothing else.
TEST(ZipDirectory, SurvivesAnyDamagedByte) {
  for (const std::string& good : {two_members(), zip64(77)}) {
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const char value : {'\0', '\x7F', '\xFF'}) {
        std::string bad = good;
        bad[i] = value;
        (void)read(bad).ok();
      }
    }
    for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(read(good.substr(0, n)));
  }
}

}  // namespace
}  // namespace cordon
