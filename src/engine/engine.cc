#include "engine/engine.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "engine/engine_process.h"
#include "engine/patient_scanner.h"
#include "engine/sandbox_scanner.h"
#include "engine/scratch.h"
#include "engine/worker_pool.h"

namespace cordon {
namespace {

std::size_t workers_of(const Engine::Options& options) {
  if (options.workers > 0) return options.workers;
  return std::max(1U, std::thread::hardware_concurrency());
}

/// Bytes that new processes can have without swapping; 0 when unknown.
std::uint64_t memory_available() {
  std::ifstream lines("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  while (lines >> name >> kibibytes) {
    if (name == "MemAvailable:") return kibibytes * 1024;
    lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

bool fits_into_memory(const Engine::Options& options) {
  return memory_available() / 2 / workers_of(options) >= options.temporary_bytes;
}

EngineProcessOptions process_of(const Engine::Options& options,
                                const std::filesystem::path& signatures) {
  EngineProcessOptions process{
      .binary = options.binary.empty() ? beside_this_program("cordon-engine") : options.binary,
      .arguments = {"--signatures", signatures.string(), "--memory-bytes",
                    std::to_string(options.memory_bytes), "--temporary-bytes",
                    std::to_string(options.temporary_bytes)},
      .scratch = options.scratch_dir};
  if (!fits_into_memory(options)) process.arguments.push_back("--temporary-on-disk");
  if (options.allow_weak_sandbox) process.arguments.push_back("--allow-weak-sandbox");
  process.arguments.insert(process.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
  return process;
}

SandboxScannerOptions scanner_options(const Engine::Options& options) {
  return {.scan_time_max = options.max_scan,
          .memory_bytes_max = options.memory_bytes,
          .scratch = options.scratch_dir};
}

void tell_confinement(Log& log, Metrics& metrics, const Confinement& is) {
  const bool weak = is.landlock_abi == 0 || !is.system_call_filter;
  metrics.describe("cordon_sandbox_weak", "1: workers run without Landlock or seccomp");
  metrics.set("cordon_sandbox_weak", {}, weak ? 1 : 0);
  if (weak) {
    log.warn("engine.weak_sandbox", {{"landlock", is.landlock_abi > 0},
                                     {"system_call_filter", is.system_call_filter},
                                     {"meaning",
                                      "a file that takes over the parser is not wholly confined; "
                                      "--allow-weak-sandbox permits that"}});
  }
  log.info("engine.confined", {{"landlock", unsigned{is.landlock_abi}},
                               {"system_call_filter", is.system_call_filter},
                               {"own_user", is.own_user},
                               {"own_network", is.own_network},
                               {"own_root", is.own_root},
                               {"temporary_in_memory", is.memory_temporary}});
}

}  // namespace

struct Engine::Parts {
  Parts(const Options& wanted, const Clock& the_clock, Log& the_log, Metrics& the_metrics)
      : options(wanted),
        clock(the_clock),
        log(the_log),
        metrics(the_metrics),
        signatures(options.signatures_dir),
        pool(
            {.workers = workers_of(options),
             .recycle_after = options.recycle_after,
             .crashes_max = options.crashes_max,
             .crash_window = options.crash_window},
            [this](Deadline deadline, const std::stop_token& stop) {
              return start_process(signatures.with([](const auto& path) { return path; }), deadline,
                                   stop);
            },
            clock, log, metrics),
        sandbox(pool, scanner_options(options), clock, metrics),
        patient(
            sandbox, [this] { return pool.engine()->version(); }, clock, log, metrics) {}

  Result<std::shared_ptr<WorkerSource>> start_process(const std::filesystem::path& directory,
                                                      Deadline deadline,
                                                      const std::stop_token& stop) {
    using Process = std::shared_ptr<EngineProcess>;
    const SteadyTime begun = clock.steady_now();
    CORDON_TRY(Process process,
               EngineProcess::start(process_of(options, directory), clock,
                                    deadline.at_most(clock, options.max_load), stop));
    const std::chrono::duration<double> seconds = clock.steady_now() - begun;
    log.info("engine.ready", {{"engine", process->version().engine},
                              {"signatures", process->version().signatures},
                              {"count", process->signature_count()},
                              {"parsing", name_of(process->number_parsing())},
                              {"pid", process->pid()},
                              {"seconds", seconds.count()}});
    if (process->number_parsing() == NumberParsing::bypassed) {
      log.warn("engine.parsing_bypassed",
               {{"meaning",
                 "the engine's library does not call the function that reads numbers "
                 "faster: verdicts are the same, scans are slower"}});
    }
    if (process->note_count() > 0) {
      log.warn("signatures.not_in_force",
               {{"count", process->note_count()},
                {"first", process->notes().empty() ? std::string() : process->notes().front()},
                {"all", "cordon signatures check DIR"}});
    }
    return std::shared_ptr<WorkerSource>(std::move(process));
  }

  Result<void> judge_candidate(const std::shared_ptr<WorkerSource>& next, const Judge& judge,
                               const std::stop_token& stop);

  const Options options;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
  Guarded<std::filesystem::path> signatures;  ///< Of the current engine: a dead one restarts so.
  WorkerPool pool;
  SandboxScanner sandbox;
  PatientScanner patient;
};

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(const Options& options, const Clock& clock, Log& log,
                                              Metrics& metrics, std::stop_token stop) {
  if (const int swept = ScratchDirectory::sweep(options.scratch_dir); swept > 0) {
    log.info("engine.scratch_swept", {{"directories", swept}});
  }
  auto parts = std::make_unique<Parts>(options, clock, log, metrics);
  CORDON_TRY(std::shared_ptr<WorkerSource> process,
             parts->start_process(options.signatures_dir, Deadline::never(), stop));
  parts->pool.replace(std::move(process));
  const Deadline deadline = Deadline::after(clock, options.max_load);
  CORDON_TRY(parts->pool.warm(deadline, stop));
  CORDON_TRY(WorkerLease first, parts->pool.lease(deadline, stop));
  tell_confinement(log, metrics, first->confinement());
  std::move(first).give_back();
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Scanner& Engine::scanner() { return parts_->patient; }
EngineVersion Engine::version() const { return parts_->pool.engine()->version(); }
std::uint64_t Engine::signature_count() const { return parts_->pool.engine()->signature_count(); }
Engine::Notes Engine::notes() const {
  const std::shared_ptr<WorkerSource> engine = parts_->pool.engine();
  return {.first = engine->notes(), .count = engine->note_count()};
}
bool Engine::healthy() const { return parts_->pool.engine()->alive(); }
Result<void> Engine::revive(std::stop_token stop) {
  return parts_->pool.revive(Deadline::after(parts_->clock, parts_->options.max_load), stop);
}

Result<void> Engine::Parts::judge_candidate(const std::shared_ptr<WorkerSource>& next,
                                            const Judge& judge, const std::stop_token& stop) {
  if (!judge) return {};
  // A pool of its own, with one worker: whatever is tried on it, nothing of it is used afterwards.
  WorkerPool trial(
      {.workers = 1},
      [](Deadline, const std::stop_token&) -> Result<std::shared_ptr<WorkerSource>> {
        return Error{Errc::unavailable, "the new engine died while it was tried"};
      },
      clock, log, metrics);
  const WorkerPool::NoRenewals none(trial);
  CORDON_TRY(WorkerPool::Workers one,
             trial.raise(next, Deadline::after(clock, options.max_load), stop));
  trial.replace(next, std::move(one));
  SandboxScanner scanner(trial, scanner_options(options), clock, metrics);
  return judge({next->version(), next->signature_count(), scanner});
}

Result<void> Engine::reload(const std::filesystem::path& directory, const Judge& judge,
                            std::stop_token stop) {
  Parts& parts = *parts_;
  const WorkerPool::NoRenewals two_at_most(parts.pool);
  const auto same = [](const std::filesystem::path& path) { return path; };
  const std::filesystem::path from = directory.empty() ? parts.signatures.with(same) : directory;
  CORDON_TRY(std::shared_ptr<WorkerSource> next,
             parts.start_process(from, Deadline::never(), stop));
  CORDON_TRY(parts.judge_candidate(next, judge, stop));
  const Deadline births = Deadline::after(parts.clock, parts.options.max_load);
  CORDON_TRY(WorkerPool::Workers ready, parts.pool.raise(next, births, stop));
  parts.signatures.with([&](auto& path) { path = from; });
  std::shared_ptr<WorkerSource> old = parts.pool.replace(std::move(next), std::move(ready));
  // A scan may take its whole limit; after that nothing can hold the old engine.
  parts.pool.drain(std::move(old), Deadline::after(parts.clock, 2 * parts.options.max_scan), stop);
  return {};
}

Result<void> Engine::reload(std::stop_token stop) { return reload({}, nullptr, std::move(stop)); }

}  // namespace cordon
