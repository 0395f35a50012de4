#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// A file without a name that is filled front to back and then only read: a memfd, sealed at the
/// end, or an unlinked file of a directory. Whatever happens to the process, nothing is left
/// behind.
///
/// Errors of every method: unavailable with reason `staging`, saying what to do (a full disk, no
/// memory, a directory that is not there).
class ContentFile {
 public:
  static Result<ContentFile> in_memory(std::uint64_t bytes);
  /// Reserves the space on the disk at once, so that a full disk shows before the transfer.
  static Result<ContentFile> in_directory(const std::filesystem::path& directory,
                                          std::uint64_t bytes);

  /// Bytes beyond the announced size are refused (invalid).
  Result<void> append(std::span<const std::byte> bytes);
  std::uint64_t bytes_written() const { return written_; }
  /// Starts again from the front.
  void rewind() { written_ = 0; }
  /// The descriptor, for reading only. The file cannot be changed through it or any other.
  Result<UniqueFd> finish() &&;

 private:
  ContentFile(UniqueFd file, std::uint64_t bytes, bool is_memory)
      : file_(std::move(file)), bytes_(bytes), is_memory_(is_memory) {}

  UniqueFd file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t written_ = 0;
  bool is_memory_ = false;
};

}  // namespace cordon
