// cordon bucket list | protect B.. | unprotect B.. | status B (gate: cmd_gate.cc, regions and
// remove-region: cmd_regions.cc, watch: cmd_watch.cc)

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
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
#include "provision/protection.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

using Work = Result<ProvisionReport> (Protection::*)(const BucketName&, Deadline, std::stop_token);

struct WorkFlags {
  std::vector<std::string> buckets;
  bool dry_run = false;
  std::optional<std::uint32_t> quarantine_days = std::nullopt;
  bool remove_unused = false;
  bool discard_messages = false;
  MemberFlags member = {};
};

// Whether a role that cannot be taken on ends the command.
enum class Role : std::uint8_t { needed, may_be_gone };

// What the command line or else the settings say of the bucket's account; none: it is our own.
Result<std::optional<MemberAccess>> member_of(Process& process, DeploymentAccess& cloud,
                                              const MemberFlags& flags,
                                              const std::vector<MemberAccount>& known,
                                              const BucketName& bucket, Role role) {
  std::optional<MemberAccount> account = account_in(flags);
  const MemberAccount* named = account_of(known, bucket);
  if (!account && named != nullptr) account = *named;
  if (!account) return std::optional<MemberAccess>();
  Result<MemberAccess> access =
      cloud.member(*account, Deadline::after(process.clock, kTimeLimit), process.stop);
  const bool is_gone =
      !access && (access.error().code == Errc::denied || access.error().code == Errc::not_found);
  if (is_gone && role == Role::may_be_gone) {
    access = cloud.member_out_of_reach(*account, access.error());
  }
  CORDON_TRY(access);
  return std::optional<MemberAccess>(*std::move(access));
}

// Runs `work` for each bucket; goes on after a failure and returns the worst exit code.
int for_each(Process& process, const WorkFlags& flags, Work work, int exit_when_unprotected) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings =
      (*cloud)->settings_desk().current(Deadline::after(process.clock, kTimeLimit), process.stop);
  if (!settings) return report_failure(settings.error());
  Rehearsal rehearsal((*cloud)->account(), (*cloud)->region_admins(), (*cloud)->region_wiring());
  int exit_code = kExitDone;
  std::set<Region> regions;
  for (const std::string& name : flags.buckets) {
    const BucketName bucket(name);
    Protection protection =
        flags.dry_run ? (*cloud)->protection(rehearsal) : (*cloud)->protection();
    if (flags.quarantine_days) protection.expire_quarantine_after(*flags.quarantine_days);
    Result<std::optional<MemberAccess>> member =
        member_of(process, **cloud, flags.member, settings->accounts, bucket,
                  work == &Protection::unprotect ? Role::may_be_gone : Role::needed);
    if (!member) {
      exit_code = std::max(exit_code, report_failure(member.error()));
      continue;
    }
    if (*member) {
      protection.serve_member(flags.dry_run ? rehearsed(**std::move(member), rehearsal)
                                            : **std::move(member));
    }
    const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
    Result<ProvisionReport> report = (protection.*work)(bucket, deadline, process.stop);
    if (!report) {
      exit_code = std::max(exit_code, report_failure(report.error()));
      continue;
    }
    if (work == &Protection::status) add_gate_step(process, **cloud, *settings, *report);
    print_report(process, *report, flags.dry_run);
    if (report->left) exit_code = std::max(exit_code, report_failure(*report->left));
    if (!report->is_protected) exit_code = std::max(exit_code, exit_when_unprotected);
    regions.insert(report->region);
  }
  if (!flags.remove_unused) return exit_code;
  const RegionRemovalFlags removal{.regions = {regions.begin(), regions.end()},
                                   .dry_run = flags.dry_run,
                                   .discard_messages = flags.discard_messages};
  return std::max(exit_code, remove_regions(process, **cloud, rehearsal, removal));
}

struct ListFlags {
  std::vector<std::string> only_in;
  MemberFlags member;
};

