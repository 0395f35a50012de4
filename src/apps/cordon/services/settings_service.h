#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "base/result.h"
#include "operations/deployment_access.h"
#include "settings_live/settings_watch.h"

namespace cordon {

/// The settings in force, kept up to date by a thread named "settings" for as long as this lives.
class SettingsService {
 public:
  /// Blocks until the settings are known: while they are not, an agent takes no object. `cloud` and
  /// `process` outlive the service. Errors: cancelled; those of the spool directory.
  static Result<std::unique_ptr<SettingsService>> start(const AgentFlags& flags,
                                                        DeploymentAccess& cloud, Process& process);

  std::shared_ptr<const Settings> current() const { return watch_.current(); }

 private:
  SettingsService(SettingsWatchOptions options, std::optional<DocumentCache> cache,
                  DeploymentAccess& cloud, Process& process);

  const std::optional<DocumentCache> cache_;
  SettingsWatch watch_;
  std::jthread thread_;  ///< Last: it ends before what it uses.
};

/// Where an agent keeps the last good documents; empty: nowhere. Errors: of the spool directory.
Result<std::filesystem::path> cache_folder(const AgentFlags& flags, const Process& process);

/// The flags with what the [engine] settings say instead.
AgentFlags with_settings(AgentFlags flags, const EngineSettings& engine);

}  // namespace cordon
