#include "engine/worker_pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordon {
namespace {

constexpr int kStaleWorkersMax = 1024;
// A look at who still holds a replaced engine: not every holder announces that it lets go.
constexpr std::chrono::milliseconds kDrainLook{250};

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
  CORDON_CHECK(options_.workers > 0 && options_.recycle_after > 0);
  metrics_.describe("cordon_engine_workers", "Engine workers that are alive.");
  metrics_.describe("cordon_engine_workers_started_total", "Engine workers started.");
  metrics_.describe("cordon_engine_workers_ended_total", "Engine workers ended, by cause.");
  metrics_.describe("cordon_engine_cold_leases_total", "Scans that waited for a worker's birth.");
  metrics_.describe("cordon_engine_starts_total", "Engine processes started, by outcome.");
}

WorkerPool::~WorkerPool() {
  for (Workers* left : {&idle_, &retired_}) {
    for (std::unique_ptr<Worker>& worker : *left) end(std::move(worker), WorkerFate::recycled);
  }
  CORDON_CHECK(places_taken_ == 0);
}

std::shared_ptr<EngineProcess> WorkerPool::engine() const {
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
    const bool in_time = deadline.is_never()
                             ? changed_.wait(lock, stop, ready)
                             : changed_.wait_until(lock, stop, deadline.time(), ready);
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for a worker"};
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
  CORDON_TRY(std::shared_ptr<EngineProcess> engine, living_engine(deadline, stop));
  CORDON_TRY(NewWorker born, engine->spawn(deadline, stop));
  metrics_.count("cordon_engine_workers_started_total");
  return std::make_unique<Worker>(std::move(engine), std::move(born), clock_);
}

Result<std::shared_ptr<EngineProcess>> WorkerPool::living_engine(Deadline deadline,
                                                                 const std::stop_token& stop) {
  std::shared_ptr<EngineProcess> current = engine();
  if (current && current->alive()) return current;
  CORDON_TRY(const Turnstile::Turn turn, restarting_.enter(deadline, stop));
  current = engine();
  if (current && current->alive()) return current;
  return restart_engine(deadline, stop);
}

// Under the turn of `restarting_`. Tries once; the interval keeps a broken installation from being
// started over and over by every slot.
Result<std::shared_ptr<EngineProcess>> WorkerPool::restart_engine(Deadline deadline,
                                                                  const std::stop_token& stop) {
  if (next_restart_ && clock_.steady_now() < *next_restart_) {
    return Error{Errc::unavailable, "the engine could not start: " + last_failure_};
  }
  log_.warn("engine.restart");
  Result<std::shared_ptr<EngineProcess>> started = start_(deadline, stop);
  metrics_.count("cordon_engine_starts_total", {{"outcome", started ? "ready" : "failed"}});
  if (!started) {
    next_restart_ = clock_.steady_now() + options_.restart_interval;
    last_failure_ = started.error().what;
    log_.error("engine.restart_failed", {{"error", started.error()}});
    return started;
  }
  replace(*started);
  return started;
}

Result<WorkerPool::Workers> WorkerPool::raise(const std::shared_ptr<EngineProcess>& engine,
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

std::shared_ptr<EngineProcess> WorkerPool::replace(std::shared_ptr<EngineProcess> engine,
                                                   Workers ready) {
  {
    std::lock_guard lock(mutex_);
    engine_.swap(engine);
    // Over the limit as long as old workers scan: nobody waits for them.
    places_taken_ += ready.size();
    ready.swap(idle_);
  }
  changed_.notify_all();
  for (std::unique_ptr<Worker>& worker : ready) end(std::move(worker), WorkerFate::recycled);
  return engine;
}

void WorkerPool::drain(std::shared_ptr<EngineProcess> old, Deadline deadline,
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
    log_.warn("engine.worker_ended", {{"cause", name_of(cause)},
                                      {"pid", worker->pid()},
                                      {"end", describe(end)},
                                      {"scans", worker->scans()}});
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
