#include "apps/cordon/services/console_service.h"

#include <pthread.h>

#include <cstdio>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/seal_keys.h"
#include "base/duration.h"
#include "base/secret.h"
#include "base/text.h"
#include "console/console_pages.h"
#include "console/deployment_desk.h"
#include "console/document_uploads.h"
#include "console/password_hasher.h"
#include "console/result_intake.h"
#include "console/retention_schedule.h"
#include "console/setup_token.h"
#include "console_web/web_file.h"
#include "net/host_port.h"
#include "store/open_store.h"

namespace cordon {
namespace {

constexpr std::size_t kHttpThreads = 8;  // As many readers has the database: nobody waits for one.
constexpr std::size_t kIntakeThreads = 4;
constexpr std::chrono::seconds kOpenTime{30};
constexpr std::chrono::seconds kLookTime{30};
constexpr std::chrono::seconds kBetweenLooks{10};
constexpr std::chrono::hours kKeptMost{24 * 3650};

Result<std::chrono::hours> kept_time(const ConsoleFlags& flags) {
  CORDON_TRY(const std::chrono::milliseconds keep, parse_duration(flags.keep, kKeptMost));
  if (keep >= kKeptLeast) return std::chrono::duration_cast<std::chrono::hours>(keep);
  return Error{Errc::invalid, "--keep: at least 30d, for so long results can come again"};
}

Result<ConsoleFront> front_of(const ConsoleFlags& flags) {
  ConsoleFront front{.proxies = static_cast<std::size_t>(flags.proxies)};
  if (flags.public_url.empty()) return front;
  CORDON_TRY(front.origin, PageOrigin::parse(flags.public_url));
  return front;
}

// Whoever reads what the console prints may make its first person.
Result<void> offer_setup(PersonStore& people, SetupToken& setup, Process& process) {
  CORDON_TRY(const std::vector<Person> all,
             people.people(Deadline::after(process.clock, kOpenTime), process.stop));
  if (!all.empty()) return {};
  std::string token = setup.begin(process.random);
  const WipedLater wiped(token);
  std::printf("setup token: %s\n", shown(token).c_str());
  std::fflush(stdout);
  return {};
}
/// The account, from the moment that it was reached; before, why not. What was found is served also
/// while nobody there answers.
class LateAccount {
 public:
  using Access = std::shared_ptr<DeploymentAccess>;  // Shared with whatever works with it.

  explicit LateAccount(Process& process) : process_(process) {}

  /// Blocks until the account was reached. Errors: invalid, denied: waiting would not help;
  /// cancelled.
  Result<Access> reach() {
    do {
      Result<Access> reached = connect_account(process_);
      if (reached) (*reached)->tell_progress(nullptr);  // Nobody waits for a service.
      now_.with([&](Result<Access>& now) { now = reached; });
      if (reached || !passes(reached.error())) return reached;
      process_.log.write_limited(LogLevel::warn, "console.account_away",
                                 {{"error", reached.error()}});
    } while (process_.clock.wait_for(kBetweenLooks, process_.stop));
    return Error{Errc::cancelled, "stopped before the account was reached"};
  }

  Result<Access> now() const {
    return now_.with([](const Result<Access>& now) { return now; });
  }

 private:
  static bool passes(const Error& error) {
    return error.code == Errc::unavailable || error.code == Errc::timeout ||
           error.code == Errc::throttled;
  }

  Process& process_;
  Guarded<Result<Access>> now_{Error{Errc::unavailable, "the account was not reached yet"}};
};

/// The results queue, from the moment that there is one; before, why not.
class Intake {
 public:
  Intake(SqlStore& store, Process& process) : store_(store), process_(process) {}

  /// Blocks until the stop request.
  void run(DeploymentAccess& access) {
    if (find_queue(access)) take_in();
  }

  IntakeHealth health() const {
    const std::shared_ptr<const ResultIntake> intake =
        intake_.with([](const auto& now) { return now; });
    return intake ? intake->health() : IntakeHealth{false, "there is no results queue yet"};
  }

 private:
  // The queue is made with the first protected bucket, which may come after the console.
  bool find_queue(DeploymentAccess& access) {
    bool is_told = false;
    do {
      const Deadline deadline = Deadline::after(process_.clock, kLookTime);
      Result<EventQueueAccess> found = access.results_intake(deadline, process_.stop);
      if (found) {
        queue_ = *std::move(found);
        return true;
      }
      if (!std::exchange(is_told, true)) {
        process_.log.warn("console.no_queue", {{"error", found.error()}});
      }
    } while (process_.clock.wait_for(kBetweenLooks, process_.stop));
    return false;
  }

  void take_in() {
    IntakeOptions options;
    options.visibility = queue_.visibility;
    const auto intake = std::make_shared<ResultIntake>(
        options, IntakePorts{*queue_.queue, store_, store_, process_.clock, process_.random,
                             process_.log, process_.metrics});
    intake_.with([&](auto& now) { now = intake; });
    process_.log.info("console.takes_results", {{"threads", kIntakeThreads}});
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kIntakeThreads; ++i) {
      threads.emplace_back([this, intake, i] {
        ::pthread_setname_np(::pthread_self(), ("intake-" + std::to_string(i)).c_str());
        intake->run(process_.stop);
      });
    }
  }

