#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives the content of a file that Microsoft's COMPRESS.EXE packed ("setup.ex_"): SZDD in both
/// forms, and KWAJ when it is stored, inverted or packed like SZDD.
///
/// Problems: unsupported (none of these, another packing, shorter than it says), limit, too_large,
/// staging.
Unpacking read_ms_compressed(std::span<const std::byte> file,
                             const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use);

/// By its mark of seven bytes or more.
bool looks_like_ms_compressed(std::span<const std::byte> content);

}  // namespace cordon
