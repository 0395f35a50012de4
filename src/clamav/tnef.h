#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives what a TNEF stream (winmail.dat; [MS-OXTNEF]) holds: attachments, the bodies as text, HTML
/// and RTF (unpacked, [MS-OXRTFCP]), and messages and objects that are attached, which may be TNEF
/// streams again and are not opened here.
///
/// Problems: unsupported (no TNEF, damaged, cut off), limit, too_large, staging. Cost: one pass.
Unpacking read_tnef(std::span<const std::byte> stream, const std::filesystem::path& temp_directory,
                    const UnpackLimits& limits, const UseMember& use);

/// By its mark of four bytes.
bool looks_like_tnef(std::span<const std::byte> content);

}  // namespace cordon
