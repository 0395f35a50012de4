#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/unique_fd.h"
#include "journal/journal_folder.h"

namespace cordon {

/// A journal's files on disk. Holds a lock on the folder (flock) as long as it lives, which goes
/// with the process however that ends: a folder has one owner at a time.
class DiskFolder final : public JournalFolder {
 public:
  /// The folder is made where it is missing, for this user alone.
  /// Errors: changed (another process has it), denied, unavailable.
  static Result<std::unique_ptr<DiskFolder>> open(const std::filesystem::path& path);

  Result<std::map<std::string, std::uint64_t>> files() override;
  Result<void> append(const std::string& name, std::string_view bytes) override;
  Result<void> sync(const std::string& name) override;
  Result<std::string> read(const std::string& name, std::uint64_t offset,
                           std::size_t bytes_max) override;
  Result<void> cut(const std::string& name, std::uint64_t bytes) override;
  Result<void> replace(const std::string& name, std::string_view bytes) override;
  Result<void> remove(const std::string& name) override;

  const std::filesystem::path& path() const { return path_; }

 private:
  /// A file that was appended to lately. It stays open, since the kernel tells what became of bytes
  /// written before to who had the file open then.
  struct Writing {
    std::string name;
    UniqueFd fd;
    bool is_new = false;  ///< The folder does not durably know it yet.
  };
  // Shared: another file may take its place in the list while it is written to.
  using WritingPtr = std::shared_ptr<Writing>;

  DiskFolder(std::filesystem::path path, UniqueFd folder, UniqueFd lock)
      : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<WritingPtr> open_for_writing(const std::string& name);

  const std::filesystem::path path_;
  const UniqueFd folder_;
  const UniqueFd lock_;
  Guarded<std::deque<WritingPtr>> writing_;  ///< The last few, newest first.
};

/// Whether a file of this name holds records.
bool is_journal_file(std::string_view name);

}  // namespace cordon
