#include "apps/cordon/commands/agent_flags.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "apps/cordon/commands/seal_keys.h"
#include "base/files.h"
#include "command_line/command_line.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

// Less would have every object fetched in pieces of a few bytes.
constexpr std::int64_t kSpoolBytesMin = 1'000'000;
constexpr std::int64_t kSpoolBytesMax = std::int64_t{1} << 50U;

}  // namespace

void add_engine_flags(Command& command, EngineFlags& flags) {
  command
      .add_option("--signatures", flags.signatures,
                  "Directory of signatures (ClamAV formats, YARA)")
      ->environment("CORDON_SIGNATURES");
  command
      .add_option(
          "--known-clean", flags.known_clean,
          "Directory of clean files: a new signature set that finds something there is refused")
      ->environment("CORDON_KNOWN_CLEAN");
  command.add_option("--engine", flags.engine_binary, "The cordon-engine program");
  command.add_option("--spool", flags.spool, "Directory for large objects and temporary files");
  command.add_option("--workers", flags.workers, "Engine workers (default: one per core)")
      ->between(1, 1024);
  command
      .add_option("--recycle-after", flags.recycle_after,
                  "Scans of one worker process; 1: a process per object")
      ->positive();
  command.add_option("--max-scan-seconds", flags.max_scan_seconds, "Time limit of one scan")
      ->positive();
  command
      .add_option("--max-crashes", flags.max_crashes,
                  "Crashes of workers within --crash-window that make the engine start anew")
      ->positive();
  command.add_option("--crash-window", flags.crash_window_seconds, "Seconds; see --max-crashes")
      ->between(1, 86'400);
  command.add_flag("--allow-weak-sandbox", flags.allow_weak_sandbox,
                   "Start although the kernel lacks Landlock or seccomp");
  command.add_flag("--stock-parsing", flags.stock_parsing,
                   "libclamav reads the numbers of its signatures with the C library: slower");
}

namespace {

constexpr std::int64_t kJournalBytesMin = 16 << 20;
constexpr std::int64_t kJournalBytesMax = std::int64_t{1} << 40U;

void add_http_events_flags(Command& command, HttpEventsFlags& flags) {
  command
      .add_option("--http-events", flags.listen,
                  "HOST:PORT to which stores post their events (MinIO, RustFS, Ceph); no TLS: off "
                  "this machine behind a proxy (port 0: any)")
      ->environment("CORDON_HTTP_EVENTS");
  command
      .add_option("--http-events-token-file", flags.token_file,
                  "Tokens of those who may post, one a line; needed with --http-events")
      ->environment("CORDON_HTTP_EVENTS_TOKEN_FILE");
  command
      .add_option("--http-events-to", flags.to,
                  "local: this agent handles them, and needs nothing of AWS but S3; queue: they go "
                  "to the deployment's event queue, for all its agents")
      ->one_of({"local", "queue"})
      ->environment("CORDON_HTTP_EVENTS_TO");
  command
      .add_option(
          "--http-events-journal", flags.journal,
          "Directory for local events (default: \"http-events\" in --state); on a disk that "
          "outlives the agent")
      ->environment("CORDON_HTTP_EVENTS_JOURNAL");
  command
      .add_option("--http-events-journal-bytes", flags.journal_bytes,
                  "Most bytes of local events; beyond that senders are told 507")
      ->between(kJournalBytesMin, kJournalBytesMax);
}

}  // namespace

void add_agent_flags(Command& command, AgentFlags& flags) {
  add_engine_flags(command, flags.engine);
  command.add_option("--slots", flags.slots, "Objects under way at a time (default: 4 per worker)")
      ->between(1, 4096);
  command.add_option("--spool-bytes", flags.spool_bytes, "Most bytes of staged objects at a time")
      ->between(kSpoolBytesMin, kSpoolBytesMax);
  command.add_option("--metrics-listen", flags.metrics_listen,
                     "HOST:PORT of /healthz, /readyz and /metrics (port 0: any)");
  command.add_option("--drain", flags.drain_seconds,
                     "Seconds to finish what is under way at a stop");
  command
      .add_option("--on-infected", flags.on_infected,
                  "quarantine, delete or keep, as long as there is no settings document")
      ->one_of({"quarantine", "delete", "keep"});
  command
      .add_option("--event-keys", flags.event_keys,
                  "How events write keys: auto (AWS's rules), url or raw (some stand-ins)")
      ->one_of({"auto", "url", "raw"})
      ->environment("CORDON_EVENT_KEYS");
  add_seal_key_flag(command, flags.seal_key_file);
  command
      .add_option("--state", flags.state,
                  "Directory for the last good settings (default: \"state\" in the spool)")
      ->environment("CORDON_STATE");
  command
      .add_option("--outbox", flags.outbox,
                  "Directory for results on their way (default: \"outbox\" in --state); on a disk "
                  "that outlives the agent")
      ->environment("CORDON_OUTBOX");
  command.add_option("--outbox-bytes", flags.outbox_bytes,
                     "Most bytes of results on their way; 0: none, each result is delivered before "
                     "its message is acknowledged");
  command.add_flag("--no-cloudwatch", flags.no_cloudwatch,
                   "Write no result lines to CloudWatch Logs");
  command
      .add_option(
          "--console-url", flags.console_url,
          "Post results to this console, https://HOST:PORT, instead of by the results queue")
      ->environment("CORDON_CONSOLE_URL");
  command
      .add_option("--console-token-file", flags.console_token_file,
                  "Its token, of the role operator (cordon console token new); with --console-url")
      ->environment("CORDON_CONSOLE_TOKEN_FILE");
  add_http_events_flags(command, flags.http_events);
}

namespace {

std::filesystem::path program_dir() {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
}

bool has_files(const std::filesystem::path& directory) {
  std::error_code failed;
  return std::filesystem::directory_iterator(directory, failed) !=
         std::filesystem::directory_iterator();
}

}  // namespace

Result<std::filesystem::path> signatures_dir(const EngineFlags& flags) {
  if (!flags.signatures.empty()) return std::filesystem::path(flags.signatures);
  const std::filesystem::path ours(kUsualSignatures);
  if (live_directory(ours) != ours) return ours;
  const std::filesystem::path shipped = program_dir().parent_path() / "share/cordon/signatures";
  for (const std::filesystem::path& usual : {std::filesystem::path("/var/lib/clamav"), shipped}) {
    if (has_files(usual)) return usual;
  }
  return Error{Errc::not_found,
               "no signatures: neither /var/lib/clamav nor " + shipped.string() +
                   " has any; install clamav-freshclam, or name a directory with --signatures"};
}

Result<std::filesystem::path> spool_dir(const EngineFlags& flags, const Environment& environment) {
  std::filesystem::path path = flags.spool;
  if (path.empty()) {
    path = std::filesystem::path(environment.get("TMPDIR").value_or("/var/tmp")) /
           ("cordon-" + std::to_string(::geteuid()));
  }
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    Error error = errno_error("cannot make the spool directory " + path.string(), errno);
    error.what += "; name another one with --spool";
    return error;
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno_error("cannot use the spool directory " + path.string(), errno);
  }
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
    return Error{Errc::invalid,
                 path.string() + " is not a directory of this user; name another one with --spool"};
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return errno_error("cannot write to the spool directory " + path.string(), errno);
  }
  return std::filesystem::absolute(path);
}

}  // namespace cordon
