#pragma once

#include <filesystem>
#include <span>

#include "clamav/archive_members.h"
#include "clamav/container_kind.h"

namespace cordon {

/// Gives each member of the container that starts at the beginning of `content`, by the reader for
/// its kind: libarchive for archives and compressed files, readers of our own for the rest. The
/// engine has no part in it. Runs inside the sandbox only.
Unpacking read_container(ContainerKind kind, std::span<const std::byte> content,
                         const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                         const UseMember& use);

}  // namespace cordon
