#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// What a script or a program for Linux carries behind itself: self-extracting scripts (makeself,
/// shar, installers that call tail), AppImages. Of a script: each place at which an archive or a
/// compressed stream starts at the beginning of a line, and the first anywhere, where that is
/// another one. Of an ELF program: everything behind what its headers account for, when there is
/// more than padding.
///
/// Nothing when `content` is neither or carries nothing. Pure. Cost: one pass over what is text
/// throughout; else a search for each mark; the payloads overlap at most four times.
std::vector<std::size_t> find_payloads_behind_script(std::span<const std::byte> content);

/// Gives each payload, to the end of the content, and what a script has within itself: uuencoded,
/// or blocks of base64.
Unpacking read_payloads_behind_script(std::span<const std::byte> content,
                                      const std::filesystem::path& temp_directory,
                                      const UnpackLimits& limits, const UseMember& use);

}  // namespace cordon
