#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "engine/protocol.h"
#include "engine/sandbox_policy.h"
#include "engine/weak_sandbox.h"

namespace cordon {

/// The descriptor at which zygote and worker find their one socket.
constexpr int kSocketDescriptor = 3;

/// How `confine_worker` confines the process; from the zygote, which forked it.
struct ConfinementOptions {
  /// Made by the zygote, with a directory `tmp` in it. The worker's files live there, or in a tmpfs
  /// mounted over it that only the worker sees.
  std::filesystem::path directory;
  WorkerLimits limits;
  std::optional<AllowWeakSandbox> weak;
  pid_t zygote = 0;  ///< Dies with it.
};

/// What the confinement came to: for the worker's hello, and for its scanner, which unpacks in
/// `temporary`.
struct Confined {
  Confinement confinement;
  std::filesystem::path temporary;  ///< As the worker now sees it.
};

/// Moves `socket` to kSocketDescriptor, leaves nothing but /dev/null on 0, 1 and 2, closes the
/// rest. Errors: unavailable.
Result<UniqueFd> keep_only(UniqueFd socket);

/// Confines this process, a fresh fork with one thread, for good: namespaces where permitted, own
/// user when it is root, limits, no new privileges, Landlock, system call filter. The order
/// matters: confinement.cc. Errors: unavailable; the process must then end.
Result<Confined> confine_worker(const ConfinementOptions& options);

}  // namespace cordon
