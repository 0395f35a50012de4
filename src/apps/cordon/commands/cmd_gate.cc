// cordon bucket gate BUCKET.. --allow-role ARN.. | --remove

#include "apps/cordon/commands/cmd_gate.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/read_gates.h"

namespace cordon {
namespace {

struct GateFlags {
  std::vector<std::string> buckets;
  std::vector<std::string> roles;
  bool guard_tags = false;
  bool open_tags = false;  ///< Neither: the guard is left as it is.
  bool remove = false;
  bool dry_run = false;
};

ReadGate::Guard guard_in(const GateFlags& flags) {
  if (flags.guard_tags) return ReadGate::Guard::on;
  return flags.open_tags ? ReadGate::Guard::off : ReadGate::Guard::as_it_is;
}

void print(const Process& process, const GateReport& report) {
  if (process.options.json) {
    print_json_line(document_of(report));
  } else {
    const ProvisionStep& step = report.change.step;
    std::printf("%s (%s): read gate %s%s - %s\n", shown(report.bucket.str()).c_str(),
                shown(report.region.str()).c_str(), report.is_dry_run ? "would be " : "",
                shown(name_of(step.state)).c_str(), shown(step.note).c_str());
    const std::optional<std::string>& policy = report.change.policy;
    if (report.is_dry_run) std::printf("%s\n", policy ? shown(*policy).c_str() : "(no policy)");
  }
  std::fflush(stdout);
}

int run_gate(const GateFlags& flags, Process& process) {
  // Said before anybody is asked.
  if (const Result<void> fine = check_gate_roles(flags.roles); !fine) {
    report_failure(fine.error());
    return kExitUsage;
  }
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  int exit_code = kExitDone;
  const GateListener told = [&](const Result<GateReport>& outcome) {
    if (outcome) return print(process, *outcome);
    exit_code = std::max(exit_code, report_failure(outcome.error()));
  };
  const std::vector<BucketName> buckets(flags.buckets.begin(), flags.buckets.end());
  const Result<void> done =
      flags.remove ? remove_gates(**access, process, {.buckets = buckets, .dry_run = flags.dry_run},
                                  tell_unseen_settings, told)
                   : put_gates(**access, process,
                               {.buckets = buckets,
                                .roles = flags.roles,
                                .guard = guard_in(flags),
                                .dry_run = flags.dry_run},
                               told);
  return done ? exit_code : report_failure(done.error());
}

}  // namespace

void add_gate_subcommand(Command& bucket, Selection& selection) {
  Command* command = bucket.add_subcommand(
      "gate", "Let only named roles read what is not tagged Clean or InfectedAllowed");
  auto flags = std::make_shared<GateFlags>();  // Shared by the parser and the chosen command.
  command->add_option("BUCKET", flags->buckets, "Names of buckets")->required();
  Option* roles = command->add_option(
      "--allow-role", flags->roles,
      "ARN of a role that reads everything: the agent's, and those of functions that move objects; "
      "again for each. Default: those that the gate has");
  roles->repeatable();
  Option* guard = command->add_flag(
      "--guard-tags", flags->guard_tags,
      "These roles alone write the tags of verdicts, change the tags of what has one, and copy "
      "objects or replicate tags into the bucket; own tags of others may come with an upload. "
      "Default: as it is");
  Option* open = command->add_flag("--no-guard-tags", flags->open_tags,
                                   "Take that guard away again, and leave the gate");
  open->excludes(guard);
  command
      ->add_flag("--remove", flags->remove,
                 "Take the gate away; the rest of the bucket's policy stays as it is")
      ->excludes(roles)
      ->excludes(guard)
      ->excludes(open);
  command->add_flag("--dry-run", flags->dry_run, "Print the policy that would be, and stop");
  command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return run_gate(*flags, process); };
  });
}

}  // namespace cordon
