#pragma once

#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "engine/sandbox_policy.h"
#include "engine/served_engine.h"
#include "engine/weak_sandbox.h"

namespace cordon {

/// How a zygote confines its workers, and where their directories are; from cordon-engine's flags.
struct ZygoteOptions {
  std::filesystem::path scratch;  ///< Its own directory: each worker gets one in it.
  WorkerLimits limits;
  std::optional<AllowWeakSandbox> weak;
};

/// A zygote's life: loads the engine, proves it on a confined worker, says ready, and from then on
/// only forks and reaps. Ends, and takes its workers along, when the client closes `control` or
/// dies. Returns the exit status.
///
/// Threads: the process must have one; forks inherit no locks that way.
int serve_zygote(UniqueFd control, const ZygoteOptions& options, const LoadEngine& load,
                 const Clock& clock);

/// The socket that a zygote is started with, once it is sure that this process was started as one:
/// an inherited AF_UNIX socket at kSocketDescriptor. Errors: invalid.
Result<UniqueFd> inherited_socket();

}  // namespace cordon