  SqlStore& store_;
  Process& process_;
  EventQueueAccess queue_;
  Guarded<std::shared_ptr<const ResultIntake>> intake_;  // Shared with who asks for its health.
};

Result<std::unique_ptr<HttpServer>> start_pages(const HostPort& where, ConsolePages& pages,
                                                DocumentUploads& uploads, Process& process) {
  CORDON_TRY(std::unique_ptr<HttpServer> server,
             HttpServer::start(
                 HttpServerOptions{
                     .host = where.host,
                     .port = where.port,
                     .threads = kHttpThreads,
                     .connections_max = 256,
                     .body_bytes_max = 4096,
                     .upload = [&](const ServerRequest& head) -> std::shared_ptr<UploadSink> {
                       if (auto results = pages.body_of(head)) return results;
                       return uploads.sink_for(head);
                     }},
                 [&pages](const ServerRequest& request, const std::shared_ptr<UploadSink>& upload,
                          std::stop_token stop) {
                   if (const auto results = std::dynamic_pointer_cast<PostedBody>(upload)) {
                     ServerRequest whole = request;
                     whole.body = results->take();
                     return pages.answer(whole, std::move(stop));
                   }
                   return pages.answer(DocumentUploads::whole(request, upload), std::move(stop));
                 },
                 process.log));
  if (!is_loopback(where.host)) {
    process.log.warn("console.without_tls", {{"host", where.host}});
  }
  const bool is_ipv6 = where.host.find(':') != std::string::npos;
  std::printf("console: http://%s%s%s:%u\n", is_ipv6 ? "[" : "", shown(where.host).c_str(),
              is_ipv6 ? "]" : "", static_cast<unsigned>(server->port()));
  std::fflush(stdout);
  return server;
}

Result<void> serve(const ConsoleFlags& flags, Process& process,
                   const std::function<void()>& when_ready) {
  CORDON_TRY(const DatabaseLocation location, parse_database(flags.database));
  CORDON_TRY(const std::chrono::hours keep, kept_time(flags));
  CORDON_TRY(const HostPort where, parse_host_port(flags.listen));
  CORDON_TRY(const ConsoleFront front, front_of(flags));
  CORDON_TRY(std::optional<SealKeyRing> seal_keys, load_seal_keys(flags.seal_key_file));
  CORDON_TRY(const std::unique_ptr<SqlStore> store,
             open_store(location, kHttpThreads, process.clock,
                        Deadline::after(process.clock, kOpenTime), process.stop));
  CORDON_TRY(const std::unique_ptr<PasswordHasher> passwords, PasswordHasher::make(kPasswordCost));
  SetupToken setup(process.clock);
  LateAccount account(process);
  Intake intake(*store, process);
  DeploymentDesk desk({.access = [&account] { return account.now(); },
                       .runtime = process,
                       .clock = process.clock,
                       .seal_keys = std::move(seal_keys)});
  DocumentUploads uploads;
  ConsolePages pages({.findings = *store,
                      .store = *store,
                      .agents = *store,
                      .tokens = *store,
                      .people = *store,
                      .sessions = *store,
                      .audit = *store,
                      .passwords = *passwords,
                      .setup = setup,
                      .front = front,
                      .answers = *store,
                      .deployment = desk,
                      .health =
                          [&] {
                            return flags.without_queue ? IntakeHealth{true, ""} : intake.health();
                          },
                      .clock = process.clock,
                      .random = process.random,
                      .log = process.log,
                      .metrics = process.metrics,
                      .web = web_files()});
  CORDON_TRY(const std::unique_ptr<HttpServer> server, start_pages(where, pages, uploads, process));
  CORDON_TRY(offer_setup(*store, setup, process));
  when_ready();
  std::jthread retention([&](std::stop_token stop) {
    ::pthread_setname_np(::pthread_self(), "retention");
    forget_on_schedule(*store, *store, *store, keep, process.clock, process.log, process.metrics,
                       std::move(stop));
  });
  const Result<LateAccount::Access> access = account.reach();
  if (flags.without_queue) {
    // Results come by themselves, and are shown also where nobody knows the account.
    process.clock.wait_until(SteadyTime::max(), process.stop);
  } else {
    CORDON_TRY(access);
    intake.run(**access);
  }
  process.log.info("console.stopped");
  return {};
}

}  // namespace

int run_console_service(const ConsoleFlags& flags, Process& process,
                        const std::function<void()>& when_ready) {
  const Result<void> served = serve(flags, process, when_ready);
  if (served || served.error().code == Errc::cancelled) return kExitDone;
  report_failure(served.error());
  return served.error().code == Errc::invalid ? kExitUsage : kExitFailed;
}

ConsoleBeside::ConsoleBeside(ConsoleFlags flags, const Process& process)
    : with_process_(process.stop, [this] { stop_.request_stop(); }) {
  // Shared: the thread may still hold it when nobody waits for it any more.
  const auto known = std::make_shared<std::latch>(1);
  thread_ = std::jthread([this, &process, known, flags = std::move(flags)] {
    ::pthread_setname_np(::pthread_self(), "console");
    Process own{{process.clock, process.random, process.log, process.metrics, process.environment,
                 stop_.get_token()},
                process.options};
    bool is_ready = false;
    const int code = run_console_service(flags, own, [&] {
      is_ready = true;
      known->count_down();
    });
    if (is_ready) return;
    exit_code_ = code;
    known->count_down();
  });
  known->wait();
}

ConsoleBeside::~ConsoleBeside() {
  stop_.request_stop();
  thread_.join();
}

}  // namespace cordon
