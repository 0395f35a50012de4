#include "clamav/layer_inspector.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

constexpr std::uint64_t kMax = 1'000'000;

LayerFindings inspect(std::string_view type, std::string_view bytes) {
  return inspect_layer(type, as_bytes_of(bytes), kMax);
}

Reason only_reason(const LayerFindings& findings) {
  EXPECT_EQ(findings.problems.size(), 1U);
  return findings.problems.empty() ? Reason::kms : findings.problems.front().reason;
}

Container only_container(const LayerFindings& findings) {
  EXPECT_EQ(findings.containers.size(), 1U);
  return findings.containers.empty() ? Container{} : findings.containers.front();
}

std::optional<std::size_t> rar_at(const LayerFindings& findings) {
  for (const Container& one : findings.containers) {
    if (one.kind == ContainerKind::rar) return one.offset;
  }
  return std::nullopt;
}

TEST(LayerInspector, FindsNothingWrongWithOrdinaryContent) {
  EXPECT_EQ(inspect("CL_TYPE_TEXT_ASCII", "hello"), LayerFindings{});
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", std::string(1000, '\xAA')), LayerFindings{});
  EXPECT_EQ(inspect("CL_TYPE_MSEXE", "MZ" + std::string(1000, 'x')), LayerFindings{});
}

TEST(LayerInspector, AsksForARawPassWhereTheEngineDoesNotSearch) {
  EXPECT_TRUE(inspect("CL_TYPE_IGNORED", "ID3 and so on").raw_pass);
  EXPECT_TRUE(inspect("CL_TYPE_HTML", "<html>").raw_pass);
}

TEST(LayerInspector, AwaitsWhatAZipHolds) {
  const std::string zip =
      zip_of({{.name = "a", .bytes = "123456"}, {.name = "b", .bytes = "12345"}});

  const Container whole{
      .kind = ContainerKind::zip, .offset = 0, .bytes = zip.size(), .behind_bytes = zip.size()};
  EXPECT_EQ(only_container(inspect("CL_TYPE_ZIP", zip)), whole);
  EXPECT_EQ(only_container(inspect("CL_TYPE_OOXML_WORD", zip)), whole);
  EXPECT_EQ(only_container(inspect("CL_TYPE_ZIP", zip + "behind")), whole);
}

TEST(LayerInspector, ReportsWhatAZipHides) {
  EXPECT_EQ(only_reason(inspect("CL_TYPE_ZIP", zip_of({{.name = "a", .bytes = "x", .flags = 1}}))),
            Reason::encrypted);
  EXPECT_EQ(only_reason(inspect("CL_TYPE_ZIP",
                                zip_of({{.name = "a", .bytes = "x", .claimed_bytes = kMax}}))),
            Reason::too_large);
  EXPECT_EQ(
      only_reason(inspect("CL_TYPE_ZIP", zip_of({{.name = "a", .bytes = "x"}}).substr(0, 40))),
      Reason::unsupported);
}

TEST(LayerInspector, TellsWhatALockedMemberOfAZipMustOpenTo) {
  const std::string content = "what a password opens";
  const std::string zip = zip_of({{.name = "a", .bytes = content, .flags = 1}});
  const std::vector<SizeAndSum> expected = {{.bytes = content.size(), .sum = crc32_of(content)}};

  for (const std::string head :
       {"", "data in front of it, of more than 64 bytes, so that it counts"}) {
    const LayerFindings findings =
        inspect(head.empty() ? "CL_TYPE_ZIP" : "CL_TYPE_GIF", head + zip);
    EXPECT_EQ(findings.locked, expected);
    EXPECT_TRUE(findings.problems.empty());
  }
}

TEST(LayerInspector, LooksIntoZipsBehindPrograms) {
  const std::string program = "MZ" + std::string(300, 'x');
  const std::string locked = zip_of({{.name = "a", .bytes = "x", .flags = 1}});

  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSEXE", program + locked)), Reason::encrypted);
}

TEST(LayerInspector, ReportsAPartThatWasCutAtTheLimit) {
  EXPECT_EQ(only_reason(inspect("CL_TYPE_BINARY_DATA", std::string(kMax, 'x'))), Reason::too_large);
}

