#include "operations/faulty_set.h"

#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "signatures/signature_files.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTrialsMax = 32;

/// A directory that is removed with its content.
class ScratchSet {
 public:
  ScratchSet() {
    std::error_code failed;
    std::string name = (fs::temp_directory_path(failed) / "cordon-check-XXXXXX").string();
    if (!failed && ::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ScratchSet(const ScratchSet&) = delete;
  ScratchSet& operator=(const ScratchSet&) = delete;
  ~ScratchSet() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  /// Whether the file is in it now.
  bool take(const fs::path& file) const {
    // There is none: a name alone would be a place in the caller's own directory.
    if (path_.empty()) return false;
    std::error_code failed;
    fs::create_hard_link(file, path_ / file.filename(), failed);
    if (failed) fs::copy_file(file, path_ / file.filename(), failed);
    return !failed;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Whether the files are proven without this one; none: that cannot be tried.
std::optional<bool> is_proven_without(const fs::path& one, const std::vector<SignatureFile>& files,
                                      const TrySet& try_set) {
  const ScratchSet set;
  for (const SignatureFile& file : files) {
    if (file.path != one && !set.take(file.path)) return std::nullopt;
  }
  return try_set(set.path()).ok();
}

}  // namespace

std::optional<fs::path> file_at_fault(const fs::path& directory, const TrySet& try_set) {
  const Result<std::vector<SignatureFile>> files = signature_files(directory);
  if (!files) return std::nullopt;
  std::vector<fs::path> own;
  for (const SignatureFile& file : *files) {
    if (!is_official_file(file.path)) own.push_back(file.path);
  }
  if (own.size() > kTrialsMax) return std::nullopt;
  for (const fs::path& file : own) {
    if (is_proven_without(file, *files, try_set) == true) return file;
  }
  return std::nullopt;
}

}  // namespace cordon
