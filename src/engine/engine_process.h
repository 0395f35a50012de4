#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "core/verdict.h"
#include "engine/protocol.h"
#include "engine/scratch.h"
#include "engine/turnstile.h"
#include "engine/worker_source.h"
#include "ipc/channel.h"

namespace cordon {

/// Which program `EngineProcess::start` runs, how, and where that may write.
struct EngineProcessOptions {
  std::filesystem::path binary;
  std::vector<std::string> arguments;  ///< `--scratch DIR` is added.
  std::filesystem::path scratch;       ///< The process gets a directory of its own in it.
};

/// A running cordon-engine: the client's half of the talk with the zygote. When this goes, the
/// zygote and all its workers are dead and its scratch directory is removed.
///
/// Threads: any.
class EngineProcess final : public WorkerSource {
 public:
  /// Starts `binary` with an empty environment and one descriptor besides 0, 1 and 2, and waits
  /// until it has loaded its signatures and proven itself.
  ///
  /// Blocks: seconds; until `deadline` or a stop request. `clock` outlives the process.
  /// Errors: invalid      it refused to serve: bad signatures, weak kernel; its own words;
  ///         not_found, denied  no such program or directory;
  ///         unavailable  it died; timeout; cancelled.
  static Result<std::shared_ptr<EngineProcess>> start(const EngineProcessOptions& options,
                                                      const Clock& clock, Deadline deadline,
                                                      const std::stop_token& stop);

  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;
  ~EngineProcess() override;

  const EngineVersion& version() const override { return ready_.version; }
  std::uint64_t signature_count() const override { return ready_.signature_count; }
  NumberParsing number_parsing() const { return ready_.number_parsing; }
  const std::vector<std::string>& notes() const override { return ready_.notes; }
  std::uint64_t note_count() const override { return ready_.note_count; }
  pid_t pid() const override { return pid_; }
  const std::filesystem::path& scratch() const { return scratch_.path(); }
  bool alive() const override;

  Result<NewWorker> spawn(Deadline deadline, const std::stop_token& stop) override;
  Result<ProcessEnd> reap(std::uint32_t worker, Deadline deadline) override;

 private:
  EngineProcess(ScratchDirectory scratch, Channel control, const Clock& clock)
      : scratch_(std::move(scratch)), control_(std::move(control)), clock_(clock) {}

  Result<void> await_ready(Deadline deadline, const std::stop_token& stop);
  Result<Frame> ask(const std::string& request, std::uint32_t id, Deadline deadline,
                    const std::stop_token& stop);

  ScratchDirectory scratch_;
  Channel control_;
  const Clock& clock_;
  pid_t pid_ = -1;
  UniqueFd process_;
  ReadyMessage ready_;
  Turnstile turn_;  ///< One question to the zygote at a time.
  std::atomic<std::uint32_t> last_request_ = 0;
  std::atomic<bool> broken_ = false;  ///< It broke the protocol and was killed.
};

/// The file `name` in the directory of the running executable.
std::filesystem::path beside_this_program(const std::string& name);

}  // namespace cordon
