#include "apps/cordon/services/http_events_service.h"

#include <utility>

#include "apps/cordon/services/settings_service.h"
#include "net/host_port.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kQueueLimit{30};

Result<std::filesystem::path> journal_root(const AgentFlags& flags, const Process& process) {
  if (!flags.http_events.journal.empty()) {
    return std::filesystem::path(flags.http_events.journal);
  }
  CORDON_TRY(std::filesystem::path state, cache_folder(flags, process));
  if (state.empty()) {
    CORDON_TRY(state, spool_dir(flags.engine, process.environment));
  }
  return state / "http-events";
}

}  // namespace

Result<std::unique_ptr<HttpEventsService>> HttpEventsService::open(const AgentFlags& flags,
                                                                   DeploymentAccess& cloud,
                                                                   Process& process) {
  std::unique_ptr<HttpEventsService> service(new HttpEventsService(flags.http_events, process));
  if (flags.http_events.token_file.empty()) {
    return usage_error(
        "--http-events takes events from whoever has a token: name a file with one in each line, "
        "that only this user may read: --http-events-token-file FILE "
        "(CORDON_HTTP_EVENTS_TOKEN_FILE)");
  }
  CORDON_TRY(PushTokens tokens, PushTokens::load(flags.http_events.token_file));
  if (flags.http_events.is_alone()) {
    CORDON_TRY(service->open_local(flags));
  } else {
    CORDON_TRY(service->open_forwarding(cloud));
  }
  EventSender& to =
      service->queue_ ? static_cast<EventSender&>(*service->queue_) : *service->forwarding_;
  service->events_ = std::make_unique<HttpEvents>(
      std::move(tokens), HttpEventsPorts{to, process.clock, process.log, process.metrics});
  return service;
}

Result<void> HttpEventsService::open_local(const AgentFlags& flags) {
  CORDON_TRY(journal_, journal_root(flags, process_));
  CORDON_TRY(letters_, LocalDeadLetters::open(journal_, {.bytes_max = flags_.journal_bytes},
                                              process_.clock, process_.random));
  Result<std::unique_ptr<DiskFolder>> folder = DiskFolder::open(journal_ / "events");
  if (!folder && folder.error().cause == ErrorCause::place_taken) {
    return Error{Errc::unavailable,
                 "another agent keeps its events in " + journal_.string() +
                     ": name a directory of this agent's own with --http-events-journal"};
  }
  CORDON_TRY(folder_, std::move(folder));
  CORDON_TRY(queue_, LocalEventQueue::open(
                         {.bytes_max = flags_.journal_bytes},
                         {*folder_, *letters_, process_.clock, process_.log, process_.metrics}));
  return {};
}

Result<void> HttpEventsService::open_forwarding(DeploymentAccess& cloud) {
  CORDON_TRY(forwarding_,
             cloud.event_sender(Deadline::after(process_.clock, kQueueLimit), process_.stop));
  return {};
}

Result<void> HttpEventsService::listen() {
  CORDON_TRY(const HostPort where, parse_host_port(flags_.listen));
  CORDON_TRY(server_, HttpServer::start(
                          events_->server_options(where.host, where.port),
                          [events = events_.get()](const ServerRequest& request,
                                                   const std::shared_ptr<UploadSink>& upload,
                                                   std::stop_token stop) {
                            return events->answer(request, upload, std::move(stop));
                          },
                          process_.log));
  process_.log.info("http_events.listening",
                    {{"port", server_->port()}, {"to", flags_.to}, {"journal", journal_.string()}});
  if (!is_loopback(where.host)) {
    process_.log.warn("http_events.without_tls",
                      {{"host", where.host},
                       {"meaning",
                        "tokens and names of objects are readable on the way: put a "
                        "proxy with TLS in front, and listen on 127.0.0.1"}});
  }
  return {};
}

}  // namespace cordon
