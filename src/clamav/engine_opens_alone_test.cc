#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/files.h"
#include "clamav/clamav_scanner.h"
#include "clamav/sample_archives.h"

// What only the engine opens, and whose headers tell what must come out: ARJ, and zips with a
// password that stands in the signature set (.pwdb). The archives are made by the programs that
// people use.

namespace cordon {
namespace {

namespace fs = std::filesystem;

/// "secret" for zips, and "other" for whatever.
constexpr const char* kPasswords =
    "Test.Zip;Engine:81-255,Container:CL_TYPE_ZIP;0;secret\n"
    "Test.Any;Engine:81-255,Container:CL_TYPE_ANY;0;other\n";

class EngineOpensAloneTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "passwords-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directory(folder_ / "signatures");
    for (const auto& file : fs::directory_iterator(CORDON_SIGNATURES_DIR)) {
      if (file.path().extension() != ".md") fs::copy(file.path(), folder_ / "signatures");
    }
    std::ofstream(folder_ / "signatures" / "own.pwdb") << kPasswords;
    for (int i = 0; i < 500; ++i) {
      std::ofstream(folder_ / "a.txt", std::ios::app) << "line " << i << " of a text\n";
      std::ofstream(folder_ / "b.txt", std::ios::app) << "another text, line " << i << "\n";
    }
    std::ofstream(folder_ / "e.txt") << eicar();
    std::ofstream(folder_ / "few") << "abc";
    std::ofstream(folder_ / "nothing");
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// The verdict on the file `name` after `command` was run in the folder.
  std::string said(const std::string& command, const std::string& name = "z.zip") {
    fs::remove(folder_ / name);
    const std::string line =
        "cd '" + folder_.string() + "' && (" + command + ") >log 2>&1 </dev/null";
    EXPECT_EQ(std::system(line.c_str()), 0) << command;
    return verdict_on(file(name));
  }
  std::string file(const std::string& name) const {
    return read_small_file(folder_ / name, 1U << 20U).value();
  }
  std::string verdict_on(const std::string& bytes) {
    UniqueFd fd(::memfd_create("sample", MFD_CLOEXEC));
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    if (!engine_)
      engine_.emplace(ClamavEngine::load({.signatures = folder_ / "signatures"}).value());
    ClamavScanner scanner(*engine_, {.temp_directory = folder_}, clock_);
    const auto report = scanner.scan(fd, bytes.size(), Deadline::never(), {});
    if (!report) return report.error().what;
    std::string text(name_of(report->verdict.disposition));
    if (report->verdict.reason) text += " " + std::string(name_of(*report->verdict.reason));
    return text;
  }

  const RealClock clock_;
  fs::path folder_;
  std::optional<ClamavEngine> engine_;
};

TEST_F(EngineOpensAloneTest, OpensWhatAPasswordOfTheSetLocks) {
  for (const std::string command :
       {"zip -q -P secret z.zip a.txt", "zip -q -0 -P secret z.zip a.txt",
        "zip -q -P secret z.zip a.txt b.txt",
        "cp a.txt c.txt && zip -q -P secret z.zip a.txt c.txt", "zip -q -P other z.zip a.txt",
        "zip -q z.zip b.txt && zip -q -P secret z.zip a.txt",
        "zip -q -P secret z.zip a.txt && zip -q -P other z.zip b.txt",
        "zip -q -P secret y.zip a.txt && zip -q z.zip y.zip",
        "zip -q -P secret y.zip a.txt && tar -cf z.zip y.zip b.txt"}) {
    EXPECT_EQ(said(command), "Clean") << command;
  }
}

TEST_F(EngineOpensAloneTest, FindsWhatIsInside) {
  EXPECT_EQ(said("zip -q -P secret z.zip a.txt e.txt"), "Infected");
}

TEST_F(EngineOpensAloneTest, LeavesEveryOtherMemberLocked) {
  for (const std::string command :
       {"zip -q -P unknown z.zip a.txt",
        "zip -q -P secret z.zip a.txt && zip -q -P unknown z.zip b.txt",
        "7z a -tzip -mem=AES256 -psecret z.zip a.txt",
        "zip -q -P secret z.zip a.txt && 7z a -tzip -mem=AES256 -psecret z.zip b.txt",
        "zip -q -P secret x.zip a.txt && zip -q -P unknown y.zip b.txt && zip -q z.zip x.zip y.zip",
        // Of so few bytes nothing is shown.
        "zip -q -P secret z.zip few a.txt"}) {
    EXPECT_EQ(said(command), "Unscannable encrypted") << command;
  }
}

TEST_F(EngineOpensAloneTest, TakesAPasswordForNothingWhenSomethingElseComesOut) {
  ASSERT_EQ(said("zip -q -P secret z.zip a.txt"), "Clean");
  std::string zip = file("z.zip");
  zip[zip.rfind("PK\x01\x02") + 16] ^= '\x01';  // The sum that the directory tells.

  EXPECT_EQ(verdict_on(zip), "Unscannable encrypted");
}

/// One of the two is opened, and its layer is none of the other's.
TEST_F(EngineOpensAloneTest, TakesNoArchiveForAnother) {
  const std::string make =
      "zip -q -P secret x.zip a.txt && zip -q -P unknown y.zip a.txt && zip -q z.zip x.zip y.zip";

  EXPECT_EQ(said(make), "Unscannable encrypted");
}

TEST_F(EngineOpensAloneTest, TakesTheMembersOfAnArjFromItsHeaders) {
  for (const std::string command :
       {"arj a -i z.arj a.txt", "arj a -i -m0 z.arj a.txt b.txt few",
        "arj a -i -m4 z.arj a.txt nothing", "arj a -i -m3 z.arj a.txt b.txt",
        "cp a.txt c.txt && arj a -i z.arj a.txt b.txt c.txt",
        "arj a -i y.arj a.txt && arj a -i z.arj y.arj"}) {
    EXPECT_EQ(said(command, "z.arj"), "Clean") << command;
  }
  EXPECT_EQ(said("arj a -i z.arj a.txt e.txt", "z.arj"), "Infected");
}

TEST_F(EngineOpensAloneTest, MissesAMemberOfAnArjThatDoesNotComeOut) {
  ASSERT_EQ(said("arj a -i -m0 z.arj a.txt", "z.arj"), "Clean");
  const std::string arj = file("z.arj");
  const std::size_t basic = arj.find("\x60\xEA", 2) + 4;  // Of the member's header.
  const auto bytes = static_cast<std::size_t>(static_cast<unsigned char>(arj[basic - 2]));
  const auto changed = [&](std::size_t field, char by) {
    std::string other = arj;
    other[basic + field] = static_cast<char>(other[basic + field] ^ by);
    const std::uint32_t sum = crc32_of(std::string_view(other).substr(basic, bytes));
    for (std::size_t i = 0; i < 4; ++i) other[basic + bytes + i] = static_cast<char>(sum >> 8 * i);
    return verdict_on(other);
  };

  EXPECT_EQ(changed(20, 1), "Unscannable coverage") << "another sum";
  EXPECT_EQ(changed(16, 1), "Unscannable coverage") << "another size";
}

}  // namespace
}  // namespace cordon
