#include "updates/freshclam.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cordon {
namespace {

namespace fs = std::filesystem;

class FreshclamTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "freshclam-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    fs::create_directories(folder_ / "staging");
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// A program that stands in for freshclam. $directory is where it is told to write.
  Result<void> run(const std::string& script, Deadline deadline = Deadline::never()) {
    const fs::path program = folder_ / "freshclam";
    std::ofstream(program) << "#!/bin/sh\nconfig=${1#--config-file=}\n"
                              "directory=$(sed -n 's/^DatabaseDirectory \"\\(.*\\)\"/\\1/p' "
                              "\"$config\")\n"
                           << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
    Freshclam source({.program = program.string()}, environment_, clock_);
    return source.fetch(folder_ / "staging", deadline, {});
  }

  fs::path folder_;
  RealClock clock_;
  Environment environment_{{{"PATH", "/usr/bin:/bin"}, {"AWS_SECRET_ACCESS_KEY", "secret"}}};
};

TEST_F(FreshclamTest, WritesIntoTheStagingDirectoryAndLeavesNothingElse) {
  const auto done = run("echo signatures > \"$directory/daily.cvd\"");

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_TRUE(fs::exists(folder_ / "staging/daily.cvd"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "staging"), {}), 1);
}

TEST_F(FreshclamTest, GetsNoCredentials) {
  EXPECT_TRUE(run("test -z \"$AWS_SECRET_ACCESS_KEY\" && test -n \"$PATH\""));
}

TEST_F(FreshclamTest, ItsFailureIsToldInItsOwnWords) {
  const auto done = run("echo 'Checking'; echo 'ERROR: mirror is away'; exit 58");

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::unavailable);
  EXPECT_NE(done.error().what.find("exit 58"), std::string::npos);
  EXPECT_NE(done.error().what.find("mirror is away"), std::string::npos) << done.error().what;
}

TEST_F(FreshclamTest, OneThatHangsIsEnded) {
  const auto done = run("exec sleep 1000", Deadline::after(clock_, std::chrono::milliseconds(50)));

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::timeout);
}

TEST_F(FreshclamTest, OneThatIsMissingSaysWhatToInstall) {
  Freshclam source({.program = "/nonexistent/freshclam"}, environment_, clock_);

  const auto done = source.fetch(folder_ / "staging", Deadline::never(), {});

  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.find("clamav-freshclam"), std::string::npos) << done.error().what;
}

TEST(FreshclamConfiguration, HoldsNothingThatAMirrorsAddressCouldAdd) {
  EXPECT_FALSE(freshclam_configuration("/s", "https://m\nOnUpdateExecute evil", "me"));
  EXPECT_FALSE(freshclam_configuration("/s", "file:///etc", "me"));
  const auto text = freshclam_configuration("/s", "https://mirror.example/clamav", "me");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("PrivateMirror https://mirror.example/clamav\n"), std::string::npos);
  EXPECT_NE(text->find("DatabaseDirectory \"/s\"\n"), std::string::npos);
}

}  // namespace
}  // namespace cordon