int list(const ListFlags& flags, Process& process) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  Protection protection = (*cloud)->protection();
  if (const std::optional<MemberAccount> account = account_in(flags.member)) {
    Result<MemberAccess> member =
        (*cloud)->member(*account, Deadline::after(process.clock, kTimeLimit), process.stop);
    if (!member) return report_failure(member.error());
    protection.serve_member(*std::move(member));
  }
  const std::vector<std::string>& only_in = flags.only_in;
  const auto reports = protection.list(Deadline::after(process.clock, kTimeLimit), process.stop);
  if (!reports) return report_failure(reports.error());
  for (const ProvisionReport& report : *reports) {
    const bool wanted = only_in.empty() || std::find(only_in.begin(), only_in.end(),
                                                     report.region.str()) != only_in.end();
    if (!wanted) continue;
    if (process.options.json) {
      print_report(process, report, false);
    } else {
      std::printf("%-63s %-16s %s\n", shown(report.bucket.str()).c_str(),
                  shown(report.region.str()).c_str(), report.is_protected ? "protected" : "-");
    }
  }
  return kExitDone;
}

// Shared: the parser and the chosen command both refer to the flags.
std::shared_ptr<WorkFlags> add_bucket_work(CLI::App& parent, Selection& selection,
                                           const std::string& name, const std::string& help,
                                           Work work, int exit_when_unprotected) {
  CLI::App* command = parent.add_subcommand(name, help);
  auto flags = std::make_shared<WorkFlags>();
  command->add_option("BUCKET", flags->buckets, "Names of buckets")->required();
  add_member_flags(*command, flags->member);
  command->callback([&selection, flags, work, exit_when_unprotected] {
    selection.run = [=](Process& process) {
      return for_each(process, *flags, work, exit_when_unprotected);
    };
  });
  return flags;
}

void add_dry_run(CLI::App& parent, const std::string& name, WorkFlags& flags) {
  parent.get_subcommand(name)->add_flag("--dry-run", flags.dry_run,
                                        "Change nothing, and print what would change");
}

void add_protect(CLI::App& parent, Selection& selection) {
  const auto flags =
      add_bucket_work(parent, selection, "protect",
                      "Create what the region lacks and lead each bucket's events there",
                      &Protection::protect, kExitFailed);
  add_dry_run(parent, "protect", *flags);
  parent.get_subcommand("protect")
      ->add_option("--quarantine-expire-days", flags->quarantine_days,
                   "Delete what is in the region's quarantine after so many days (0: never; "
                   "default: as it is)")
      ->check(CLI::Range(0, 36'500));
}

}  // namespace

void add_bucket_command(CLI::App& app, Selection& selection) {
  CLI::App* bucket = app.add_subcommand("bucket", "Protect buckets and show what is in place");
  bucket->require_subcommand(1);
  CLI::App* list_command =
      bucket->add_subcommand("list", "Every bucket of every region and whether it is protected");
  auto list_flags = std::make_shared<ListFlags>();
  list_command->add_option("--in", list_flags->only_in, "Only those in this region; again for each")
      ->allow_extra_args(false);
  add_member_flags(*list_command, list_flags->member);
  list_command->callback([&selection, list_flags] {
    selection.run = [list_flags](Process& process) { return list(*list_flags, process); };
  });
  add_protect(*bucket, selection);
  const auto unprotect = add_bucket_work(*bucket, selection, "unprotect",
                                         "Take back exactly what protect added to each bucket",
                                         &Protection::unprotect, kExitDone);
  add_dry_run(*bucket, "unprotect", *unprotect);
  CLI::App* unprotect_command = bucket->get_subcommand("unprotect");
  unprotect_command->add_flag("--remove-unused", unprotect->remove_unused,
                              "With the last bucket of a region, remove its topic and queues, too, "
                              "and an empty quarantine");
  add_discard_messages(*unprotect_command, unprotect->discard_messages);
  add_bucket_work(*bucket, selection, "status",
                  "Show what is there and what is missing (exit 5 when something is missing)",
                  &Protection::status, kExitPending);
  add_region_subcommands(*bucket, selection);
  add_watch_subcommand(*bucket, selection);
  add_gate_subcommand(*bucket, selection);
}

}  // namespace cordon
