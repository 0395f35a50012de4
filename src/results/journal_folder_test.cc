#include "testing/journal_folder_contract.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "results/disk_folder.h"
#include "testing/fake_journal_folder.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

/// A folder of the test's own that goes with it.
class Place {
 public:
  Place() {
    std::string pattern = testing::TempDir() + "outbox-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Place() { fs::remove_all(path_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class OnDisk {
 public:
  JournalFolder& folder() { return *folder_; }

 private:
  Place place_;
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
  Place place;
  std::unique_ptr<DiskFolder> first = DiskFolder::open(place.path() / "0").value();

  const auto second = DiskFolder::open(place.path() / "0");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause, ErrorCause::place_taken);

  first.reset();
  EXPECT_TRUE(DiskFolder::open(place.path() / "0"));
}

TEST(DiskFolder, IsForThisUserAlone) {
  Place place;
  const std::unique_ptr<DiskFolder> folder = DiskFolder::open(place.path() / "a/0").value();
  ASSERT_TRUE(folder->append("x.journal", "secret"));

  for (const fs::path& path : {place.path() / "a/0", place.path() / "a/0/x.journal"}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << path;
  }
}

TEST(DiskFolder, FollowsNoLinks) {
  Place place;
  const std::unique_ptr<DiskFolder> folder = DiskFolder::open(place.path() / "0").value();
  fs::create_symlink("/etc/passwd", place.path() / "0/x.journal");

  EXPECT_FALSE(folder->append("x.journal", "line"));
  EXPECT_FALSE(folder->read("x.journal", 0, 10));
  EXPECT_TRUE(folder->files()->empty());
  fs::create_symlink(place.path(), place.path() / "1");
  EXPECT_FALSE(DiskFolder::open(place.path() / "1"));
}

TEST(OutboxFolders, AnAgentAloneHasTheFirst) {
  Place place;

  const auto folders = open_outbox_folders(place.path()).value();

  ASSERT_EQ(folders.size(), 1U);
  EXPECT_EQ(folders[0]->path(), place.path() / "0");
}

TEST(OutboxFolders, AgentsOfOneDiskHaveAFolderEach) {
  Place place;
  const auto first = open_outbox_folders(place.path()).value();

  const auto second = open_outbox_folders(place.path()).value();

  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0]->path(), place.path() / "1");
}

TEST(OutboxFolders, WhoStartsTakesWhatWasLeftBehind) {
  Place place;
  {
    const auto first = open_outbox_folders(place.path()).value();
    const auto second = open_outbox_folders(place.path()).value();
    const auto third = open_outbox_folders(place.path()).value();
    ASSERT_TRUE(second[0]->append("0000000000000001.journal", "x"));
    ASSERT_TRUE(third[0]->append("0000000000000001.journal", "y"));
  }
  const auto busy = DiskFolder::open(place.path() / "2").value();

  const auto folders = open_outbox_folders(place.path()).value();

  ASSERT_EQ(folders.size(), 1U) << "what a living agent has is its own";
  EXPECT_EQ(folders[0]->path(), place.path() / "1");
}

TEST(OutboxFolders, SeveralThatWereLeftBehindAreAllTaken) {
  Place place;
  for (const char* number : {"0", "3"}) {
    const auto folder = DiskFolder::open(place.path() / number).value();
    ASSERT_TRUE(folder->append("0000000000000001.journal", "x"));
  }

  const auto folders = open_outbox_folders(place.path()).value();

  ASSERT_EQ(folders.size(), 2U);
  EXPECT_EQ(folders[1]->path(), place.path() / "3");
}

}  // namespace
}  // namespace cordon
