#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "engine/turnstile.h"
#include "engine/worker.h"
#include "engine/worker_source.h"

namespace cordon {

/// How many workers a `WorkerPool` keeps, and when it replaces workers and engine.
struct WorkerPoolOptions {
  std::size_t workers = 1;
  /// A worker scans so many objects and is replaced; 1: one process per object. A worker that was
  /// taken over can lie about what it scans next, and this bounds how many.
  std::uint64_t recycle_after = 1000;
  /// A worker's canary is as old as the worker: after this time it is replaced as well.
  std::chrono::seconds recycle_age{900};
  /// The least time between two attempts to start an engine that died.
  std::chrono::seconds restart_interval{5};
  /// Forked workers share the addresses of their zygote, so each one that crashes may teach an
  /// attacker something about the next. When so many have crashed, made a forbidden call or broken
  /// the protocol within `crash_window`, the engine is started anew by exec.
  std::size_t crashes_max = 8;
  std::chrono::seconds crash_window{600};
  /// For tests: called under the pool's lock by whoever begins to wait for a free worker, and when
  /// its wait is over.
  std::function<void(bool over)> on_wait = nullptr;
};

class WorkerPool;

/// The right to use one worker. Going out of scope kills the worker: only one that kept the
/// protocol is given back.
class WorkerLease {
 public:
  WorkerLease(WorkerPool& pool, std::unique_ptr<Worker> worker)
      : pool_(&pool), worker_(std::move(worker)) {}
  WorkerLease(WorkerLease&&) noexcept = default;
  WorkerLease& operator=(WorkerLease&&) = delete;
  ~WorkerLease();

  Worker& operator*() { return *worker_; }
  Worker* operator->() { return worker_.get(); }

  void give_back() &&;
  /// Ends the worker for a reason that is counted.
  ProcessEnd discard(WorkerFate fate) &&;
  /// Ends a worker that closed its socket, and says what it died of.
  std::pair<WorkerFate, ProcessEnd> bury() &&;

 private:
  WorkerPool* pool_;
  std::unique_ptr<Worker> worker_;
};

/// Keeps workers of the current engine process and leases them. Dead workers are replaced when the
/// next lease needs one, a dead engine process likewise (or by `revive`), and one whose workers
/// crash too often
/// (`crashes_max`). A restart never replaces what somebody else has put in force meanwhile. All
/// leases end before the pool does.
///
/// Threads: any.
class WorkerPool {
 public:
  /// Starts an engine process; the pool calls it when the current one has died, or when too many
  /// of its workers crashed.
  using StartEngine = std::function<Result<std::shared_ptr<WorkerSource>>(
      Deadline deadline, const std::stop_token& stop)>;

  /// The references outlive the pool.
  WorkerPool(WorkerPoolOptions options, StartEngine start, const Clock& clock, Log& log,
             Metrics& metrics);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// Blocks: until a worker is free, `deadline`, or a stop request.
  /// Errors: unavailable (none was free in time, or none could start), cancelled.
  Result<WorkerLease> lease(Deadline deadline, const std::stop_token& stop);

  using Workers = std::vector<std::unique_ptr<Worker>>;

  /// A full set of workers of `engine`, which need not be the current one: for `replace`, so that
  /// no lease has to wait for a birth. Errors as `lease`.
  Result<Workers> raise(const std::shared_ptr<WorkerSource>& engine, Deadline deadline,
                        const std::stop_token& stop);

  /// New leases come from `engine` from now on, of `ready` first; workers of the old one end when
  /// they are given back, and the old process with the last of them. Returns the old process, so
  /// that the caller can `drain` it.
  std::shared_ptr<WorkerSource> replace(std::shared_ptr<WorkerSource> engine, Workers ready = {});

  /// As long as it lives, crashes start no engine anew: for the time of a reload, which starts one
  /// itself, so that no third one takes memory. The pool outlives it.
  class NoRenewals {
   public:
    explicit NoRenewals(WorkerPool& pool) : pool_(pool) { pool_.forbid_renewals(1); }
    NoRenewals(const NoRenewals&) = delete;
    NoRenewals& operator=(const NoRenewals&) = delete;
    ~NoRenewals() { pool_.forbid_renewals(-1); }

   private:
    WorkerPool& pool_;
  };

  /// Waits until the last worker of a replaced engine was given back, ends it and its process. Who
  /// scans does not wait for that: the old workers are ended here, in this thread. When the
  /// deadline passes or a stop is requested, the old process ends with its last worker. One thread
  /// at a time.
  void drain(std::shared_ptr<WorkerSource> old, Deadline deadline, const std::stop_token& stop);

  /// Starts a dead engine anew, where no lease would: for who leases nothing while it is dead. Does
  /// nothing to one that lives.
  ///
  /// Blocks: until it is ready, `deadline`, or a stop request. Errors: as `lease`.
  Result<void> revive(Deadline deadline, const std::stop_token& stop);

  /// Starts all workers ahead of their use. Errors as `lease`.
  Result<void> warm(Deadline deadline, const std::stop_token& stop);

  std::shared_ptr<WorkerSource> engine() const;
  std::size_t workers_alive() const;

 private:
  friend class WorkerLease;

  Result<std::unique_ptr<Worker>> take_or_start(Deadline deadline, const std::stop_token& stop);
  Result<std::unique_ptr<Worker>> start_worker(Deadline deadline, const std::stop_token& stop);
  Result<std::shared_ptr<WorkerSource>> living_engine(Deadline deadline,
                                                      const std::stop_token& stop);
  Result<std::shared_ptr<WorkerSource>> restart_engine(Deadline deadline,
                                                       const std::stop_token& stop);
  void renew_engine_if_due(Deadline deadline, const std::stop_token& stop);
  std::size_t take_crashes_if_due();
  void forbid_renewals(int more);
  void note_crash();
  bool put_in_force(const std::shared_ptr<WorkerSource>* instead_of,
                    std::shared_ptr<WorkerSource>& engine, Workers ready);
  bool is_good(const Worker& worker) const;
  bool is_old(const Worker& worker) const;
  void take_back(std::unique_ptr<Worker> worker);
  ProcessEnd end(std::unique_ptr<Worker> worker, std::optional<WorkerFate> fate);
  void release_place();

  const WorkerPoolOptions options_;
  const StartEngine start_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;

  mutable std::mutex mutex_;  // Guards what follows, up to the turnstile.
  std::condition_variable_any changed_;
  std::shared_ptr<WorkerSource> engine_;
  std::vector<std::unique_ptr<Worker>> idle_;
  std::size_t places_taken_ = 0;  ///< Workers idle, leased or being started; old ones too.
  bool draining_ = false;
  int no_renewals_ = 0;             ///< How many forbid them now.
  std::deque<SteadyTime> crashes_;  ///< Of the current engine's workers, within the window.
  Workers retired_;                 ///< Given back while somebody drains: theirs to end.
  std::condition_variable_any retired_some_;

  Turnstile restarting_;  // Guards the two below.
  std::optional<SteadyTime> next_restart_;
  std::string last_failure_;
};

}  // namespace cordon
