// Parser and JSON Schema judge the same examples. The schema's side is done by python3-jsonschema,
// which knows nothing of us.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/files.h"
#include "settings/settings_document.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> examples(const std::string& folder) {
  std::set<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(CORDON_SETTINGS_TESTDATA) / folder)) {
    paths.insert(entry.path());
  }
  return paths;
}

bool parser_accepts(const fs::path& path) {
  const std::string text = read_small_file(path, 1 << 20).value();
  return read_settings(text, format_of(path.string(), text)).settings.has_value();
}

/// What the judge says of each file, by its name; nothing when there is no judge.
std::optional<std::map<std::string, std::string>> judged(const std::set<fs::path>& paths) {
  const fs::path schema =
      fs::path(testing::TempDir()) / ("settings-schema-" + std::to_string(::getpid()) + ".json");
  std::ofstream(schema) << settings_schema();
  std::string command = "/usr/bin/python3 '" CORDON_SETTINGS_TESTDATA "/../schema_oracle.py' '" +
                        schema.string() + "'";
  for (const fs::path& path : paths) command += " '" + path.string() + "'";
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  fs::remove(schema);
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) return std::nullopt;
  EXPECT_EQ(status, 0) << output;
  std::map<std::string, std::string> verdicts;
  std::istringstream lines(output);
  for (std::string verdict, name; lines >> verdict >> name;) verdicts[name] = verdict;
  return verdicts;
}

class SettingsExamples : public testing::TestWithParam<const char*> {};

TEST_P(SettingsExamples, AreJudgedAlikeByParserAndSchema) {
  const std::string folder = GetParam();
  const bool valid = folder == "valid";
  const bool schema_accepts = folder != "invalid";
  const auto verdicts = judged(examples(folder));

  ASSERT_GT(examples(folder).size(), 3U);
  for (const fs::path& path : examples(folder)) {
    SCOPED_TRACE(path.filename());
    EXPECT_EQ(parser_accepts(path), valid);
    if (verdicts) {
      EXPECT_EQ(verdicts->at(path.filename()), schema_accepts ? "accepted" : "refused");
    }
  }
  if (!verdicts) GTEST_SKIP() << "python3-jsonschema is not installed: the schema was not judged";
}

INSTANTIATE_TEST_SUITE_P(All, SettingsExamples,
                         testing::Values("valid", "invalid", "beyond_schema"),
                         [](const auto& folder) { return std::string(folder.param); });

}  // namespace
}  // namespace cordon
