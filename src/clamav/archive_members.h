#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "clamav/judge.h"

namespace cordon {

/// Unpacks, with libarchive, the archives that libclamav steps over, and walks through those about
/// whose damaged end it says nothing. Runs inside the sandbox only.

enum class ArchiveKind : std::uint8_t {
  members,  ///< RAR 4 and 5, zip, 7z, ar (Debian packages, static libraries), LHA.
  stream,   ///< One compressed file: Zstandard, LZ4, lzip, LZMA, compress, bzip2; the payload of
            ///< RPM.
  gzip,     ///< One layer of it, whatever is inside.
  xz,       ///< The same.
  tar,
  cpio,
};

struct UnpackLimits {
  std::uint64_t members_max = 100'000;
  std::uint64_t member_bytes_max = 2'147'483'644;
  std::uint64_t bytes_max = 64ULL << 30;                     ///< All members together.
  std::function<bool()> should_stop = [] { return false; };  ///< Asked at every step.
};

/// Called with the unpacked bytes of each member that has any; returns false to stop.
using UseMember = std::function<bool(std::span<const std::byte>)>;

struct Unpacking {
  /// What kept it from the last member: encrypted, too_large, limit, unsupported (damaged, cut off,
  /// unknown method, continued in another volume) or staging (no space).
  std::optional<LayerProblem> problem = std::nullopt;
  /// Where the archive ends, in bytes; nothing when that is not known (it was not read to its end,
  /// or its kind is read from the back).
  std::optional<std::uint64_t> end = std::nullopt;
};

/// Unpacks each member of the archive that starts at the beginning of `archive`. Members above a
/// few MiB go through an unlinked file in `temp_directory`.
Unpacking for_each_member(ArchiveKind kind, std::span<const std::byte> archive,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use);

/// Walks through the archive that starts at the beginning of `archive` without keeping anything:
/// is it whole, and where does it end?
Unpacking walk_archive(ArchiveKind kind, std::span<const std::byte> archive,
                       const UnpackLimits& limits);

/// The number of members of more than 5 bytes in a 7z archive, from its headers alone.
/// Errors: invalid when it cannot be listed (also: encrypted headers).
Result<std::uint64_t> count_7z_members(std::span<const std::byte> archive);

}  // namespace cordon
