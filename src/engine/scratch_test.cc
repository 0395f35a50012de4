#include "engine/scratch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace cordon {
namespace {

namespace fs = std::filesystem;

class ScratchTest : public testing::Test {
 protected:
  ScratchTest() {
    std::string name = testing::TempDir() + "scratch-XXXXXX";
    parent_ = ::mkdtemp(name.data());
  }
  ~ScratchTest() override { fs::remove_all(parent_); }

  fs::path parent_;
};

TEST_F(ScratchTest, IsClosedToOthersAndGoesWithEverythingInIt) {
  fs::path path;
  {
    auto scratch = ScratchDirectory::make(parent_ / "new");
    ASSERT_TRUE(scratch) << scratch.error().what;
    path = scratch->path();
    fs::create_directories(path / "worker-1" / "tmp" / "deep");
    std::ofstream(path / "worker-1" / "tmp" / "file") << "x";
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
  }

  EXPECT_FALSE(fs::exists(path));
}

TEST_F(ScratchTest, SweepsWhatADeadOwnerLeftAndNothingElse) {
  auto living = ScratchDirectory::make(parent_);
  ASSERT_TRUE(living);
  fs::create_directories(parent_ / "engine-dead01" / "tmp");
  fs::create_directories(parent_ / "somebody-elses");

  EXPECT_EQ(ScratchDirectory::sweep(parent_), 1);

  EXPECT_FALSE(fs::exists(parent_ / "engine-dead01"));
  EXPECT_TRUE(fs::exists(living->path()));
  EXPECT_TRUE(fs::exists(parent_ / "somebody-elses"));
}

TEST_F(ScratchTest, DoesNotFollowLinksOutOfTheDirectory) {
  fs::create_directories(parent_ / "precious");
  std::ofstream(parent_ / "precious" / "file") << "x";
  fs::create_directories(parent_ / "engine-dead01");
  fs::create_symlink(parent_ / "precious", parent_ / "engine-dead01" / "link");
  fs::create_directory_symlink(parent_ / "precious", parent_ / "engine-link00");

  ScratchDirectory::sweep(parent_);

  EXPECT_TRUE(fs::exists(parent_ / "precious" / "file"));
}

TEST_F(ScratchTest, NamesTheDirectoryItCannotMake) {
  const auto scratch = ScratchDirectory::make(parent_ / "missing" / "scratch");

  ASSERT_FALSE(scratch);
  EXPECT_EQ(scratch.error().code, Errc::not_found);
  EXPECT_NE(scratch.error().what.find("missing/scratch"), std::string::npos);
}

}  // namespace
}  // namespace cordon
