#include "engine/landlock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/unique_fd.h"

namespace cordon {
namespace {

/// Runs `deed` in a child that is confined to `directory`; returns its exit status.
int confined(const std::filesystem::path& directory, const std::function<int()>& deed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const UniqueFd held(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!restrict_to_directory(held.get(), kTemporaryDirectoryRights)) ::_exit(99);
    ::_exit(deed());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int opens(const std::string& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0600) >= 0 ? 0 : errno;
}

// Without namespaces Landlock alone keeps a worker in its directory.
TEST(Landlock, KeepsAProcessInItsDirectory) {
  if (landlock_abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  std::string name = testing::TempDir() + "landlock-XXXXXX";
  const std::filesystem::path inside = ::mkdtemp(name.data());
  const std::string beside = inside.string() + "-beside";

  EXPECT_EQ(confined(inside, [&] { return opens(inside / "new", O_WRONLY | O_CREAT); }), 0);
  EXPECT_EQ(confined(inside, [&] { return opens(inside / "new", O_RDWR); }), 0);
  EXPECT_EQ(confined(inside, [&] { return ::unlink((inside / "new").c_str()); }), 0);
  EXPECT_EQ(confined(inside, [&] { return opens(beside, O_WRONLY | O_CREAT); }), EACCES);
  EXPECT_EQ(confined(inside, [&] { return opens("/etc/passwd", O_RDONLY); }), EACCES);
  EXPECT_EQ(confined(inside, [&] { return opens("/proc/self/environ", O_RDONLY); }), EACCES);
  EXPECT_EQ(confined(inside, [&] { return opens("/", O_RDONLY | O_DIRECTORY); }), EACCES);
  EXPECT_EQ(
      confined(inside, [&] { return ::execl("/bin/true", "true", nullptr) == 0 ? 0 : errno; }),
      EACCES);
  EXPECT_EQ(
      confined(inside, [&] { return ::mkfifo((inside / "f").c_str(), 0600) == 0 ? 0 : errno; }),
      EACCES);
  EXPECT_EQ(
      confined(inside, [&] { return ::symlink("/etc", (inside / "l").c_str()) == 0 ? 0 : errno; }),
      EACCES);
  std::filesystem::remove_all(inside);
}

}  // namespace
}  // namespace cordon
