#include "apps/cordon/services/agent_service.h"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "agent/agent.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/services/brake_service.h"
#include "apps/cordon/services/crash_observer.h"
#include "apps/cordon/services/health_server.h"
#include "apps/cordon/services/http_events_service.h"
#include "apps/cordon/services/protected_service.h"
#include "apps/cordon/services/results_service.h"
#include "apps/cordon/services/settings_service.h"
#include "apps/cordon/services/signature_service.h"
#include "base/guarded.h"
#include "operations/member_buckets.h"
#include "operations/sweeping.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kQueueLimit{30};
constexpr std::size_t kSlotsPerWorker = 4;

// Names this agent in results and as a log stream: unique among the agents that run now.
std::string agent_id() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::string(host.data()) + "/" + std::to_string(::getpid());
}

KeyEncoding key_encoding(const std::string& flag) {
  if (flag == "url") return KeyEncoding::url;
  if (flag == "raw") return KeyEncoding::raw;
  return KeyEncoding::by_source;
}

std::size_t workers_of(const AgentFlags& flags) {
  const std::size_t workers =
      flags.engine.workers > 0 ? flags.engine.workers : std::thread::hardware_concurrency();
  return std::max<std::size_t>(workers, 1);
}

int slots_of(const AgentFlags& flags) {
  if (flags.slots > 0) return static_cast<int>(flags.slots);
  return static_cast<int>(kSlotsPerWorker * workers_of(flags));
}

Result<AgentOptions> options_of(const AgentFlags& flags, const DeploymentAccess& cloud,
                                Process& process, const std::string& id,
                                std::chrono::seconds visibility) {
  AgentOptions options;
  CORDON_TRY(check_name_lengths(cloud.deployment(), cloud.account(), cloud.region()));
  const std::chrono::seconds scan_limit(flags.engine.max_scan_seconds);
  options.pipeline.deployment = cloud.deployment().name();
  options.pipeline.agent = id;
  options.pipeline.account = cloud.account();
  options.pipeline.region = cloud.region();
  options.pipeline.quarantine =
      cloud.deployment().quarantine_bucket(cloud.account(), cloud.region());
  // Beyond the engine's own limit, which may strike twice, there is only waiting for a worker.
  options.pipeline.scan_time_max = 4 * scan_limit;
  CORDON_TRY(options.stage.spool_directory, spool_dir(flags.engine, process.environment));
  options.message_handler.decode.key_encoding = key_encoding(flags.event_keys);
  options.spool_bytes_max = flags.spool_bytes;
  options.slots = slots_of(flags);
  options.visibility = visibility;
  options.drain = std::chrono::seconds(flags.drain_seconds);
  // Half of the workers stay free for what is new.
  const int workers = std::max(1, options.slots / static_cast<int>(kSlotsPerWorker));
  options.sweep.slots = std::max(1, workers / 2);
  options.sweep.visibility = visibility;
  options.sweep_below = std::max(1, workers / 2);
  return options;
}

/// When the time to drain is over: so long after the stop request, which slots and the outbox
/// share.
class DrainLimit {
 public:
  DrainLimit(const Process& process, std::chrono::seconds drain)
      : process_(process), drain_(drain), note_(process.stop, [this] {
          stopped_.with([&](auto& at) { at = process_.clock.steady_now(); });
        }) {}

  Deadline deadline() const {
    const std::optional<SteadyTime> at = stopped_.with([](const auto& time) { return time; });
    return Deadline::at(at.value_or(process_.clock.steady_now()) + drain_);
  }

 private:
  const Process& process_;
  const std::chrono::seconds drain_;
  Guarded<std::optional<SteadyTime>> stopped_;
  const std::stop_callback<std::function<void()>> note_;  ///< Last: it may come at once.
};

/// What the agent works from.
struct WorkSource {
  std::unique_ptr<HttpEventsService> posted = nullptr;  ///< Null: nobody may post events.
  EventQueueAccess events = {};  ///< Without a queue where posted events are all there is.
  EventQueueAccess sweeps = {};  ///< Without a queue: there is none.
  std::chrono::seconds visibility{};

