// cordon: everything that talks to a network. The command line read as a table of contents; each
// command stands in a file of its own (cmd_*.cc).

#include <unistd.h>

#include <cstdio>

#include "apps/cordon/cli.h"
#include "base/secret.h"
#include "base/stop_on_signals.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "core/deployment.h"

namespace cordon {
namespace {

void add_common_options(Command& app, CommonOptions& options) {
  app.add_option("--deployment", options.deployment, "Which installation (default: main)")
      ->environment("CORDON_DEPLOYMENT")
      ->check([](const std::string& name) {
        const auto deployment = Deployment::create(name);
        return deployment ? std::string() : deployment.error().what;
      });
  app.add_option("--bucket-namespace", options.bucket_namespace,
                 "global, or account-regional: Cordon's buckets are in the account's own "
                 "namespaces (then say --home-region)")
      ->environment("CORDON_BUCKET_NAMESPACE")
      ->one_of({"global", "account-regional"});
  app.add_option("--home-region", options.home_region,
                 "With account-regional buckets: the region of the system bucket, the same for "
                 "every region of the deployment")
      ->environment("CORDON_HOME_REGION");
  app.add_option("--region", options.region, "AWS region (default: environment, profile)");
  app.add_option("--endpoint-url", options.endpoint_url, "Speak to this endpoint instead of AWS");
  app.add_option("--profile", options.profile, "Profile of the shared AWS configuration files");
  app.add_option("--account", options.account,
                 "The account, of 12 digits, where no STS can say it (stores that are not AWS)")
      ->environment("CORDON_ACCOUNT");
  app.add_option("--log-level", options.log_level, "debug, info, warn, error or off");
  app.add_flag("--json", options.json, "Print JSON, one document per line");
}

// Only commands that exist are listed; `cordon COMMAND --help` explains each.
void add_commands(Command& app, Selection& selection) {
  add_dev_commands(app, selection);
  add_agent_command(app, selection);
  add_console_command(app, selection);
  add_bucket_command(app, selection);
  add_gateway_command(app, selection);
  add_dead_command(app, selection);
  add_doctor_commands(app, selection);
  add_scan_command(app, selection);
  add_sweep_command(app, selection);
  add_verdict_command(app, selection);
  add_seal_command(app, selection);
  add_quarantine_command(app, selection);
  add_settings_command(app, selection);
  add_signatures_command(app, selection);
  add_iam_command(app, selection);
  add_completion_command(app, selection);
  add_man_command(app, selection);
}

int run(const CommonOptions& options, const Selection& selection) {
  const StopOnSignals signals;
  const RealClock clock;
  KernelRandom random;
  Metrics metrics;
  const Environment environment = Environment::of_this_process();
  const Result<LogLevel> level =
      parse_log_level(options.log_level.value_or(selection.is_service ? "info" : "warn"));
  if (!level) {
    report_failure(level.error());
    return kExitUsage;
  }
  Log log(*level, clock);
  Process process{{clock, random, log, metrics, environment, signals.token()}, options};
  return selection.run(process);
}

}  // namespace

void report_nothing(const Process& process, const char* what) {
  if (!process.options.json) std::fprintf(stderr, "cordon: %s\n", what);
}

int report_failure(const Error& error) {
  std::fprintf(stderr, "cordon: %s\n", shown(error.what).c_str());
  if (error.cause == ErrorCause::usage) return kExitUsage;
  return error.code == Errc::not_found ? kExitPending : kExitFailed;
}

}  // namespace cordon

int main(int argc, char** argv) {
  cordon::forbid_core_dumps();
  cordon::CommandLine line(
      "cordon", "Finds malware in S3 buckets as it arrives, and says so on every object.");
  line.set_version("cordon " CORDON_VERSION);
  line.root().require_subcommand();
  cordon::CommonOptions options;
  cordon::Selection selection;
  cordon::add_common_options(line.root(), options);
  cordon::add_commands(line.root(), selection);
  if (const auto done = line.parse(argc, argv, cordon::kExitUsage)) return *done;
  return cordon::run(options, selection);
}
