#pragma once

#include <cstdint>

#include "base/result.h"

namespace cordon {

/// LANDLOCK_ACCESS_FS_*: read, write, list, create and remove plain files and directories,
/// truncate, rename. Not: execute, devices, sockets, pipes, symbolic links.
extern const std::uint64_t kTemporaryDirectoryRights;

/// The kernel's Landlock version; 0 when it has none.
int landlock_abi();

/// Confines this process, for good, to `files` rights beneath `directory` (an open descriptor), and
/// from the versions that know them on: no TCP, no signals to others, no abstract sockets.
/// Needs no_new_privs. Errors: unavailable.
Result<void> restrict_to_directory(int directory, std::uint64_t files);

}  // namespace cordon
