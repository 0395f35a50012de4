#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "clamav/container_kind.h"
#include "clamav/content_ledger.h"
#include "clamav/judge.h"

namespace cordon {

/// The second reader of archives and compressed files: libarchive. Runs inside the sandbox only.

/// Loads what the library would load at its first archive. Before the lock-down; once is enough.
void prepare_archive_reader();

/// What the reading of one archive may cost. Beyond it the reader stops, and `Unpacking::problem`
/// says so.
struct UnpackLimits {
  std::uint64_t members_max = 1'000'000;
  std::uint64_t member_bytes_max = 2'147'483'644;
  std::uint64_t bytes_max = 64ULL << 30;                     ///< All members together.
  std::function<bool()> should_stop = [] { return false; };  ///< Asked at every step.
};

/// Called with the unpacked bytes of each member that has any; returns false to stop.
using UseMember = std::function<bool(std::span<const std::byte>)>;

/// How the reading of one archive ended: from a second reader to whoever decides whether the
/// archive may be Clean.
struct Unpacking {
  /// What kept it from the last member: encrypted (not of a zip: its directory tells), too_large,
  /// limit, unsupported (damaged, cut off, unknown method, continued in another volume) or staging
  /// (no space).
  std::optional<LayerProblem> problem = std::nullopt;
  /// Where the archive ends, in bytes; nothing when that is not known (it was not read to its end,
  /// or its kind is read from the back).
  std::optional<std::uint64_t> end = std::nullopt;
  std::uint64_t bytes = 0;  ///< What was unpacked.
};

/// Unpacks each member of the archive that starts at the beginning of `archive`. Members above a
/// few MiB go through an unlinked file in `temp_directory`.
Unpacking for_each_member(ContainerKind kind, std::span<const std::byte> archive,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use);

/// The same without keeping the bytes: tells which contents the members with content have.
using UseContentId = std::function<void(const ContentId&)>;
Unpacking for_each_content(ContainerKind kind, std::span<const std::byte> archive,
                           const UnpackLimits& limits, const UseContentId& use);

}  // namespace cordon
