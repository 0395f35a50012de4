#include "engine/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "base/files.h"

namespace cordon {
namespace {

constexpr std::string_view kPrefix = "engine-";
constexpr int kAttemptsMax = 8;

UniqueFd lock(const std::filesystem::path& path) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) directory.reset();
  return directory;
}

}  // namespace

Result<ScratchDirectory> ScratchDirectory::make(const std::filesystem::path& parent) {
  if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_error("making the scratch directory " + parent.string(), errno);
  }
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    std::string path = std::filesystem::absolute(parent) / (std::string(kPrefix) + "XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) {
      return errno_error("making a directory in " + parent.string(), errno);
    }
    UniqueFd held = lock(path);
    struct stat status {};
    // Between the two calls another agent's sweep may have taken it for a dead owner's.
    if (held && ::fstat(held.get(), &status) == 0 && status.st_nlink > 0) {
      return ScratchDirectory(path, std::move(held));
    }
  }
  return Error{Errc::unavailable, "cannot lock a directory in " + parent.string()};
}

int ScratchDirectory::sweep(const std::filesystem::path& parent) {
  int removed = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(parent, failed)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const UniqueFd held = lock(entry.path());
    if (!held) continue;
    std::error_code ignored;
    std::filesystem::remove_all(entry.path(), ignored);
    ++removed;
  }
  return removed;
}

ScratchDirectory::~ScratchDirectory() {
  if (!lock_) return;  // Moved from.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cordon
