// cordon devcloud: the stand-in alone. cordon dev: the stand-in with an agent and a console, in one
// go. The stand-in is the program cordon-devcloud.

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/services/agent_service.h"
#include "apps/cordon/services/console_service.h"
#include "apps/cordon/services/stand_in.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

constexpr const char* kRegion = "us-east-1";
constexpr std::chrono::minutes kProtectLimit{1};

struct DevFlags {
  StandInFlags stand_in;
  AgentFlags agent;
  ConsoleFlags console{.listen = "127.0.0.1:0", .database = "sqlite::memory:"};
  std::vector<std::string> protect = {"uploads"};
};

int run_devcloud(const StandInFlags& flags, Process& process) {
  return report_failure(become_stand_in(flags, process.options.log_level.value_or("warn")));
}

// Agent and console of `cordon dev` see the stand-in and nothing of the developer's own AWS
// settings.
Environment stand_in_environment(const StandIn& stand_in, const StandInFlags& flags,
                                 const Environment& outer) {
  std::map<std::string, std::string> variables = {
      {"AWS_ENDPOINT_URL", stand_in.endpoint()},    {"AWS_ACCESS_KEY_ID", flags.access_key},
      {"AWS_SECRET_ACCESS_KEY", flags.secret_key},  {"AWS_REGION", kRegion},
      {"AWS_EC2_METADATA_DISABLED", "true"},        {"AWS_CONFIG_FILE", "/dev/null"},
      {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
  };
  if (const auto temporary = outer.get("TMPDIR")) variables.emplace("TMPDIR", *temporary);
  return Environment(std::move(variables));
}

Result<void> make_protected_buckets(DeploymentAccess& cloud,
                                    const std::vector<std::string>& buckets, Process& process) {
  const Deadline deadline = Deadline::after(process.clock, kProtectLimit);
  Protection protection = cloud.protection();
  for (const std::string& bucket : buckets) {
    CORDON_TRY(cloud.ensure_bucket(BucketName(bucket), deadline, process.stop));
    CORDON_TRY(const ProvisionReport report,
               protection.protect(BucketName(bucket), deadline, process.stop));
    std::printf("bucket: %s (protected)\n", shown(report.bucket.str()).c_str());
  }
  return {};
}

// A key of this stand-in, in the agent's private directory, or in the file that was named.
Result<std::string> make_seal_key(const AgentFlags& flags, Process& process) {
  std::filesystem::path path = flags.seal_key_file;
  if (path.empty()) {
    CORDON_TRY(const std::filesystem::path spool, spool_dir(flags.engine, process.environment));
    path = spool / "dev-seal-keys";
  }
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    CORDON_TRY(add_seal_key(path, process.clock, process.random));
  }
  std::printf("  export CORDON_SEAL_KEY_FILE=%s\n", path.c_str());
  std::fflush(stdout);
  return path.string();
}

int run_dev(DevFlags flags, Process& outer) {
  const auto stand_in = StandIn::start(flags.stand_in, outer.options.log_level.value_or("warn"));
  if (!stand_in) return report_failure(stand_in.error());

  const Environment environment =
      stand_in_environment(**stand_in, flags.stand_in, outer.environment);
  CommonOptions options{.deployment = outer.options.deployment, .json = outer.options.json};
  Process process{{outer.clock, outer.random, outer.log, outer.metrics, environment, outer.stop},
                  options};
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  if (const auto made = make_protected_buckets(**cloud, flags.protect, process); !made) {
    return report_failure(made.error());
  }
  auto seal_key_file = make_seal_key(flags.agent, process);
  if (!seal_key_file) return report_failure(seal_key_file.error());
  flags.agent.seal_key_file = *std::move(seal_key_file);
  flags.agent.keep_settings = false;
  const ConsoleBeside console(flags.console, process);
  if (console.exit_code() != kExitDone) return console.exit_code();
  return run_agent_service(flags.agent, **cloud, process, [] {
    std::printf(
        "ready: upload to a protected bucket and watch the tags; Ctrl-C stops everything\n");
    std::fflush(stdout);
  });
}

}  // namespace

void add_dev_commands(Command& app, Selection& selection) {
  Command* dev = app.add_subcommand("dev", "Local stand-in cloud, agent and console in one go");
  auto dev_flags = std::make_shared<DevFlags>();  // Shared by the parser and the chosen command.
  add_stand_in_flags(*dev, dev_flags->stand_in);
  add_agent_flags(*dev, dev_flags->agent);
  dev->add_option("--protect", dev_flags->protect,
                  "Buckets to make and protect (default: uploads)");
  dev->add_option("--console-listen", dev_flags->console.listen,
                  "HOST:PORT of the console; port 0: any (default: 127.0.0.1:0)");
  dev->add_option("--console-database", dev_flags->console.database,
                  "What the console keeps, as of cordon console (default: in memory)");
  dev->on_chosen([&selection, dev_flags] {
    selection.is_service = true;
    selection.run = [dev_flags](Process& process) { return run_dev(*dev_flags, process); };
  });

  Command* devcloud = app.add_subcommand("devcloud", "The local stand-in cloud alone");
  auto cloud_flags = std::make_shared<StandInFlags>();
  add_stand_in_flags(*devcloud, *cloud_flags);
  add_fault_control(*devcloud, *cloud_flags);
  devcloud->on_chosen([&selection, cloud_flags] {
    selection.run = [cloud_flags](Process& process) { return run_devcloud(*cloud_flags, process); };
  });
}

}  // namespace cordon
