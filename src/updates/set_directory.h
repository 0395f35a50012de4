#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// What is known about a set since it was checked: `cordon-set.json` beside its files.
struct SetManifest {
  std::string version;
  std::uint64_t signatures = 0;
  std::string source;
  std::string engine;
  SystemTime taken_at;
  std::string digest;  ///< SHA-256 over names and contents.

  bool operator==(const SetManifest&) const = default;
};

std::string to_json(const SetManifest& manifest);
/// Errors: invalid.
Result<SetManifest> parse_manifest(const std::string& text);
/// The manifest in a directory. Errors: not_found, invalid, denied, unavailable.
Result<SetManifest> manifest_in(const std::filesystem::path& directory);

/// A directory of sets: `versions/ID` with one each, `current` a link to the one in force (which
/// agents follow), `previous` to the one before it. Swapped in one step; locked against others that
/// update the same directory.
///
/// Threads: one.
class SetDirectory {
 public:
  /// Makes what is missing. Errors: changed (somebody else updates it now), denied, unavailable.
  static Result<SetDirectory> open(std::filesystem::path root);

  /// An empty directory for the next set, with copies of what is in force. What was staged before
  /// and not committed is removed.
  Result<std::filesystem::path> stage(Random& random, const Clock& clock);
  /// Puts the staged set in force; the one before stays for `roll_back`, older ones go.
  Result<void> commit(const std::filesystem::path& staged, const SetManifest& manifest);
  /// Puts the `.sign` files of a staged set that is in force already beside it, where it lacks
  /// them: a mirror may get them after their databases.
  Result<void> add_sign_files(const std::filesystem::path& staged);
  /// The previous set is in force again, and the one that was is remembered as rejected.
  /// Errors: not_found when there is none.
  Result<SetManifest> roll_back();

  /// What agents scan with: what `current` leads to or, before the first `commit`, what somebody
  /// else has put into the directory itself.
  std::filesystem::path in_force() const;
  std::optional<SetManifest> current() const { return manifest_of("current"); }
  std::optional<SetManifest> previous() const { return manifest_of("previous"); }
  /// The digest of the set that somebody went back from; empty: none.
  std::string rejected() const;

 private:
  SetDirectory(std::filesystem::path root, UniqueFd lock)
      : root_(std::move(root)), lock_(std::move(lock)) {}
  std::optional<SetManifest> manifest_of(const char* link) const;
  Result<void> point(const char* link, const std::filesystem::path& to) const;
  void prune() const;

  std::filesystem::path root_;
  UniqueFd lock_;
};

/// SHA-256 over the names and contents of a set. Errors: as `signature_files`.
Result<std::string> digest_of_set(const std::filesystem::path& directory);

}  // namespace cordon
