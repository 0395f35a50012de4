#include "apps/cordon/services/results_service.h"

#include <pthread.h>

#include <utility>

#include "apps/cordon/services/crash_observer.h"
#include "apps/cordon/services/endpoint_mark.h"
#include "apps/cordon/services/settings_service.h"
#include "base/files.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/api_token.h"
#include "net/host_port.h"

namespace cordon {
namespace {

constexpr std::size_t kTokenFileBytesMax = 4096;

// Agents of several deployments, accounts and regions may share a disk, and so may their stand-ins.
std::string place_name(const AccountIdentity& identity) {
  return identity.deployment.name() + "-" + identity.account.str() + "-" + identity.region.str() +
         endpoint_mark(identity);
}

/// Empty: there is to be no outbox.
Result<std::filesystem::path> outbox_root(const AgentFlags& flags, const DeploymentAccess& cloud,
                                          const Process& process) {
  if (flags.outbox_bytes == 0) return std::filesystem::path();
  std::filesystem::path root = flags.outbox;
  if (root.empty()) {
    CORDON_TRY(const std::filesystem::path state, cache_folder(flags, process));
    if (state.empty()) return state;
    root = state / "outbox";
  }
  return root / place_name(cloud.identity());
}

std::vector<ResultSink*> sinks_of(const std::vector<ResultDestination>& destinations) {
  std::vector<ResultSink*> sinks;
  for (const ResultDestination& destination : destinations) sinks.push_back(destination.sink);
  return sinks;
}

}  // namespace

ResultsService::ResultsService(const AgentFlags& flags, const std::string& agent,
                               DeploymentAccess& cloud, Process& process,
                               const SettingsSource& settings,
                               std::optional<PostedConsole> posted_console)
    : cloud_(cloud),
      process_(process),
      posted_console_(std::move(posted_console)),
      log_(cloud.messages().log(cloud.deployment().log_group(), agent)),
      event_bus_(cloud.messages().event_bus()),
      wanted_lines_(*log_,
                    [settings, is_off = flags.no_cloudwatch](const ScanResult&) {
                      return !is_off && settings()->results.cloudwatch;
                    }),
      wanted_events_(*event_bus_,
                     [settings](const ScanResult&) { return settings()->results.eventbridge; }),
      notifications_(cloud.identity(), cloud.messages(),
                     [settings] { return settings()->notifications; }),
      console_({.settings = [settings] { return settings()->results.console; },
                .queue = [this](Deadline deadline,
                                std::stop_token stop) -> Result<std::unique_ptr<ResultSink>> {
                  if (!posted_console_) return cloud_.results_queue(deadline, std::move(stop));
                  return std::unique_ptr<ResultSink>(std::make_unique<HttpResultSink>(
                      *posted_console_->client, posted_console_->place));
                },
                .clock = process.clock,
                .log = process.log,
                .metrics = process.metrics}),
      destinations_(destinations(flags)),
      direct_(sinks_of(destinations_)) {}

// An agent that works for itself has none of AWS's services.
std::vector<ResultDestination> ResultsService::destinations(const AgentFlags& flags) {
  if (flags.http_events.is_alone() && !posted_console_) return {};
  if (flags.http_events.is_alone()) return {{"console", &console_}};
  return {{"cloudwatch", &wanted_lines_},
          {"eventbridge", &wanted_events_},
          {"notifications", &notifications_},
          {"console", &console_}};
}

Result<std::optional<ResultsService::PostedConsole>> ResultsService::posted_console(
    const AgentFlags& flags, Process& process) {
  if (flags.console_url.empty()) return std::optional<PostedConsole>();
  const Result<std::string> url = console_url(flags.console_url);
  if (!url) return usage_error("--console-url: " + url.error().what);
  if (flags.console_token_file.empty()) {
    return usage_error(
        "--console-url wants a token of that console: name a file with one, that only this user "
        "may read: --console-token-file FILE (CORDON_CONSOLE_TOKEN_FILE)");
  }
  CORDON_TRY(std::string text, read_private_file(flags.console_token_file, kTokenFileBytesMax));
  const WipedLater wiped(text);
  std::string token(trim(text));
  if (!is_token_secret(token)) {
    return Error{Errc::invalid, flags.console_token_file +
                                    " holds no token of a console; make one there: cordon console "
                                    "token new NAME --role operator"};
  }
  CORDON_TRY(HttpClientOptions options, http_client_options(process.environment));
  const std::string_view host = std::string_view(*url).substr(url->find("//") + 2);
  if (url->starts_with("http://") && !is_loopback(host.substr(0, host.rfind(':')))) {
    process.log.warn("results.without_tls", {{"console", *url}});
  }
  PostedConsole console{.place = {*url, std::move(token)},
                        .client = make_curl_client(std::move(options), process.clock)};
  return std::optional<PostedConsole>(std::move(console));
}

Result<std::unique_ptr<ResultsService>> ResultsService::start(const AgentFlags& flags,
                                                              const std::string& agent,
                                                              DeploymentAccess& cloud,
                                                              Process& process,
                                                              SettingsSource settings) {
  CORDON_TRY(std::optional<PostedConsole> console, posted_console(flags, process));
  std::unique_ptr<ResultsService> service(
      new ResultsService(flags, agent, cloud, process, settings, std::move(console)));
  CORDON_TRY(const std::filesystem::path root, outbox_root(flags, cloud, process));
  if (root.empty() || service->destinations_.empty()) return service;
  const Result<void> opened = service->open_outbox(root, flags.outbox_bytes, process);
  if (opened) {
    service->durable_ = std::make_unique<DurableSink>(*service->outboxes_.front(), service->direct_,
                                                      process.log, process.metrics);
    return service;
  }
  process.log.error("outbox.none",
                    {{"error", opened.error()},
                     {"meaning",
                      "results are delivered before their messages are acknowledged, "
                      "as slowly as that goes; --outbox names another directory"}});
  return service;
}

Result<void> ResultsService::open_outbox(const std::filesystem::path& root, std::uint64_t bytes_max,
                                         Process& process) {
  CORDON_TRY(folders_, open_outbox_folders(root));
  const ResultDeliveryPorts ports{process.clock, process.random, process.log, process.metrics};
  OutboxOptions options{.bytes_max = bytes_max};
  options.delivery.observer = make_crash_hook(process.environment);
  for (const std::unique_ptr<DiskFolder>& folder : folders_) {
    options.delivery.outbox = folder->path().filename().string();
    CORDON_TRY(std::unique_ptr<Outbox> outbox,
               Outbox::open(*folder, options, destinations_, ports));
    outboxes_.push_back(std::move(outbox));
  }
  return {};
}

void ResultsService::report(AgentIdentity identity,
                            std::function<std::optional<EngineVersion>()> engine) {
  reporter_ = std::make_unique<AgentReporter>(
      std::move(identity),
      AgentReporter::Ports{
          .sink =
              [this](Deadline deadline, std::stop_token stop) {
                return cloud_.agent_reports(deadline, std::move(stop));
              },
          .engine = std::move(engine),
          .outbox_results = [this] { return outboxes_.empty() ? 0 : outboxes_.front()->depth(); },
          .clock = process_.clock,
          .log = process_.log,
          .metrics = process_.metrics});
  reporting_ = std::jthread([this](std::stop_token stop) {
    ::pthread_setname_np(::pthread_self(), "reporter");
    reporter_->run(std::move(stop));
  });
}

ResultSink& ResultsService::sink() {
  if (durable_ != nullptr) return *durable_;
  return direct_;
}

void ResultsService::finish(Deadline deadline) {
  for (const std::unique_ptr<Outbox>& outbox : outboxes_) outbox->finish(deadline);
}

}  // namespace cordon
