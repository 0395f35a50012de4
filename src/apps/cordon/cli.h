#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/runtime.h"

namespace cordon {

class Command;

/// The exit codes are a contract: other people's scripts read them.
enum ExitCode : int {
  kExitDone = 0,       ///< Done; for scans and verdicts: all Clean.
  kExitFound = 1,      ///< Infected or suspicious found.
  kExitUsage = 2,      ///< The command line is wrong.
  kExitNoVerdict = 3,  ///< An Unscannable or Error verdict.
  kExitFailed = 4,     ///< The operation failed.
  kExitPending = 5,    ///< Not found, or still pending.
};

/// Flags that every command takes.
struct CommonOptions {
  std::string deployment = "main";
  std::string bucket_namespace = "global";
  std::optional<std::string> home_region = std::nullopt;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  std::optional<std::string> profile;
  std::optional<std::string> account = std::nullopt;  ///< None: STS says whose we are.
  std::optional<std::string> log_level;
  bool json = false;
};

/// What the process gives its commands; `stop` is requested by SIGTERM and SIGINT. Everything
/// outlives the command.
struct Process : Runtime {
  const CommonOptions& options;
};

/// The command that was chosen on the command line; returns the exit code.
struct Selection {
  std::function<int(Process& process)> run;
  bool is_service = false;  ///< Logs at `info` by default; commands at `warn`.
};

// Each adds one command (with its subcommands) to `app`; parsing it fills `selection`.
void add_agent_command(Command& app, Selection& selection);
void add_bucket_command(Command& app, Selection& selection);
void add_console_command(Command& app, Selection& selection);
void add_dead_command(Command& app, Selection& selection);
void add_doctor_commands(Command& app, Selection& selection);
void add_gateway_command(Command& app, Selection& selection);
void add_iam_command(Command& app, Selection& selection);
void add_quarantine_command(Command& app, Selection& selection);
void add_scan_command(Command& app, Selection& selection);
void add_seal_command(Command& app, Selection& selection);
void add_verdict_command(Command& app, Selection& selection);
void add_signatures_command(Command& app, Selection& selection);
void add_settings_command(Command& app, Selection& selection);
void add_sweep_command(Command& app, Selection& selection);
/// `cordon scan bucket`, below `scan`.
void add_scan_bucket_command(Command& scan, Selection& selection);
void add_dev_commands(Command& app, Selection& selection);
void add_completion_command(Command& app, Selection& selection);
void add_man_command(Command& app, Selection& selection);

/// Says on standard error that there is nothing to show, so that nobody takes silence for a fault;
/// nothing with --json.
void report_nothing(const Process& process, const char* what);

/// Prints "cordon: what" to standard error, and how to go on where that is known. Returns the exit
/// code that fits the error: kExitPending for not_found, kExitUsage for what its caller wrote, else
/// kExitFailed.
int report_failure(const Error& error);

}  // namespace cordon
