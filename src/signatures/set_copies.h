#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace cordon {

/// A copy of a signature set that nobody else writes to.
struct SetCopy {
  std::filesystem::path directory;
  std::string fingerprint;  ///< Of the directory that it was copied from, as it was then.
};

/// Makes private copies of signature sets.
///
/// The engine loads from a copy, never from the place where sets arrive: what was looked at, what
/// was proven and what a restarted engine loads again is the same then, whatever happens to that
/// place meanwhile; and a set that was replaced there can still be gone back to. Costs the set's
/// size on disk twice.
///
/// Threads: one.
class SetCopies {
 public:
  /// `home` is this object's own, made when missing. What it holds is removed.
  static Result<SetCopies> open(std::filesystem::path home);

  /// Copies the set, with the signatures that are to be ignored as one more file.
  /// Errors: changed when the set was written to meanwhile: another look at it later; not_found,
  /// denied, invalid as `signature_files`; unavailable (no space), cancelled.
  Result<SetCopy> keep(const std::filesystem::path& directory, const std::set<std::string>& ignored,
                       const std::stop_token& stop);

  /// Removes all copies but these.
  void retain(const std::vector<std::filesystem::path>& directories);

 private:
  explicit SetCopies(std::filesystem::path home) : home_(std::move(home)) {}

  std::filesystem::path home_;
  std::uint64_t number_ = 0;
};

/// The content of the file that makes the engine ignore signatures. A name that the engine reports
/// with the suffix of foreign signatures is listed without it; one that could break the file's form
/// is left out. Pure.
std::string ignore_list_of(const std::set<std::string>& signatures);

}  // namespace cordon
