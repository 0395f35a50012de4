#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "core/ports/event_queue.h"
#include "core/ports/event_sender.h"
#include "journal/disk_folder.h"
#include "net/http_server.h"
#include "operations/deployment_access.h"
#include "push/http_events.h"
#include "push/local_dead_letters.h"
#include "push/local_event_queue.h"

namespace cordon {

/// What stores post to this agent: where it is kept, and the server that takes it.
class HttpEventsService {
 public:
  /// Opens what events go to, and takes none yet. Everything that is passed outlives the service.
  /// Errors: usage (no token file is named); invalid (nor are there tokens in it); unavailable
  /// (another agent has the directory); those of the queue.
  static Result<std::unique_ptr<HttpEventsService>> open(const AgentFlags& flags,
                                                         DeploymentAccess& cloud, Process& process);

  /// What this agent works from; null: events go to the deployment's queue.
  EventQueue* local_queue() { return queue_.get(); }
  std::chrono::seconds visibility() const { return LocalQueueOptions{}.visibility; }
  /// From now on events are taken, until the service goes. Once.
  /// Errors: usage (no HOST:PORT), unavailable (the port is taken), denied.
  Result<void> listen();

 private:
  HttpEventsService(const HttpEventsFlags& flags, Process& process)
      : flags_(flags), process_(process) {}
  Result<void> open_local(const AgentFlags& flags);
  Result<void> open_forwarding(DeploymentAccess& cloud);

  const HttpEventsFlags flags_;
  Process& process_;
  std::filesystem::path journal_;
  std::unique_ptr<DiskFolder> folder_;
  std::unique_ptr<LocalDeadLetters> letters_;
  std::unique_ptr<LocalEventQueue> queue_;
  std::unique_ptr<EventSender> forwarding_;
  std::unique_ptr<HttpEvents> events_;
  std::unique_ptr<HttpServer> server_;  ///< Last: it ends before what it uses.
};

}  // namespace cordon
