#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "base/result.h"
#include "engine/engine.h"
#include "engine/scratch.h"
#include "signatures/signature_watch.h"

namespace cordon {

/// What people decided about signatures.
struct SignatureOrders {
  std::set<std::string> ignored = {};        ///< Names that count for nothing.
  std::set<std::string> rejected_sets = {};  ///< Versions that are not to stay in force.
};

/// Who gives the orders and wants to know what is in force. Both outlive the service. Threads: any.
struct SignatureObserver {
  std::function<SignatureOrders()> orders;
  std::function<void(const std::string& version)> in_force;
};

/// The agent's engine, kept on the newest good signatures of its directory by a thread named
/// "signatures" for as long as this lives.
class SignatureService {
 public:
  /// Blocks until the engine is ready. `process` outlives the service. Errors: those of the
  /// signature directory, the spool directory and the engine.
  static Result<std::unique_ptr<SignatureService>> start(const EngineFlags& flags, Process& process,
                                                         SignatureObserver witness);
  SignatureService(const SignatureService&) = delete;
  SignatureService& operator=(const SignatureService&) = delete;

  Engine& engine() { return *engine_; }

 private:
  SignatureService(SignatureWatchOptions options, ScratchDirectory copies, EngineFlags flags,
                   Process& process, SignatureObserver witness);
  void begin_to_watch();
  void watch(const std::stop_token& stop);
  void leave_rejected_set(const SignatureOrders& orders, const std::stop_token& stop);

  const ScratchDirectory copies_;
  const EngineFlags flags_;
  Process& process_;
  const SignatureObserver witness_;
  const std::chrono::seconds interval_;
  std::string stuck_;        ///< A rejected set that could not be left.
  SteadyTime next_attempt_;  ///< To leave it.
  SignatureWatch watch_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<SetLoader> loader_;
  std::jthread thread_;  ///< Last: it ends before what it uses.
};

/// Whether a set finds something in what is known to be clean: these programs, and the files of
/// `--known-clean`. Errors: invalid, with what it found where; unavailable, cancelled.
Result<void> check_known_clean(const EngineFlags& flags, Scanner& scanner, const Clock& clock,
                               std::stop_token stop);

}  // namespace cordon
