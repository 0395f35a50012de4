#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "base/result.h"
#include "operations/console_sink.h"
#include "operations/deployment_access.h"
#include "operations/filtered_sink.h"
#include "operations/notification_sink.h"
#include "results/agent_reporter.h"
#include "results/durable_sink.h"
#include "results/http_result_sink.h"
#include "results/outbox.h"
#include "results/outbox_folders.h"
#include "settings/settings.h"

namespace cordon {

/// Where an agent's results go: the destinations that the settings of the moment want, and the
/// outbox in front of them.
class ResultsService {
 public:
  using SettingsSource = std::function<std::shared_ptr<const Settings>()>;

  /// Delivers what was left behind on this disk from now on. Without an outbox (the flags want
  /// none, or the disk takes none) results are delivered before their messages are acknowledged.
  /// `agent` names the log stream; `cloud` and `process` outlive the service.
  /// Errors: those of the spool directory.
  static Result<std::unique_ptr<ResultsService>> start(const AgentFlags& flags,
                                                       const std::string& agent,
                                                       DeploymentAccess& cloud, Process& process,
                                                       SettingsSource settings);

  /// From now on a thread named "reporter" says every 30 s how the agent is. `engine` outlives the
  /// service. Once.
  void report(AgentIdentity identity, std::function<std::optional<EngineVersion>()> engine);
  /// Takes each result before its message is acknowledged.
  ResultSink& sink();
  /// Delivers what is left until `deadline`. Nothing may be published any more.
  void finish(Deadline deadline);

 private:
  /// A console that results are posted to, and the way there.
  struct PostedConsole {
    ConsolePlace place;
    std::unique_ptr<HttpClient> client;
  };

  ResultsService(const AgentFlags& flags, const std::string& agent, DeploymentAccess& cloud,
                 Process& process, const SettingsSource& settings,
                 std::optional<PostedConsole> posted_console);
  static Result<std::optional<PostedConsole>> posted_console(const AgentFlags& flags,
                                                             Process& process);
  std::vector<ResultDestination> destinations(const AgentFlags& flags);
  Result<void> open_outbox(const std::filesystem::path& root, std::uint64_t bytes_max,
                           Process& process);

  DeploymentAccess& cloud_;
  Process& process_;
  const std::optional<PostedConsole> posted_console_;  ///< None: a queue leads to the console.
  const std::unique_ptr<ResultSink> log_;
  const std::unique_ptr<ResultSink> event_bus_;
  FilteredSink wanted_lines_;
  FilteredSink wanted_events_;
  NotificationSink notifications_;
  ConsoleSink console_;
  const std::vector<ResultDestination> destinations_;
  AllSinks direct_;
  std::vector<std::unique_ptr<DiskFolder>> folders_;  ///< The first is this agent's own.
  std::vector<std::unique_ptr<Outbox>> outboxes_;     ///< One for each folder.
  std::unique_ptr<DurableSink> durable_;              ///< Null: there is no outbox.
  std::unique_ptr<AgentReporter> reporter_;           ///< Null: nothing is reported.
  std::jthread reporting_;                            ///< Last: it ends before what it uses.
};

}  // namespace cordon