TEST(LayerInspector, UnpacksRarWhereverItStands) {
  const std::string rar4("Rar!\x1A\x07\x00\x90\xCF\x73\0\0\x0D\0\0\0\0\0\0\0", 20);
  const std::string rar5("Rar!\x1A\x07\x01\x00\x01\x02\x03\x04\x08\x01\0\0\0\0\0\0", 20);
  const std::string constant("Rar!\x1A\x07\x00 is only a constant in here", 34);

  EXPECT_EQ(rar_at(inspect("CL_TYPE_RAR", rar4)), 0U);
  EXPECT_EQ(rar_at(inspect("CL_TYPE_BINARY_DATA", rar5)), 0U);
  EXPECT_EQ(rar_at(inspect("CL_TYPE_MSEXE", "MZ" + constant + rar5)), 36U);
  EXPECT_EQ(rar_at(inspect("CL_TYPE_GIF", "GIF89a" + rar5)), 6U);
  EXPECT_EQ(rar_at(inspect("CL_TYPE_POSIX_TAR", tar_of("a", "head" + rar5))), std::nullopt);
  EXPECT_EQ(inspect("CL_TYPE_ELF",
                    "\x7F"
                    "ELF" +
                        constant),
            LayerFindings{});
}

TEST(LayerInspector, RecognisesEncryptedOffice) {
  std::string entry("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0\0\0", 34);
  entry.resize(128, '\0');
  entry[64] = 34;
  const std::string document = std::string(1024, 'x') + entry;

  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", document).office, OfficeLock::package);
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", document).problems, std::vector<LayerProblem>{});
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", "y" + document), LayerFindings{});
}

TEST(LayerInspector, RecognisesEncryptedBinaryOffice) {
  const std::string head(512, 'h');
  std::string word("\xEC\xA5\xC1\0\0\0\x09\x04\0\0\0\x11", 12);
  std::string excel("\x09\x08\x10\0\0\x06\x05\0", 8);
  excel += std::string(12, '\0') + std::string("\x2F\0\x36\0", 4);
  word.resize(512, '\0');
  excel.resize(512, '\0');

  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + word).office, OfficeLock::content);
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + excel).office, OfficeLock::workbook);
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + std::string(64, 'h') + excel).office,
            OfficeLock::workbook);  // In the mini stream.
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + excel + word).office, OfficeLock::content);
  word[11] = '\x10';
  excel[20] = '\x30';
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + word), LayerFindings{});
  EXPECT_EQ(inspect("CL_TYPE_MSOLE2", head + excel), LayerFindings{});
}

TEST(LayerInspector, SeesLockedZipsBehindAnything) {
  const std::string locked = zip_of({{.name = "a", .bytes = "x", .flags = 1}});

  for (const char* type : {"CL_TYPE_GIF", "CL_TYPE_PDF", "CL_TYPE_IGNORED", "CL_TYPE_HTML"}) {
    EXPECT_EQ(only_reason(inspect(type, "head" + locked)), Reason::encrypted) << type;
  }
}

TEST(LayerInspector, ShowsIgnoredTypesToTheEngineAsData) {
  EXPECT_TRUE(inspect("CL_TYPE_IGNORED", "ID3 and so on").scan_as_data);
  EXPECT_FALSE(inspect("CL_TYPE_HTML", "<html>").scan_as_data);
}

TEST(LayerInspector, ScansWhatAScriptCarriesOnItsOwn) {
  const std::string script = "#!/bin/sh\nexit 0\n";
  const std::string gzip = gzip_of(std::string(400, 'a') + std::string(400, '\xFE'));

  const LayerFindings known = inspect("CL_TYPE_TEXT_ASCII", script + gzip);
  const LayerFindings unknown = inspect("CL_TYPE_BINARY_DATA", script + std::string(300, '\x01'));

  EXPECT_EQ(known.apart, (std::vector<Extent>{{script.size(), gzip.size()}}));
  EXPECT_TRUE(known.problems.empty());
  EXPECT_EQ(only_reason(unknown), Reason::unsupported);
}

