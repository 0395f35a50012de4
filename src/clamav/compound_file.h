#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// True for the mark of a compound file ([MS-CFB] 2.2): Office documents up to 2003, Outlook
/// messages, Windows installers, thumbnail stores.
bool is_compound_file(std::span<const std::byte> content);

/// Gives the content of every stream in a compound file, whether or not the directory's tree leads
/// to it; then, of a stream that wraps an embedded file (OLE Package), that file too, and of a
/// presentation the objects in it. Versions 3 and 4; a chain that loops or leaves the file ends
/// there.
///
/// Problems: unsupported (a stream cannot be read in full; what is there was given), limit,
/// too_large, staging.
/// Pure but for `temp_directory`. Memory: one index of a few bytes per sector of tables, and what
/// MemberGiver gathers. Time: bounded by some passes over the file, since streams that share
/// sectors are read only so often.
Unpacking read_compound_file(std::span<const std::byte> file,
                             const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use);

/// The embedded file in the content of a stream "\1Ole10Native" ([MS-OLEDS] 2.3.6) or of a Package
/// object in RTF: behind its names, or all that follows its size when it has none. Nothing when
/// `native` is not of that form. Pure.
std::optional<std::span<const std::byte>> ole_package_content(std::span<const std::byte> native);

}  // namespace cordon
