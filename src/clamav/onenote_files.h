#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// True for a section or a table of contents of OneNote ([MS-ONESTORE] 2.3.1).
bool is_onenote(std::span<const std::byte> content);

/// Gives each file that is embedded in a section of OneNote: what stands in it as it is behind the
/// header of a FileDataStoreObject, wherever that is and whether or not anything refers to it.
///
/// Problems: unsupported (such an object is cut off; the section is packed in the form that
/// services exchange, whose objects are in pieces), limit, too_large, staging. Pure; one search of
/// the file.
Unpacking read_onenote_files(std::span<const std::byte> file,
                             const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use);

}  // namespace cordon