TEST(LayerInspector, LeavesTextAloneThatBeginsLikeAnArchive) {
  EXPECT_TRUE(inspect("CL_TYPE_CPIO_NEWC", "070701;100;2.5\n").problems.empty());
  EXPECT_TRUE(inspect("CL_TYPE_BZ", "BZh is the mark of bzip2.\n").problems.empty());
  EXPECT_EQ(inspect("CL_TYPE_TEXT_ASCII", "hsqs,1,2,3\n"), LayerFindings{});
}

TEST(LayerInspector, HasASecondReaderForWhatTheEngineOpensAndForWhatItDoesNot) {
  const std::pair<const char*, std::string> kRows[] = {
      {"CL_TYPE_GZ", gzip_of("x")},
      {"CL_TYPE_POSIX_TAR", tar_of("a", "x")},
      {"CL_TYPE_BINARY_DATA", std::string("\x28\xB5\x2F\xFD stream")},
      {"CL_TYPE_BZ", "BZh91AY&SY and so on"},
      {"CL_TYPE_BINARY_DATA", "!<arch>\n"},
  };
  for (const auto& [type, content] : kRows) {
    const LayerFindings findings = inspect(type, content);

    EXPECT_EQ(only_container(findings).bytes, content.size()) << type;
    EXPECT_FALSE(findings.scan_as_data) << type;
  }
}

TEST(LayerInspector, KnowsProgramsForFirmware) {
  std::string program = "MZ" + std::string(58, '\0') + std::string("\x40\0\0\0", 4) +
                        std::string("PE\0\0", 4) + std::string(200, '\0');
  EXPECT_FALSE(is_efi_program(as_bytes_of(program)));
  program[0x40 + 24 + 68] = 10;
  EXPECT_TRUE(is_efi_program(as_bytes_of(program)));
  EXPECT_FALSE(is_efi_program(as_bytes_of(program.substr(0, 0x40 + 24 + 68))));
}

TEST(LayerInspector, ReadsBothListsOfAnImage) {
  const LayerFindings findings =
      inspect("CL_TYPE_ISO9660", std::string(32769, '\0') + "CD001" + std::string(100, '\0'));

  ASSERT_EQ(findings.containers.size(), 2U);
  EXPECT_EQ(findings.containers[0].kind, ContainerKind::iso9660);
  EXPECT_EQ(findings.containers[1].kind, ContainerKind::iso9660_plain);
}

TEST(LayerInspector, ShowsAsDataWhatTheEngineTakesForAContainerAndIsNone) {
  const LayerFindings findings = inspect("CL_TYPE_CPIO_NEWC", "070701;100;2.5\n070702;101;2.6\n");

  EXPECT_TRUE(findings.scan_as_data);
  EXPECT_TRUE(findings.containers.empty());
  EXPECT_TRUE(findings.problems.empty());
}

TEST(LayerInspector, ReadsAZipFromItsFrontTooWhenItsTwoListsDiffer) {
  std::string zip = zip_of({{.name = "a", .bytes = "hello world", .packed = false}});
  ASSERT_EQ(inspect("CL_TYPE_ZIP", zip).containers.size(), 1U);
  zip[22] = 5;  // The unpacked size in the member's own header.

  const LayerFindings findings = inspect("CL_TYPE_ZIP", zip);

  ASSERT_EQ(findings.containers.size(), 2U);
  EXPECT_EQ(findings.containers[1].kind, ContainerKind::zip_from_front);
}

TEST(LayerInspector, NamesFormatsThatNothingOpens) {
  EXPECT_EQ(only_reason(inspect("CL_TYPE_BINARY_DATA", std::string("MSWIM\0\0\0 image", 14))),
            Reason::unsupported);
  EXPECT_EQ(only_reason(inspect("CL_TYPE_BINARY_DATA", "LUKS\xBA\xBE volume")), Reason::encrypted);
  std::string cabinet("MSCF\0\0\0\0\x3C\0\0\0\0\0\0\0\x2C\0\0\0", 20);
  cabinet.resize(60, 'x');
  cabinet[30] = 2;
  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSCAB", cabinet)), Reason::unsupported);
  cabinet[30] = 4;
  EXPECT_TRUE(inspect("CL_TYPE_MSCAB", cabinet).problems.empty());
}

}  // namespace
}  // namespace cordon
