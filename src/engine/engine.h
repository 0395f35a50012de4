#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "core/ports/scanner.h"
#include "engine/weak_sandbox.h"

namespace cordon {

/// The engine as an application sees it: a scanner whose parser runs in processes that have nothing
/// to lose. Starts cordon-engine, keeps its workers, replaces what dies.
///
/// Threads: any.
class Engine {
 public:
  struct Options {
    /// Empty: cordon-engine beside the running program.
    std::filesystem::path binary;
    std::filesystem::path signatures_dir;
    /// For temporary files of workers; made when missing. Must not be shared with another user.
    std::filesystem::path scratch_dir;
    std::size_t workers = 0;  ///< 0: one per core.
    /// Scans of one worker process; 1: a process per object.
    std::uint64_t recycle_after = 1000;
    /// So many workers that crash within so long make the engine start anew, at other addresses.
    std::size_t crashes_max = 8;
    std::chrono::seconds crash_window{600};
    /// Memory of one worker beyond the shared signatures; small objects get less (`scan_budget`).
    std::uint64_t memory_bytes = 4ULL << 30;
    /// Temporary files of one worker. In memory when half of what is free suffices for all workers,
    /// else on the disk of `scratch_dir`.
    std::uint64_t temporary_bytes = 3ULL << 30;
    /// Wall clock of one scan; an object that needs more is Unscannable(timeout). Small ones get
    /// less (`scan_budget`), and a worker that did not get the processor gets it once more.
    std::chrono::milliseconds max_scan{600'000};
    /// How long loading the signatures may take.
    std::chrono::seconds max_load{180};
    std::optional<AllowWeakSandbox> allow_weak_sandbox = std::nullopt;
    /// Further arguments for the program: what its scanner understands (`--detect-macros`).
    std::vector<std::string> arguments = {};
  };

  /// Starts the engine and all workers; the engine has proven itself when this returns.
  ///
  /// Blocks: until then; the official signatures take some 10 s. Ends early at a stop request.
  /// Errors: invalid (it refuses to serve: its own words say why), not_found, denied, unavailable,
  /// timeout, cancelled. The references outlive the engine.
  static Result<std::unique_ptr<Engine>> start(const Options& options, const Clock& clock, Log& log,
                                               Metrics& metrics, std::stop_token stop = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// After a crash retries once on a new worker, then says Unscannable (PatientScanner).
  Scanner& scanner();

  /// Of the engine that gets new work now.
  EngineVersion version() const;
  std::uint64_t signature_count() const;
  /// Rules that were loaded and are not in force, or only in part.
  struct Notes {
    std::vector<std::string> first;  ///< Up to 32 sentences.
    std::uint64_t count = 0;
  };
  Notes notes() const;
  /// Whether the engine process lives. A dead one is restarted by the next scan, or by `revive`.
  bool healthy() const;
  /// Starts a dead engine anew, for who has nothing scanned while it is dead.
  ///
  /// Blocks: until it is ready, at most `max_load`, or a stop request. Errors: unavailable,
  /// cancelled; the log has them.
  Result<void> revive(std::stop_token stop);

  /// A set that was loaded in a second process and passed its canary, before anybody uses it.
  struct Candidate {
    EngineVersion version;
    std::uint64_t signature_count = 0;
    Scanner& scanner;  ///< On a worker of it. Does not retry.
  };
  /// Takes a candidate or says, as an error, why not.
  using Judge = std::function<Result<void>(const Candidate& candidate)>;

  /// Loads the signatures in `directory` (empty: in the one that they came from) in a second
  /// process. When that has proven itself, `judge` agrees and all its workers stand ready, it gets
  /// all new work; the old one ends with its last scan, and no scan waits for any of it. On failure
  /// the old one stays, with the old directory. Peak memory: two engines. One call at a time.
  ///
  /// Blocks: until the old engine has ended, or a stop request. Errors as `start`, and `judge`'s.
  Result<void> reload(const std::filesystem::path& directory, const Judge& judge,
                      std::stop_token stop);
  Result<void> reload(std::stop_token stop);

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace cordon
