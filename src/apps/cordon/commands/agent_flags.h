#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace cordon {

class Command;

/// Where `cordon signatures update` keeps sets unless told otherwise.
inline constexpr const char* kUsualSignatures = "/var/lib/cordon/signatures";

/// What the flags of `cordon agent`, and of every command that scans, may say.
struct EngineFlags {
  std::string signatures;     ///< Empty: where signatures are usually kept.
  std::string known_clean;    ///< Directory of files that no new set may find something in; or "".
  std::string engine_binary;  ///< Empty: cordon-engine beside this program.
  std::string spool;          ///< Empty: $TMPDIR/cordon-UID or /var/tmp/cordon-UID.
  std::size_t workers = 0;    ///< 0: one per core.
  std::uint64_t recycle_after = 1000;
  std::uint64_t max_scan_seconds = 600;
  std::size_t max_crashes = 8;  ///< Of workers, within the window.
  std::uint64_t crash_window_seconds = 600;
  std::vector<std::string> scanner_arguments = {};  ///< From the settings: no flags of ours.
  bool allow_weak_sandbox = false;
  bool stock_parsing = false;  ///< The engine's numbers are read by the C library.
};

/// What the flags say of events that stores post to the agent.
struct HttpEventsFlags {
  std::string listen;  ///< "HOST:PORT"; empty: nobody may post.
  std::string token_file;
  std::string to =
      "local";          ///< "local": a queue on this machine's disk; "queue": the deployment's.
  std::string journal;  ///< Empty: "http-events" in the state.
  std::uint64_t journal_bytes = 256ULL << 20U;

  bool is_on() const { return !listen.empty(); }
  /// The agent has no other source, and asks nothing of AWS but S3.
  bool is_alone() const { return is_on() && to == "local"; }
};

/// What the flags of `cordon agent` and `cordon dev` may say. What the settings say about the
/// engine goes before it (`with_settings`).
struct AgentFlags {
  EngineFlags engine;
  HttpEventsFlags http_events;
  std::size_t slots = 0;  ///< 0: four per worker.
  std::uint64_t spool_bytes = 8ULL << 30U;
  std::string metrics_listen = "127.0.0.1:9464";
  std::uint64_t drain_seconds = 30;
  std::string on_infected = "quarantine";
  std::string event_keys = "auto";
  bool no_cloudwatch = false;
  std::string console_url;                   ///< Empty: the results queue leads to the console.
  std::string console_token_file;            ///< Goes with it.
  std::string seal_key_file;                 ///< Empty: verdicts are not sealed.
  std::string state;                         ///< Empty: "state" in the spool.
  std::string outbox;                        ///< Empty: "outbox" in the state.
  std::uint64_t outbox_bytes = 1ULL << 30U;  ///< 0: there is none.
  /// Not a flag. Off where the cloud forgets everything when it stops: the settings of yesterday's
  /// would be those of nobody.
  bool keep_settings = true;
};

/// Declare the flags; parsing `command` fills in `flags`, which outlives it. The flags of an agent
/// include those of its engine.
void add_engine_flags(Command& command, EngineFlags& flags);
void add_agent_flags(Command& command, AgentFlags& flags);

/// The signature directory that the flags mean; sets are in it or, when `cordon signatures update`
/// keeps it, where `live_directory` says. Errors: not_found, with what to do.
Result<std::filesystem::path> signatures_dir(const EngineFlags& flags);
/// The private directory for spooled objects and workers' temporary files; made when missing.
/// Errors: denied, unavailable, invalid (somebody else's directory).
Result<std::filesystem::path> spool_dir(const EngineFlags& flags, const Environment& environment);

}  // namespace cordon
