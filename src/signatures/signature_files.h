#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace cordon {

/// One database file, as the directory tells of it.
struct SignatureFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  SystemTime modified;
};

/// What the engine would load from `directory`, in the order of the names; it steps over the rest.
/// At most 10,000 files. Errors: not_found, denied, invalid (no directory, nothing in it): with a
/// sentence that says what to do.
Result<std::vector<SignatureFile>> signature_files(const std::filesystem::path& directory);

/// Where the set lies that `root` stands for: what the link `current` in it leads to, if there is
/// one (that is how `cordon signatures update` swaps sets), else `root` itself.
std::filesystem::path live_directory(const std::filesystem::path& root);

/// The same error with the files of `original` wherever it names those of `copy`: people mend what
/// lies where they put it.
Error told_of_original(Error error, const std::filesystem::path& copy,
                       const std::filesystem::path& original);

/// Changes whenever a file is added, removed, replaced or written: names, sizes, times and inodes.
/// Reads no content, so that it can be asked every few seconds. Errors: as `signature_files`.
Result<std::string> fingerprint_of(const std::filesystem::path& directory);

/// When the set was made: the time in the headers of official databases, which a copy does not
/// change; for other files, when they were written. The newest counts. Errors: as
/// `signature_files`.
Result<SystemTime> set_time(const std::filesystem::path& directory);

/// Official databases may come with a signature in a file of its own, which engines from 1.5 on
/// verify: "daily-27780.cvd.sign" beside daily.cvd of that version. It is no part of a set, and
/// travels with it.
bool is_sign_file(const std::filesystem::path& file);
/// The name of the one that belongs to an official .cvd. Errors: not_found when `cvd` is none;
/// invalid when its header is damaged.
Result<std::string> sign_file_of(const std::filesystem::path& cvd);
/// Those in a directory whose database is there, in that version; and those whose is not.
struct SignFiles {
  std::vector<std::filesystem::path> used;
  std::vector<std::filesystem::path> stale;
};
SignFiles sign_files(const std::filesystem::path& directory);

/// Whether the engine loads files of this name.
bool is_signature_file(const std::filesystem::path& file);
/// main, daily or bytecode, as a .cvd or .cld.
bool is_official_file(const std::filesystem::path& file);

}  // namespace cordon
