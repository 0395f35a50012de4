#include "results/outbox_folders.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "testing/temporary_folder.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

TEST(OutboxFolders, AnAgentAloneHasTheFirst) {
  TemporaryFolder place;

  const auto folders = open_outbox_folders(place.path()).value();

  ASSERT_EQ(folders.size(), 1U);
  EXPECT_EQ(folders[0]->path(), place.path() / "0");
}

TEST(OutboxFolders, AgentsOfOneDiskHaveAFolderEach) {
  TemporaryFolder place;
  const auto first = open_outbox_folders(place.path()).value();

  const auto second = open_outbox_folders(place.path()).value();

  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0]->path(), place.path() / "1");
}

TEST(OutboxFolders, WhoStartsTakesWhatWasLeftBehind) {
  TemporaryFolder place;
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
  TemporaryFolder place;
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
