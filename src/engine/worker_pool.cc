#include "engine/worker_pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordon {
namespace {

constexpr int kStaleWorkersMax = 1024;
// A look at who still holds a replaced engine: not every holder announces that it lets go.
constexpr std::chrono::milliseconds kDrainLook{250};
// So many engines may die, or be replaced, between their start and a look at them.
constexpr int kRestartsMax = 3;

/// Deaths that somebody may have aimed at.
bool is_crash(WorkerFate fate) {
  return fate == WorkerFate::crash || fate == WorkerFate::violation || fate == WorkerFate::lie;
}

Error no_worker(Error error) {
  if (error.code == Errc::cancelled) return error;
  // A timeout here says nothing about the object, and must not be taken for one of its scan.
  return Error{Errc::unavailable, "no engine worker: " + std::move(error.what)};
}

}  // namespace

WorkerLease::~WorkerLease() {
  if (worker_) pool_->end(std::move(worker_), WorkerFate::dropped);
}

void WorkerLease::give_back() && { pool_->take_back(std::move(worker_)); }

ProcessEnd WorkerLease::discard(WorkerFate fate) && { return pool_->end(std::move(worker_), fate); }

std::pair<WorkerFate, ProcessEnd> WorkerLease::bury() && {
  // A worker that hangs up and lives on plays a game.
  if (!worker_->dies()) return {WorkerFate::lie, pool_->end(std::move(worker_), WorkerFate::lie)};
  const ProcessEnd end = pool_->end(std::move(worker_), std::nullopt);
  return {fate_of(end), end};
}

WorkerPool::WorkerPool(WorkerPoolOptions options, StartEngine start, const Clock& clock, Log& log,
                       Metrics& metrics)
    : options_(options), start_(std::move(start)), clock_(clock), log_(log), metrics_(metrics) {
  CORDON_CHECK(options_.workers > 0 && options_.recycle_after > 0 && options_.crashes_max > 0);
  metrics_.describe("cordon_engine_workers", "Engine workers that are alive.");
  metrics_.describe("cordon_engine_workers_started_total", "Engine workers started.");
  metrics_.describe("cordon_engine_workers_ended_total", "Engine workers ended, by cause.");
  metrics_.describe("cordon_engine_cold_leases_total", "Scans that waited for a worker's birth.");
  metrics_.describe("cordon_engine_starts_total", "Engine processes started, by outcome.");
  metrics_.describe("cordon_engine_renewals_total",
                    "Engines started anew because too many of their workers crashed, by outcome.");
}

WorkerPool::~WorkerPool() {
  for (Workers* left : {&idle_, &retired_}) {
    for (std::unique_ptr<Worker>& worker : *left) end(std::move(worker), WorkerFate::recycled);
  }
  CORDON_CHECK(places_taken_ == 0);
}

std::shared_ptr<WorkerSource> WorkerPool::engine() const {
  std::lock_guard lock(mutex_);
  return engine_;
}

std::size_t WorkerPool::workers_alive() const {
  std::lock_guard lock(mutex_);
  return places_taken_;
}

Result<WorkerLease> WorkerPool::lease(Deadline deadline, const std::stop_token& stop) {
  Result<std::unique_ptr<Worker>> worker = take_or_start(deadline, stop);
  if (!worker) return no_worker(std::move(worker).error());
  return WorkerLease(*this, std::move(worker).value());
}

Result<std::unique_ptr<Worker>> WorkerPool::take_or_start(Deadline deadline,
                                                          const std::stop_token& stop) {
  for (int stale = 0; stale < kStaleWorkersMax; ++stale) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return !idle_.empty() || places_taken_ < options_.workers; };
    if (options_.on_wait) options_.on_wait(false);
    const bool in_time = deadline.is_never()
                             ? changed_.wait(lock, stop, ready)
                             : changed_.wait_until(lock, stop, deadline.time(), ready);
    if (options_.on_wait) options_.on_wait(true);
    if (stop.stop_requested()) {
      // Whoever gives a worker back wakes one waiter. If that was this one, the next is to have it.
      lock.unlock();
      if (in_time) changed_.notify_one();
      return Error{Errc::cancelled, "stopped while waiting for a worker"};
    }
    if (!in_time) return Error{Errc::timeout, "all are busy"};
    if (idle_.empty()) {
      ++places_taken_;
      lock.unlock();
      metrics_.count("cordon_engine_cold_leases_total");
      Result<std::unique_ptr<Worker>> started = start_worker(deadline, stop);
      if (!started) release_place();
      return started;
    }
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    const bool good = is_good(*worker);
    lock.unlock();
    if (good && worker->alive()) return worker;
    end(std::move(worker), good ? std::nullopt : std::optional(WorkerFate::recycled));
  }
  return Error{Errc::unavailable, "workers die faster than they are used"};
}

