#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace cordon {

/// What separating a process from the rest of the machine achieved. Every part is optional: a
/// container may forbid any of them, and Landlock and seccomp do not depend on them.
struct Separation {
  bool own_network = false;
  bool own_root = false;
  bool memory_temporary = false;
};

/// Which directory `separate` makes the root of the process, and whether temporary files are kept
/// in memory.
struct SeparationOptions {
  std::filesystem::path directory;  ///< holds a directory `tmp`
  bool memory_temporary = true;
  std::uint64_t temporary_bytes = 0;
  uid_t user = 0;  ///< whom the temporary directory shall belong to
  gid_t group = 0;
};

/// As root: new network, mount, IPC and UTS namespaces; a tmpfs over `directory`; `directory` as
/// root of the file system. Without privileges the same inside a user namespace of one's own.
Separation separate(const SeparationOptions& options);

}  // namespace cordon
