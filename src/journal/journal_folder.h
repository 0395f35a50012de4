#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// The files of one journal, in a folder that nobody else writes to. Names are our own: letters,
/// digits, '-' and '.'.
///
/// What was appended survives the process at once, and the machine from `sync` on; what became of
/// it in between is anybody's guess: all, a part, or bytes that nobody wrote.
///
/// Threads: any, but for one file one at a time.
/// Errors: not_found, denied (also a disk that is read-only), unavailable (a full disk too).
class JournalFolder {
 public:
  virtual ~JournalFolder() = default;

  /// Name and size of each file.
  virtual Result<std::map<std::string, std::uint64_t>> files() = 0;
  /// Adds to the end of a file, which is made when it is missing. After an error a part of `bytes`
  /// may be there.
  virtual Result<void> append(const std::string& name, std::string_view bytes) = 0;
  /// Makes what was appended to the file durable, and that there is such a file. After an error
  /// nothing is known of what was appended since the last success, and another try tells nothing.
  virtual Result<void> sync(const std::string& name) = 0;
  /// At most `bytes_max` bytes from `offset` on; fewer at the end of the file.
  virtual Result<std::string> read(const std::string& name, std::uint64_t offset,
                                   std::size_t bytes_max) = 0;
  /// Shortens the file to so many bytes.
  virtual Result<void> cut(const std::string& name, std::uint64_t bytes) = 0;
  /// Writes a small file anew in one step. Not durable: after a crash of the machine it may be the
  /// one of before, or empty.
  virtual Result<void> replace(const std::string& name, std::string_view bytes) = 0;
  /// Removes a file, or nothing. May be undone by a crash of the machine.
  virtual Result<void> remove(const std::string& name) = 0;
};

}  // namespace cordon