Result<std::unique_ptr<Worker>> WorkerPool::start_worker(Deadline deadline,
                                                         const std::stop_token& stop) {
  renew_engine_if_due(deadline, stop);
  CORDON_TRY(std::shared_ptr<WorkerSource> engine, living_engine(deadline, stop));
  CORDON_TRY(NewWorker born, engine->spawn(deadline, stop));
  metrics_.count("cordon_engine_workers_started_total");
  return std::make_unique<Worker>(std::move(engine), std::move(born), clock_);
}

// A restart loads the set that was in force when it began, and takes seconds. A reload may have put
// another one in force by then: that one counts, and what was started is let go.
Result<std::shared_ptr<WorkerSource>> WorkerPool::living_engine(Deadline deadline,
                                                                const std::stop_token& stop) {
  std::shared_ptr<WorkerSource> current = engine();
  if (current && current->alive()) return current;
  CORDON_TRY(const Turnstile::Turn turn, restarting_.enter(deadline, stop));
  for (int attempt = 0; attempt < kRestartsMax; ++attempt) {
    current = engine();
    if (current && current->alive()) return current;
    Result<std::shared_ptr<WorkerSource>> started = restart_engine(deadline, stop);
    if (engine() != current) continue;
    if (!started) return started;
    std::shared_ptr<WorkerSource> fresh = *started;
    if (put_in_force(&current, fresh, {})) return started;
  }
  return Error{Errc::unavailable, "engines die faster than they are used"};
}

// Under the turn of `restarting_`. Tries once; the interval keeps a broken installation from being
// started over and over by every slot.
Result<std::shared_ptr<WorkerSource>> WorkerPool::restart_engine(Deadline deadline,
                                                                 const std::stop_token& stop) {
  if (next_restart_ && clock_.steady_now() < *next_restart_) {
    return Error{Errc::unavailable, "the engine could not start: " + last_failure_};
  }
  log_.warn("engine.restart");
  Result<std::shared_ptr<WorkerSource>> started = start_(deadline, stop);
  metrics_.count("cordon_engine_starts_total", {{"outcome", started ? "ready" : "failed"}});
  if (started) return started;
  next_restart_ = clock_.steady_now() + options_.restart_interval;
  last_failure_ = started.error().what;
  log_.error("engine.restart_failed", {{"error", started.error()}});
  return started;
}

// In the thread of one scan, which waits for it; the others go on with the old engine meanwhile,
// and stay with it when the new one cannot start.
void WorkerPool::renew_engine_if_due(Deadline deadline, const std::stop_token& stop) {
  const std::optional<Turnstile::Turn> turn = restarting_.try_enter();
  if (!turn) return;
  const std::shared_ptr<WorkerSource> old = engine();
  if (!old || !old->alive()) return;  // Is started anew in any case.
  const std::size_t crashes = take_crashes_if_due();
  if (crashes == 0) return;
  log_.warn("engine.renewal",
            {{"crashes", crashes},
             {"window_seconds", options_.crash_window.count()},
             {"meaning",
              "workers crash often: somebody may be looking for a way through the parser. The "
              "engine is started anew, at other addresses"}});
  Result<std::shared_ptr<WorkerSource>> started = start_(deadline, stop);
  metrics_.count("cordon_engine_renewals_total", {{"outcome", started ? "ready" : "failed"}});
  if (!started) {
    log_.error("engine.renewal_failed", {{"error", started.error()}});
    return;
  }
  put_in_force(&old, *started, {});
}

// How many, when it is time; they are forgotten then.
std::size_t WorkerPool::take_crashes_if_due() {
  std::lock_guard lock(mutex_);
  if (no_renewals_ > 0 || crashes_.size() < options_.crashes_max) return 0;
  return std::exchange(crashes_, {}).size();
}

void WorkerPool::forbid_renewals(int more) {
  std::lock_guard lock(mutex_);
  no_renewals_ += more;
}

// Under the mutex.
void WorkerPool::note_crash() {
  const SteadyTime now = clock_.steady_now();
  while (!crashes_.empty() && now - crashes_.front() > options_.crash_window) crashes_.pop_front();
  crashes_.push_back(now);
  if (crashes_.size() > options_.crashes_max) crashes_.pop_front();
}

