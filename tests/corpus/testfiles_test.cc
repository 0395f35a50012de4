#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <vector>

#include "corpus/corpus_scan.h"

// Debian's own engine, with the same signatures, as an independent judge over Debian's test files
// (packages clamav and clamav-testfiles).

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTestfiles = "/usr/share/clamav-testfiles";
constexpr const char* kClamscan = "/usr/bin/clamscan";

std::set<std::string> reported_by_clamscan() {
  const std::string command = std::string(kClamscan) +
                              " --no-summary --infected '--database=" + CORDON_SIGNATURES_DIR +
                              "' -r " + kTestfiles + " 2>/dev/null";
  std::set<std::string> files;
  std::FILE* out = ::popen(command.c_str(), "r");
  if (out == nullptr) return files;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), out) != nullptr) {
    const std::string text(line.data());
    if (text.find(" FOUND") != std::string::npos) files.insert(text.substr(0, text.find(": ")));
  }
  ::pclose(out);
  return files;
}

TEST_F(CorpusTest, FindsWhateverClamscanFindsInItsTestFiles) {
  if (!fs::exists(kTestfiles)) GTEST_SKIP() << "package clamav-testfiles is not installed";
  if (!fs::exists(kClamscan)) GTEST_SKIP() << "package clamav is not installed";
  const std::set<std::string> reported = reported_by_clamscan();
  ASSERT_GE(reported.size(), 40U);

  for (const std::string& file : reported) {
    SCOPED_TRACE(file);

    EXPECT_EQ(verdict_on_file(file), "Infected") << details_;
  }
}

TEST_F(CorpusTest, FindsEachOfDebiansTestFiles) {
  if (!fs::exists(kTestfiles)) GTEST_SKIP() << "package clamav-testfiles is not installed";
  for (const auto& entry : fs::directory_iterator(kTestfiles)) {
    SCOPED_TRACE(entry.path());

    EXPECT_EQ(verdict_on_file(entry.path()), "Infected") << details_;
  }
}

}  // namespace
}  // namespace cordon
