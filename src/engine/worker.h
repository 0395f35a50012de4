#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "engine/worker_conversation.h"
#include "engine/worker_source.h"

namespace cordon {

/// Why a worker's life ended: the label `cause` of cordon_engine_workers_ended_total.
enum class WorkerFate : std::uint8_t {
  recycled,   ///< Its time was over, or a new engine replaced its own.
  dropped,    ///< Its lease went out of scope.
  cancelled,  ///< The agent stopped while it scanned.
  timeout,    ///< It took too long.
  lie,        ///< It broke the protocol.
  fault,      ///< It kept the protocol and could not scan.
  crash,      ///< It died of a signal or left.
  violation,  ///< It died of a forbidden system call.
  memory,     ///< It ran out of memory.
};
std::string_view name_of(WorkerFate fate);

/// What a death that the client did not cause was.
WorkerFate fate_of(const ProcessEnd& end);

/// One worker process. Going out of scope kills it.
///
/// Threads: one at a time.
class Worker {
 public:
  Worker(std::shared_ptr<WorkerSource> engine, NewWorker born, const Clock& clock);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { end(); }

  /// See WorkerConversation::scan.
  Result<WorkerAnswer> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                            const std::stop_token& stop, const WorkerConversation::Watch& watch,
                            const std::optional<Window>& window = std::nullopt);

  /// Kills it unless it is dead already, and says how it ended. Blocks: for a moment.
  ProcessEnd end() noexcept;

  bool alive() const;
  /// Waits a moment for a worker that has closed its socket: true when it dies of itself.
  bool dies() const;
  std::uint64_t scans() const { return scans_; }
  SteadyTime born_at() const { return born_at_; }
  /// Memory of its own at its birth, which it shares with its siblings; nothing when unknown.
  std::optional<std::uint64_t> memory_at_birth() const { return memory_at_birth_; }
  const Confinement& confinement() const { return confinement_; }
  pid_t pid() const { return pid_; }
  WorkerSource& engine() const { return *engine_; }

 private:
  // Shared, because an engine that was replaced lives exactly as long as its last worker.
  std::shared_ptr<WorkerSource> engine_;
  std::uint32_t number_;
  pid_t pid_;
  UniqueFd process_;
  WorkerConversation conversation_;
  Confinement confinement_;
  const Clock& clock_;
  SteadyTime born_at_;
  std::optional<std::uint64_t> memory_at_birth_;
  std::uint64_t scans_ = 0;
};

}  // namespace cordon
