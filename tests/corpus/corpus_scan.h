#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "clamav/clamav_scanner.h"

namespace cordon {

/// The engine with the repository's signatures, and a temporary directory for each test.
class CorpusTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Loaded once per process.
  static ClamavEngine& engine();

  /// "Clean", "Unscannable encrypted", "no verdict: timeout", ...
  std::string verdict_on(std::string_view bytes) { return verdict_on(engine(), bytes); }
  std::string verdict_on(ClamavEngine& engine, std::string_view bytes);
  std::string verdict_on_file(const std::filesystem::path& file);

  std::chrono::seconds time_max_{120};
  ScanPolicy policy_;
  std::filesystem::path temp_;
  std::string details_;  ///< Message or names of the last verdict.

 private:
  std::string verdict_on(ClamavEngine& engine, const UniqueFd& content, std::uint64_t bytes);

  const RealClock clock_;
};

}  // namespace cordon
