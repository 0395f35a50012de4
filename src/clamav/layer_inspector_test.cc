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

TEST(LayerInspector, FindsNothingWrongWithOrdinaryContent) {
  EXPECT_EQ(inspect("CL_TYPE_TEXT_ASCII", "hello"), LayerFindings{});
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", std::string(1000, '\xAA')), LayerFindings{});
  EXPECT_EQ(inspect("CL_TYPE_MSEXE", "MZ" + std::string(1000, 'x')), LayerFindings{});
}

TEST(LayerInspector, AsksForARawPassWhereTheEngineDoesNotSearch) {
  EXPECT_TRUE(inspect("CL_TYPE_IGNORED", "ID3 and so on").raw_pass);
  EXPECT_TRUE(inspect("CL_TYPE_HTML", "<html>").raw_pass);
}

TEST(LayerInspector, CountsTheMembersThatTheEngineMustOpen) {
  const std::string zip =
      zip_of({{.name = "a", .bytes = "123456"}, {.name = "b", .bytes = "12345"}});

  EXPECT_EQ(inspect("CL_TYPE_ZIP", zip).children_expected, 1U);
  EXPECT_EQ(inspect("CL_TYPE_OOXML_WORD", zip).children_expected, 1U);
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

  EXPECT_EQ(inspect("CL_TYPE_RAR", rar4).unpack_at, 0U);
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", rar5).unpack_at, 0U);
  EXPECT_EQ(inspect("CL_TYPE_MSEXE", "MZ" + constant + rar5).unpack_at, 36U);
  EXPECT_EQ(inspect("CL_TYPE_GIF", "GIF89a" + rar5).unpack_at, 6U);
  EXPECT_EQ(inspect("CL_TYPE_POSIX_TAR", "head" + rar5).unpack_at, std::nullopt);
  EXPECT_EQ(inspect("CL_TYPE_ELF",
                    "\x7F"
                    "ELF" +
                        constant),
            LayerFindings{});
}

TEST(LayerInspector, UnpacksStreamsThatTheEngineDoesNotKnow) {
  for (const std::string& stream :
       {std::string("\x28\xB5\x2F\xFD stream"), std::string("\x04\x22\x4D\x18 stream"),
        std::string("LZIP\x01 stream"), std::string("\x1F\x9D stream"),
        std::string("\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF stream", 20)}) {
    const LayerFindings findings = inspect("CL_TYPE_BINARY_DATA", stream);

    EXPECT_EQ(findings.unpack_at, 0U);
    EXPECT_EQ(findings.unpack_as, ArchiveKind::stream);
  }
}

TEST(LayerInspector, RecognisesEncryptedOffice) {
  std::string entry("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0\0\0", 34);
  entry.resize(128, '\0');
  entry[64] = 34;
  const std::string document = std::string(1024, 'x') + entry;

  EXPECT_TRUE(inspect("CL_TYPE_MSOLE2", document).office_package);
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

  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSOLE2", head + word)), Reason::encrypted);
  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSOLE2", head + excel)), Reason::encrypted);
  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSOLE2", head + std::string(64, 'h') + excel)),
            Reason::encrypted);  // In the mini stream.
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

TEST(LayerInspector, WalksThroughWhatTheEngineUnpacksWithoutAWordAboutItsEnd) {
  EXPECT_EQ(inspect("CL_TYPE_GZ", "\x1F\x8B").walk_as, ArchiveKind::gzip);
  EXPECT_EQ(inspect("CL_TYPE_XZ", "\xFD").walk_as, ArchiveKind::xz);
  EXPECT_EQ(inspect("CL_TYPE_POSIX_TAR", "name").walk_as, ArchiveKind::tar);
  EXPECT_EQ(inspect("CL_TYPE_CPIO_NEWC", "070701").walk_as, ArchiveKind::cpio);
}

TEST(LayerInspector, UnpacksPackagesAndLha) {
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", "!<arch>\n").unpack_at, 0U);
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", "\x18\x40-lh5-" + std::string(20, 'x')).unpack_at, 0U);
  EXPECT_EQ(inspect("CL_TYPE_BINARY_DATA", "\xED\xAB\xEE\xDB").unpack_as, ArchiveKind::stream);
}

TEST(LayerInspector, NamesFormatsThatNothingOpens) {
  EXPECT_EQ(only_reason(inspect("CL_TYPE_BINARY_DATA", std::string("MSWIM\0\0\0 image", 14))),
            Reason::unsupported);
  EXPECT_EQ(only_reason(inspect("CL_TYPE_BINARY_DATA", "LUKS\xBA\xBE volume")), Reason::encrypted);
  std::string cabinet("MSCF\0\0\0\0", 8);
  cabinet.resize(60, 'x');
  cabinet[30] = 2;
  EXPECT_EQ(only_reason(inspect("CL_TYPE_MSCAB", cabinet)), Reason::unsupported);
  cabinet[30] = 4;
  EXPECT_EQ(inspect("CL_TYPE_MSCAB", cabinet), LayerFindings{});
}

TEST(LayerInspector, UnpacksBzip2AgainForTheEngineStopsAtTheFirstStream) {
  const LayerFindings findings = inspect("CL_TYPE_BZ", "BZh91AY&SY and so on");

  EXPECT_EQ(findings.unpack_at, 0U);
  EXPECT_EQ(findings.unpack_as, ArchiveKind::stream);
}

}  // namespace
}  // namespace cordon
