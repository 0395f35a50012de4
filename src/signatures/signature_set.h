#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace cordon {

/// The list of signatures that this deployment ignores, as one more file of a set. Of no weight for
/// whether a set holds test signatures only.
inline constexpr std::string_view kIgnoredFile = "cordon-ignored.ign2";

/// A directory of ClamAV databases, as seen from outside the engine.
struct SignatureSet {
  std::filesystem::path directory;
  /// Goes into every scan result and seal; changes when the content changes.
  ///   27451            the official daily set
  ///   27451+1a2b3c4d   the same plus files of one's own
  ///   local-1a2b3c4d   files of one's own only
  ///   test-1a2b3c4d    nothing but Cordon's test signatures
  std::string version;
  bool test_only = false;

  bool operator==(const SignatureSet&) const = default;
};

/// Looks at the directory without loading it. Reads every file that is not an official database
/// (their header carries a version) once, to identify its content.
///
/// Errors: not_found, denied, invalid: with a sentence that says what to do.
Result<SignatureSet> describe_signatures(const std::filesystem::path& directory);

/// The versions of the official parts in a directory, by name ("main", "daily", "bytecode"): of the
/// newer one where a part is there twice. Errors: as `describe_signatures`.
Result<std::map<std::string, std::uint32_t>> official_versions(
    const std::filesystem::path& directory);

/// The version number in the first 512 bytes of a .cvd or .cld file. Errors: invalid. Pure.
Result<std::uint32_t> cvd_version(std::string_view header);
/// When it was built, from the same header; nothing where it does not say. Pure.
std::optional<SystemTime> cvd_time(std::string_view header);

}  // namespace cordon
