#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "core/verdict.h"
#include "engine/protocol.h"
#include "ipc/channel.h"

namespace cordon {

/// A worker as the zygote hands it over: confined, proven, waiting for its first object.
struct NewWorker {
  std::uint32_t number = 0;  ///< Its name towards the zygote.
  pid_t pid = 0;             ///< For the log, and to read what it has used.
  UniqueFd process;  ///< A pidfd: signals reach this worker and never a successor of its number.
  Channel channel;
  Confinement confinement;
};

/// What a pool takes its workers from: an engine process; in unit tests something that dies on cue,
/// so that races between a restart, a reload and those who wait can be forced.
///
/// Threads: any.
class WorkerSource {
 public:
  virtual ~WorkerSource() = default;

  virtual const EngineVersion& version() const = 0;
  virtual std::uint64_t signature_count() const = 0;
  /// Rules that were loaded and are not in force, or only in part: the first ones, and how many.
  virtual const std::vector<std::string>& notes() const = 0;
  virtual std::uint64_t note_count() const = 0;
  virtual pid_t pid() const = 0;
  virtual bool alive() const = 0;

  /// Errors: unavailable, timeout, cancelled.
  virtual Result<NewWorker> spawn(Deadline deadline, const std::stop_token& stop) = 0;

  /// How the worker ended, which is killed if it has not, and its temporary files are removed.
  /// Errors as above.
  virtual Result<ProcessEnd> reap(std::uint32_t worker, Deadline deadline) = 0;
};

}  // namespace cordon
