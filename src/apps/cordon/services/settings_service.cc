#include "apps/cordon/services/settings_service.h"

#include <pthread.h>

#include "apps/cordon/services/endpoint_mark.h"
namespace cordon {
namespace {

// What holds as long as there is no document.
Settings usual_settings(const AgentFlags& flags) {
  Settings usual;
  Policy& policy = usual.policies.defaults;
  if (flags.on_infected == "delete") policy.on_infected = {{RouteStep::Kind::remove}};
  if (flags.on_infected == "keep") policy.on_infected = {{RouteStep::Kind::keep}};
  return usual;
}

// Agents of several deployments may share a directory, and stand-ins have deployments, accounts
// and buckets of the same names.
std::string cache_name(const DeploymentAccess& cloud) {
  return "settings-" + cloud.deployment().name() + "-" + cloud.account().str() +
         endpoint_mark(cloud.identity());
}

// A file of another endpoint that was given this name is not ours, either.
std::string cache_origin(const DeploymentAccess& cloud) {
  const std::optional<std::string>& endpoint = cloud.identity().endpoint;
  return cloud.settings_origin() + (endpoint ? " at " + *endpoint : "");
}

}  // namespace

SettingsService::SettingsService(SettingsWatchOptions options, std::optional<DocumentCache> cache,
                                 DeploymentAccess& cloud, Process& process)
    : cache_(std::move(cache)),
      watch_(std::move(options), cloud.settings_store(), cache_ ? &*cache_ : nullptr, process.clock,
             process.log, process.metrics) {}

Result<std::filesystem::path> cache_folder(const AgentFlags& flags, const Process& process) {
  if (!flags.state.empty()) return std::filesystem::path(flags.state);
  if (!flags.keep_settings) return std::filesystem::path();
  CORDON_TRY(const std::filesystem::path spool, spool_dir(flags.engine, process.environment));
  return spool / "state";
}

Result<std::unique_ptr<SettingsService>> SettingsService::start(const AgentFlags& flags,
                                                                DeploymentAccess& cloud,
                                                                Process& process) {
  std::optional<DocumentCache> cache;
  CORDON_TRY(const std::filesystem::path folder, cache_folder(flags, process));
  if (!folder.empty()) cache.emplace(folder / cache_name(cloud), cache_origin(cloud));
  SettingsWatchOptions options{.origin = cloud.settings_origin(), .usual = usual_settings(flags)};
  std::unique_ptr<SettingsService> service(
      new SettingsService(std::move(options), std::move(cache), cloud, process));
  CORDON_TRY(service->watch_.await(process.stop));
  service->thread_ = std::jthread([watch = &service->watch_](std::stop_token stop) {
    ::pthread_setname_np(::pthread_self(), "settings");
    watch->run(std::move(stop));
  });
  return service;
}

AgentFlags with_settings(AgentFlags flags, const EngineSettings& engine) {
  EngineFlags& engine_flags = flags.engine;
  engine_flags.max_scan_seconds = engine.max_scan_seconds.value_or(engine_flags.max_scan_seconds);
  engine_flags.recycle_after = engine.recycle_after.value_or(engine_flags.recycle_after);
  if (engine.detect_macros) engine_flags.scanner_arguments.emplace_back("--detect-macros");
  if (!engine.detect_broken) engine_flags.scanner_arguments.emplace_back("--ignore-broken");
  for (const ContentClass content_class : may_stay_unopened(engine.unopened)) {
    engine_flags.scanner_arguments.emplace_back("--may-stay-unopened");
    engine_flags.scanner_arguments.emplace_back(name_of(content_class));
  }
  switch (engine.encrypted) {
    case EncryptedContent::unscannable:
      break;
    case EncryptedContent::infected:
      engine_flags.scanner_arguments.emplace_back("--encrypted-is-infected");
      break;
  }
  switch (engine.opaque) {
    case OpaqueContent::clean:
      break;
    case OpaqueContent::unscannable:
      engine_flags.scanner_arguments.emplace_back("--opaque-is-unscannable");
      break;
  }
  return flags;
}

}  // namespace cordon