Result<WorkerPool::Workers> WorkerPool::raise(const std::shared_ptr<WorkerSource>& engine,
                                              Deadline deadline, const std::stop_token& stop) {
  Workers raised;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    Result<NewWorker> born = engine->spawn(deadline, stop);
    if (!born) return no_worker(std::move(born).error());
    metrics_.count("cordon_engine_workers_started_total");
    raised.push_back(std::make_unique<Worker>(engine, std::move(born).value(), clock_));
  }
  return raised;
}

std::shared_ptr<WorkerSource> WorkerPool::replace(std::shared_ptr<WorkerSource> engine,
                                                  Workers ready) {
  put_in_force(nullptr, engine, std::move(ready));
  return engine;
}

// Swaps the engine in force with `engine`; does nothing and returns false when it is not the one
// that was to be replaced.
bool WorkerPool::put_in_force(const std::shared_ptr<WorkerSource>* instead_of,
                              std::shared_ptr<WorkerSource>& engine, Workers ready) {
  {
    std::lock_guard lock(mutex_);
    if (instead_of != nullptr && engine_ != *instead_of) return false;
    engine_.swap(engine);
    crashes_.clear();
    // Over the limit as long as old workers scan: nobody waits for them.
    places_taken_ += ready.size();
    ready.swap(idle_);
  }
  changed_.notify_all();
  for (std::unique_ptr<Worker>& worker : ready) end(std::move(worker), WorkerFate::recycled);
  return true;
}

void WorkerPool::drain(std::shared_ptr<WorkerSource> old, Deadline deadline,
                       const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  for (;;) {
    retired_some_.wait_for(lock, stop, kDrainLook, [this] { return !retired_.empty(); });
    // Nobody can take another share of what is no longer current.
    const bool last = retired_.empty() &&
                      (old.use_count() <= 1 || stop.stop_requested() || deadline.passed(clock_));
    if (last) break;
    Workers retired;
    retired.swap(retired_);
    lock.unlock();
    for (std::unique_ptr<Worker>& worker : retired) end(std::move(worker), WorkerFate::recycled);
    lock.lock();
  }
  draining_ = false;
}

Result<void> WorkerPool::revive(Deadline deadline, const std::stop_token& stop) {
  const Result<std::shared_ptr<WorkerSource>> engine = living_engine(deadline, stop);
  if (!engine) return no_worker(engine.error());
  return {};
}

Result<void> WorkerPool::warm(Deadline deadline, const std::stop_token& stop) {
  std::vector<WorkerLease> leases;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    CORDON_TRY(WorkerLease one, lease(deadline, stop));
    leases.push_back(std::move(one));
  }
  for (WorkerLease& one : leases) std::move(one).give_back();
  return {};
}

// Under the mutex.
bool WorkerPool::is_old(const Worker& worker) const {
  return engine_ != nullptr && &worker.engine() != engine_.get();
}

// Under the mutex.
bool WorkerPool::is_good(const Worker& worker) const {
  return &worker.engine() == engine_.get() && worker.scans() < options_.recycle_after &&
         clock_.steady_now() - worker.born_at() < options_.recycle_age;
}

void WorkerPool::take_back(std::unique_ptr<Worker> worker) {
  {
    std::lock_guard lock(mutex_);
    if (draining_ && is_old(*worker)) {
      retired_.push_back(std::move(worker));
      retired_some_.notify_one();
      return;
    }
    if (is_good(*worker)) idle_.push_back(std::move(worker));
  }
  if (worker) {
    end(std::move(worker), WorkerFate::recycled);
  } else {
    changed_.notify_one();
  }
}

ProcessEnd WorkerPool::end(std::unique_ptr<Worker> worker, std::optional<WorkerFate> fate) {
  const ProcessEnd end = worker->end();
  const WorkerFate cause = fate.value_or(fate_of(end));
  metrics_.count("cordon_engine_workers_ended_total", {{"cause", std::string(name_of(cause))}});
  if (cause != WorkerFate::recycled) {
    log_.write_limited(LogLevel::warn, "engine.worker_ended",
                       {{"cause", name_of(cause)},
                        {"pid", worker->pid()},
                        {"end", describe(end)},
                        {"scans", worker->scans()}});
  }
  if (is_crash(cause)) {
    std::lock_guard lock(mutex_);
    if (!is_old(*worker)) note_crash();
  }
  worker.reset();
  release_place();
  return end;
}

void WorkerPool::release_place() {
  {
    std::lock_guard lock(mutex_);
    --places_taken_;
  }
  changed_.notify_one();
}

}  // namespace cordon
