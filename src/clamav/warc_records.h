#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives the content block of each record of a WARC file (ISO 28500), of whatever type: a saved
/// HTTP answer is given with its headers.
///
/// Problems: unsupported (a record without a length, cut off, or no record where one must begin),
/// limit, too_large, staging. Pure but for `temp_directory`; one pass over the headers.
Unpacking read_warc_records(std::span<const std::byte> file,
                            const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                            const UseMember& use);

}  // namespace cordon
