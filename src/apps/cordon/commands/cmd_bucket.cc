// cordon bucket list | protect B.. | unprotect B.. | status B (gate: cmd_gate.cc, regions and
// remove-region: cmd_regions.cc, watch: cmd_watch.cc)

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/cmd_gate.h"
#include "apps/cordon/commands/cmd_regions.h"
#include "apps/cordon/commands/cmd_watch.h"
#include "apps/cordon/commands/member_flags.h"
#include "apps/cordon/commands/provision_text.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/buckets.h"
#include "operations/push_buckets.h"

namespace cordon {
namespace {

struct WorkFlags {
  std::vector<std::string> buckets;
  bool dry_run = false;
  bool push = false;
  std::optional<std::uint32_t> quarantine_days = std::nullopt;
  bool remove_unused = false;
  bool discard_messages = false;
  MemberFlags member = {};
};

using Work = int (*)(const WorkFlags& flags, Process& process);

std::vector<BucketName> buckets_in(const WorkFlags& flags) {
  return {flags.buckets.begin(), flags.buckets.end()};
}

// Prints each bucket in its turn; the exit code becomes the worst.
ProvisionListener printer(const Process& process, bool is_dry_run, int exit_when_unprotected,
                          int& exit_code) {
  return [&process, is_dry_run, exit_when_unprotected,
          &exit_code](const Result<ProvisionReport>& outcome) {
    if (!outcome) {
      exit_code = std::max(exit_code, report_failure(outcome.error()));
      return;
    }
    print_report(process, *outcome, is_dry_run);
    if (outcome->left) exit_code = std::max(exit_code, report_failure(*outcome->left));
    if (!outcome->is_protected) exit_code = std::max(exit_code, exit_when_unprotected);
  };
}

// Such buckets are of the account itself.
bool says_too_much(const WorkFlags& flags) {
  return flags.push && account_in(flags.member).has_value();
}

int refuse_member() {
  return report_failure(usage_error("--push is for buckets of the store itself, not of a role"));
}

PushRequest push_request(const WorkFlags& flags) {
  return {.buckets = buckets_in(flags),
          .quarantine_days = flags.quarantine_days,
          .dry_run = flags.dry_run};
}

int protect(const WorkFlags& flags, Process& process) {
  if (says_too_much(flags)) return refuse_member();
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  int exit_code = kExitDone;
  const ProvisionListener print = printer(process, flags.dry_run, kExitFailed, exit_code);
  if (flags.push) {
    const Result<void> done = protect_push_buckets(**access, process, push_request(flags), print);
    return done ? exit_code : report_failure(done.error());
  }
  const ProtectRequest request{.buckets = buckets_in(flags),
                               .member = account_in(flags.member),
                               .quarantine_days = flags.quarantine_days,
                               .dry_run = flags.dry_run};
  const Result<void> done = protect_buckets(**access, process, request, print);
  return done ? exit_code : report_failure(done.error());
}

int unprotect(const WorkFlags& flags, Process& process) {
  if (says_too_much(flags)) return refuse_member();
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  int exit_code = kExitDone;
  const ProvisionListener print = printer(process, flags.dry_run, kExitDone, exit_code);
  if (flags.push) {
    const Result<void> done = unprotect_push_buckets(**access, process, push_request(flags), print);
    return done ? exit_code : report_failure(done.error());
  }
  const UnprotectRequest request{.buckets = buckets_in(flags),
                                 .member = account_in(flags.member),
                                 .dry_run = flags.dry_run,
                                 .remove_unused = flags.remove_unused,
                                 .discard_messages = flags.discard_messages};
  const Result<void> done = unprotect_buckets(**access, process, request, print,
                                              removal_printer(process, flags.dry_run, exit_code));
  return done ? exit_code : report_failure(done.error());
}

int status(const WorkFlags& flags, Process& process) {
  if (says_too_much(flags)) return refuse_member();
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  int exit_code = kExitDone;
  const ProvisionListener print = printer(process, false, kExitPending, exit_code);
  if (flags.push) {
    const Result<void> done = push_bucket_status(**access, process, push_request(flags), print);
    return done ? exit_code : report_failure(done.error());
  }
  const BucketStatusRequest request{.buckets = buckets_in(flags),
                                    .member = account_in(flags.member)};
  const Result<void> done = bucket_status(**access, process, request, print);
  return done ? exit_code : report_failure(done.error());
}

struct ListFlags {
  bool push = false;
  std::vector<std::string> only_in;
  MemberFlags member;
};

int list(const ListFlags& flags, Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const auto reports = flags.push
                           ? list_push_buckets(**access, process)
                           : list_buckets(**access, process,
                                          {.only_in = {flags.only_in.begin(), flags.only_in.end()},
                                           .member = account_in(flags.member)});
  if (!reports) return report_failure(reports.error());
  if (reports->empty()) report_nothing(process, "there are no buckets here");
  for (const ProvisionReport& report : *reports) {
    if (process.options.json) {
      print_report(process, report, false);
    } else {
      std::printf("%-63s %-16s %s\n", shown(report.bucket.str()).c_str(),
                  shown(region_text(report)).c_str(), report.is_protected ? "protected" : "-");
    }
  }
  return kExitDone;
}

// Shared: the parser and the chosen command both refer to the flags.
std::shared_ptr<WorkFlags> add_bucket_work(Command& parent, Selection& selection,
                                           const std::string& name, const std::string& help,
                                           Work work) {
  Command* command = parent.add_subcommand(name, help);
  auto flags = std::make_shared<WorkFlags>();
  command->add_option("BUCKET", flags->buckets, "Names of buckets")->required();
  add_member_flags(*command, flags->member);
  command->on_chosen([&selection, flags, work] {
    selection.run = [flags, work](Process& process) { return work(*flags, process); };
  });
  return flags;
}

void add_push(Command& parent, const std::string& name, WorkFlags& flags) {
  parent.subcommand(name)->add_flag(
      "--push", flags.push,
      "Buckets whose store posts its events to cordon agent --http-events; asks only S3");
}

void add_dry_run(Command& parent, const std::string& name, WorkFlags& flags) {
  parent.subcommand(name)->add_flag("--dry-run", flags.dry_run,
                                    "Change nothing, and print what would change");
}

void add_protect(Command& parent, Selection& selection) {
  const auto flags =
      add_bucket_work(parent, selection, "protect",
                      "Create what the region lacks and lead each bucket's events there", protect);
  add_dry_run(parent, "protect", *flags);
  add_push(parent, "protect", *flags);
  parent.subcommand("protect")
      ->add_option("--quarantine-expire-days", flags->quarantine_days,
                   "Delete what is in the region's quarantine after so many days (0: never; "
                   "default: as it is)")
      ->between(0, 36'500);
}

}  // namespace

void add_bucket_command(Command& app, Selection& selection) {
  Command* bucket = app.add_subcommand("bucket", "Protect buckets and show what is in place");
  bucket->require_subcommand();
  Command* list_command =
      bucket->add_subcommand("list", "Every bucket of every region and whether it is protected");
  auto list_flags = std::make_shared<ListFlags>();
  list_command->add_option("--in", list_flags->only_in, "Only those in this region; again for each")
      ->repeatable();
  list_command->add_flag("--push", list_flags->push,
                         "Those whose store posts its events to an agent; asks only S3");
  add_member_flags(*list_command, list_flags->member);
  list_command->on_chosen([&selection, list_flags] {
    selection.run = [list_flags](Process& process) { return list(*list_flags, process); };
  });
  add_protect(*bucket, selection);
  const auto unprotect_flags =
      add_bucket_work(*bucket, selection, "unprotect",
                      "Take back exactly what protect added to each bucket", unprotect);
  add_dry_run(*bucket, "unprotect", *unprotect_flags);
  add_push(*bucket, "unprotect", *unprotect_flags);
  Command* unprotect_command = bucket->subcommand("unprotect");
  unprotect_command->add_flag("--remove-unused", unprotect_flags->remove_unused,
                              "With the last bucket of a region, remove its topic and queues, too, "
                              "and an empty quarantine");
  add_discard_messages(*unprotect_command, unprotect_flags->discard_messages);
  const auto status_flags = add_bucket_work(
      *bucket, selection, "status",
      "Show what is there and what is missing (exit 5 when something is missing)", status);
  add_push(*bucket, "status", *status_flags);
  add_region_subcommands(*bucket, selection);
  add_watch_subcommand(*bucket, selection);
  add_gate_subcommand(*bucket, selection);
}

}  // namespace cordon
