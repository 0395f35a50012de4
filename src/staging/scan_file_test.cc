#include "staging/scan_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_scanner.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

constexpr WindowSizes kWindows{.bytes = 1000, .overlap_bytes = 100};
const std::string kHarm = FakeScanner::kHarmful;

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i * i / 7) % 26);
  return text;
}

class ScanFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/cordon-scan-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& content) {
    std::ofstream(directory_ / "f") << content;
    return directory_ / "f";
  }
  Result<ScanResult> scan(const std::filesystem::path& path) {
    return scan_file(path, {.stage = {.spool_directory = directory_}}, scanner_, clock_, random_,
                     Deadline::never(), {});
  }

  std::filesystem::path directory_;
  SimulatedClock clock_;
  SeededRandom random_;
  FakeScanner scanner_{clock_};
};

TEST_F(ScanFileTest, ReportsAFileAsAnObjectWithoutABucket) {
  const auto path = write(FakeScanner::kHarmful);

  Result<ScanResult> result = scan(path);

  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->verdict.disposition, Disposition::infected);
  EXPECT_EQ(result->path, path.string());
  EXPECT_EQ(result->bucket, std::nullopt);
  EXPECT_EQ(result->source, EventSource::cli);
  EXPECT_EQ(result->sha256, hex(sha256(FakeScanner::kHarmful)));
  EXPECT_EQ(result->engine, "Fake 1.0");
}

TEST_F(ScanFileTest, AnEmptyFileIsClean) {
  EXPECT_EQ(scan(write(""))->verdict, clean_verdict(0));
  EXPECT_EQ(scanner_.scans(), 0U);
}

TEST_F(ScanFileTest, AnEngineThatFailsNeverMeansClean) {
  const auto path = write("x");
  scanner_.answer_next(Error{Errc::worker_died, "crash"});
  EXPECT_EQ(scan(path)->verdict.reason, Reason::engine_crash);
  scanner_.answer_next(Error{Errc::timeout, "slow"});
  EXPECT_EQ(scan(path)->verdict.reason, Reason::timeout);
  scanner_.answer_next(Error{Errc::unavailable, "no engine"});
  EXPECT_EQ(scan(path).error().code, Errc::unavailable);
}

TEST_F(ScanFileTest, WhatIsNoFileIsAnError) {
  EXPECT_EQ(scan(directory_ / "none").error().code, Errc::not_found);
  EXPECT_EQ(scan(directory_).error().code, Errc::invalid);
}

TEST_F(ScanFileTest, AFileThatMayNotBeReadIsAVerdict) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const auto path = write("x");
  std::filesystem::permissions(path, std::filesystem::perms::none);

  EXPECT_EQ(scan(path)->verdict.reason, Reason::access_denied);
}

class LargeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/cordon-large-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Result<ScanResult> scan(const std::string& content) {
    std::ofstream(directory_ / "f") << content;
    return scan_file(
        directory_ / "f",
        {.stage = {.spool_directory = directory_, .memory_bytes_max = 10, .windows = kWindows},
         .spool_bytes_max = 1500},
        scanner_, clock_, random_, Deadline::never(), {});
  }

  std::filesystem::path directory_;
  SimulatedClock clock_;
  SeededRandom random_;
  FakeScanner scanner_{clock_};
};

TEST_F(LargeFileTest, AFileGoesTheSameWay) {
  const std::string content = pattern(5'000);

  const Result<ScanResult> clean = scan(content);
  const Result<ScanResult> infected = scan(content + kHarm + content);

  ASSERT_TRUE(clean && infected);
  EXPECT_EQ(clean->verdict, clean_verdict(5'000));
  EXPECT_EQ(clean->sha256, hex(sha256(content)));
  EXPECT_EQ(infected->verdict.disposition, Disposition::infected);
  EXPECT_EQ(infected->sha256, hex(sha256(content + kHarm + content)));
}

}  // namespace
}  // namespace cordon