  EventQueue& queue() const { return events.queue ? *events.queue : *posted->local_queue(); }
};

Result<WorkSource> work_source(const AgentFlags& flags, DeploymentAccess& cloud, Process& process) {
  WorkSource source;
  if (flags.http_events.is_on()) {
    CORDON_TRY(source.posted, HttpEventsService::open(flags, cloud, process));
  }
  if (flags.http_events.is_alone()) {
    source.visibility = source.posted->visibility();
    return source;
  }
  CORDON_TRY(source.events,
             cloud.event_queue(Deadline::after(process.clock, kQueueLimit), process.stop));
  source.visibility = source.events.visibility;
  Result<EventQueueAccess> sweeps =
      cloud.sweep_queue(Deadline::after(process.clock, kQueueLimit), process.stop);
  if (sweeps) {
    source.sweeps = *std::move(sweeps);
  } else {
    process.log.warn("sweep.no_queue", {{"error", sweeps.error()},
                                        {"meaning", "what sweeps find is not scanned here"}});
  }
  return source;
}

// Runs until the stop request. What can fail on the way in says what to do.
Result<void> serve(const AgentFlags& given, DeploymentAccess& cloud, Process& process,
                   const std::function<void()>& when_ready) {
  const std::string id = agent_id();
  CORDON_TRY(const std::unique_ptr<SettingsService> settings,
             SettingsService::start(given, cloud, process));
  const EngineSettings engine_settings = settings->current()->engine;
  const AgentFlags flags = with_settings(given, engine_settings);
  CORDON_TRY(const WorkSource source, work_source(flags, cloud, process));
  CORDON_TRY(AgentOptions options, options_of(flags, cloud, process, id, source.visibility));
  CORDON_TRY(options.pipeline.seal_keys, load_seal_keys(flags.seal_key_file));
  options.pipeline.verdict_policy = verdict_policy(engine_settings);
  if (!options.pipeline.seal_keys) {
    process.log.warn("seal.none",
                     {{"meaning",
                       "verdicts are not sealed, and every object is scanned, copies of "
                       "scanned ones included; cordon seal new-key FILE makes a key"}});
  }
  const std::unique_ptr<BrakeService> brake =
      BrakeService::start(id, cloud, process, [&] { return settings->current()->brake; });
  const SignatureObserver witness{
      .orders =
          [&] {
            BrakeState state = brake->watch().shared();
            return SignatureOrders{std::move(state.ignored), std::move(state.rejected_sets)};
          },
      .in_force = [&](const std::string& version) { brake->watch().set_in_force(version); }};
  CORDON_TRY(const std::unique_ptr<SignatureService> signatures,
             SignatureService::start(flags.engine, process, witness));
  Engine* const engine = &signatures->engine();
  const EngineSource version = [&]() -> std::optional<EngineVersion> {
    if (!engine->healthy()) return std::nullopt;
    return engine->version();
  };

  CORDON_TRY(const std::unique_ptr<ResultsService> results,
             ResultsService::start(flags, id, cloud, process, [&] { return settings->current(); }));
  const PolicySource policy = [&](const BucketName& bucket, const ObjectKey& key) {
    return resolve_policy(settings->current()->policies, cloud.region(), bucket, key);
  };
  const TagRulesSource tag_rules = [&] {
    const std::shared_ptr<const Settings> now = settings->current();
    return TagRules{.enabled = now->tags.enabled, .keys = keys_in_force(now->tags)};
  };
  const AllowSource allow_list = [&] { return settings->current()->allow; };
  const std::unique_ptr<StepObserver> observer = make_observer(process.environment);
  const MemberBuckets::SettingsSource in_force = [&] { return settings->current(); };
  const auto owner = [&](const BucketName& bucket) {
    return owner_of(*settings->current(), bucket, cloud.account());
  };
  cloud.expect_owners(owner);
  MemberBuckets buckets(cloud, in_force);
  CORDON_TRY(const std::filesystem::path cache, cache_folder(flags, process));
  const bool is_alone = flags.http_events.is_alone();
  ProtectedService where(cache, cloud, buckets, in_force,
                         is_alone ? UnknownBuckets::are_looked_up : UnknownBuckets::are_asked,
                         process);
  FileShareAdmin* shares = nullptr;
  if (!is_alone) {
    CORDON_TRY(shares, cloud.file_shares());
  }
  Agent agent(options, {.queue = source.queue(),
                        .sweep_queue = source.sweeps.queue.get(),
                        .store = buckets.store(),
                        .catalogue = buckets.catalogue(),
                        .buckets = where.buckets(),
                        .scanner = engine->scanner(),
                        .engine = version,
                        .revive_engine =
                            [engine](std::stop_token stop) {
                              (void)engine->revive(std::move(stop));  // The log has why not.
                            },
                        .results = results->sink(),
                        .policy = policy,
                        .clock = process.clock,
                        .random = process.random,
                        .log = process.log,
                        .metrics = process.metrics,
                        .observer = *observer,
                        .tag_rules = tag_rules,
                        .allow_list = allow_list,
                        .shares = shares,
                        .brake = &brake->watch(),
                        .probe = &cloud.store_probe(),
                        .owner = owner});
  const SweepWiring sweeping{.access = cloud,
                             .buckets = buckets,
                             .runtime = process,
                             .policy = policy,
                             .tag_keys = [&] { return keys_in_force(settings->current()->tags); },
                             .seal_keys = options.pipeline.seal_keys,
                             .verdict_policy = options.pipeline.verdict_policy};
  CORDON_TRY(const std::unique_ptr<HttpServer> health,
             start_health_server(
                 flags.metrics_listen,
                 [&agent] {
                   AgentHealth now = agent.health();
                   return Health{now.ready, std::move(now.detail)};
                 },
                 process.metrics, process.log));
  process.log.info("agent.started", {{"agent", id},
                                     {"deployment", cloud.deployment().name()},
                                     {"region", cloud.region().str()},
                                     {"slots", options.slots},
                                     {"metrics_port", health->port()}});
  if (source.posted) CORDON_TRY(source.posted->listen());
  when_ready();
  if (!is_alone) {
    results->report({.agent = id,
                     .deployment = cloud.deployment().name(),
                     .account = cloud.account(),
                     .region = cloud.region(),
                     .version = CORDON_VERSION,
                     .workers = workers_of(flags)},
                    version);
  }
  std::jthread sweeper([&](std::stop_token stop) {
    if (is_alone) return;  // Sweeps ask for scans in a queue of the deployment.
    ::pthread_setname_np(::pthread_self(), "sweeper");
    sweep_on_schedule(
        sweeping,
        [&] {
          const std::shared_ptr<const Settings> now = settings->current();
          return now->tags.enabled ? sweep_interval(now->sweep) : std::nullopt;
        },
        std::move(stop));
  });
  const std::stop_callback forward(process.stop, [&] { sweeper.request_stop(); });
  DrainLimit limit(process, options.drain);
  agent.run(process.stop);
  sweeper.request_stop();
  sweeper.join();
  results->finish(limit.deadline());
  process.log.info("agent.stopped", {{"agent", id}});
  return {};
}

}  // namespace

int run_agent_service(const AgentFlags& flags, DeploymentAccess& cloud, Process& process,
                      const std::function<void()>& when_ready) {
  cloud.tell_progress(nullptr);  // Nobody waits for a service.
  const Result<void> served = serve(flags, cloud, process, when_ready);
  if (served) return kExitDone;
  if (served.error().code == Errc::cancelled) return kExitDone;  // Stopped while starting.
  report_failure(served.error());
  // A wrong flag stays wrong; everything else may be otherwise at the next start.
  return served.error().cause == ErrorCause::usage ? kExitUsage : kExitFailed;
}

}  // namespace cordon
