#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// A directory of one engine process for temporary files, removed with all it holds when this goes.
/// It is locked as long as its owner lives, so that the next start can tell what was left behind by
/// one that was killed.
class ScratchDirectory {
 public:
  /// Makes one in `parent`, which is made (mode 0700) when it does not exist. Errors: denied,
  /// not_found, unavailable; each names the directory.
  static Result<ScratchDirectory> make(const std::filesystem::path& parent);

  /// Removes what dead owners left in `parent`. Returns how many directories went.
  static int sweep(const std::filesystem::path& parent);

  ScratchDirectory(ScratchDirectory&&) noexcept = default;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  ScratchDirectory(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace cordon
