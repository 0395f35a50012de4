#include "testing/journal_folder_contract.h"

#include <sys/stat.h>

#include <filesystem>

#include "journal/disk_folder.h"
#include "testing/fake_journal_folder.h"
#include "testing/temporary_folder.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class OnDisk {
 public:
  JournalFolder& folder() { return *folder_; }

 private:
  TemporaryFolder place_;
  std::unique_ptr<DiskFolder> folder_ = DiskFolder::open(place_.path() / "0").value();
};

class InMemory {
 public:
  JournalFolder& folder() { return folder_; }

 private:
  FakeJournalFolder folder_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Disk, JournalFolderContract, OnDisk);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, JournalFolderContract, InMemory);

TEST(DiskFolder, HasOneOwnerAtATime) {
  TemporaryFolder place;
  std::unique_ptr<DiskFolder> first = DiskFolder::open(place.path() / "0").value();

  const auto second = DiskFolder::open(place.path() / "0");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause, ErrorCause::place_taken);

  first.reset();
  EXPECT_TRUE(DiskFolder::open(place.path() / "0"));
}

TEST(DiskFolder, IsForThisUserAlone) {
  TemporaryFolder place;
  const std::unique_ptr<DiskFolder> folder = DiskFolder::open(place.path() / "a/0").value();
  ASSERT_TRUE(folder->append("x.journal", "secret"));

  for (const fs::path& path : {place.path() / "a/0", place.path() / "a/0/x.journal"}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << path;
  }
}

TEST(DiskFolder, FollowsNoLinks) {
  TemporaryFolder place;
  const std::unique_ptr<DiskFolder> folder = DiskFolder::open(place.path() / "0").value();
  fs::create_symlink("/etc/passwd", place.path() / "0/x.journal");

  EXPECT_FALSE(folder->append("x.journal", "line"));
  EXPECT_FALSE(folder->read("x.journal", 0, 10));
  EXPECT_TRUE(folder->files()->empty());
  fs::create_symlink(place.path(), place.path() / "1");
  EXPECT_FALSE(DiskFolder::open(place.path() / "1"));
}

}  // namespace
}  // namespace cordon
