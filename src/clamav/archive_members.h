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

/// Unpacks, with libarchive, the archives that libclamav steps over: RAR (Debian builds it without
/// unrar), zip members packed with LZMA, XZ, Zstandard or PPMd, and 7z archives that it gave up on.
/// Runs inside the sandbox only.

enum class ArchiveKind : std::uint8_t {
  members,  ///< RAR 4 and 5, zip, 7z.
  stream,   ///< One compressed file: Zstandard, LZ4, lzip, LZMA, compress, bzip2.
};

struct UnpackLimits {
  std::uint64_t members_max = 100'000;
  std::uint64_t member_bytes_max = 2'147'483'644;
  std::uint64_t bytes_max = 64ULL << 30;  ///< All members together.
};

/// Called with the unpacked bytes of each member that has any; returns false to stop.
using UseMember = std::function<bool(std::span<const std::byte>)>;

/// Unpacks each member of the archive that starts at the beginning of `archive`. Members above a
/// few MiB go through an unlinked file in `temp_directory`.
///
/// Returns nothing when every member was passed to `use` in full, or `use` stopped; else what kept
/// it from that: encrypted, too_large, limit, unsupported (damaged, unknown method, continued in
/// another volume) or staging (no space).
std::optional<LayerProblem> for_each_member(ArchiveKind kind, std::span<const std::byte> archive,
                                            const std::filesystem::path& temp_directory,
                                            const UnpackLimits& limits, const UseMember& use);

/// The number of members of more than 5 bytes in a 7z archive, from its headers alone.
/// Errors: invalid when it cannot be listed (also: encrypted headers).
Result<std::uint64_t> count_7z_members(std::span<const std::byte> archive);

}  // namespace cordon
