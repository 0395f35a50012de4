// cordon bucket list | protect B.. | unprotect B.. | status B (gate: cmd_gate.cc)

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cordon/cli.h"
#include "apps/cordon/cloud.h"
#include "apps/cordon/cmd_gate.h"
#include "provision/protection.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

void print_json(const ProvisionReport& report, bool is_rehearsal) {
  boost::json::array steps;
  for (const ProvisionStep& step : report.steps) {
    steps.push_back(boost::json::object{{"what", step.what},
                                        {"name", step.name},
                                        {"state", std::string(name_of(step.state))},
                                        {"note", step.note}});
  }
  boost::json::object document{{"bucket", report.bucket.str()},
                               {"region", report.region.str()},
                               {"protected", report.is_protected},
                               {"steps", std::move(steps)}};
  if (is_rehearsal) document["dryRun"] = true;
  std::printf("%s\n", boost::json::serialize(document).c_str());
}

// "created", or what a rehearsal makes of it.
std::string state_text(ProvisionStep::State state, bool is_rehearsal) {
  using State = ProvisionStep::State;
  const std::string name(name_of(state));
  const bool is_change =
      state == State::created || state == State::changed || state == State::removed;
  return is_rehearsal && is_change ? "would be " + name : name;
}

void print_text(const ProvisionReport& report, bool is_rehearsal) {
  std::printf("%s (%s): %s%s\n", report.bucket.str().c_str(), report.region.str().c_str(),
              is_rehearsal ? "nothing was changed; it would be " : "",
              report.is_protected ? "protected" : "not protected");
  for (const ProvisionStep& step : report.steps) {
    std::printf("  %-18s %-*s %s%s%s\n", step.what.c_str(), is_rehearsal ? 16 : 8,
                state_text(step.state, is_rehearsal).c_str(), step.name.c_str(),
                step.note.empty() ? "" : "  - ", step.note.c_str());
  }
}

void print(const Process& process, const ProvisionReport& report, bool is_rehearsal) {
  if (process.options.json) {
    print_json(report, is_rehearsal);
  } else {
    print_text(report, is_rehearsal);
  }
  std::fflush(stdout);
}

using Work = Result<ProvisionReport> (Protection::*)(const BucketName&, Deadline, std::stop_token);

struct WorkFlags {
  std::vector<std::string> buckets;
  bool dry_run = false;
  std::optional<std::uint32_t> quarantine_days = std::nullopt;
};

// Runs `work` for each bucket; goes on after a failure and returns the worst exit code.
int for_each(Process& process, const WorkFlags& flags, Work work, int exit_when_unprotected) {
  auto cloud = Cloud::connect(process);
  if (!cloud) return report_failure(cloud.error());
  Rehearsal rehearsal((*cloud)->account(), (*cloud)->region_admins(), (*cloud)->region_wiring());
  Protection protection = flags.dry_run ? (*cloud)->protection(rehearsal) : (*cloud)->protection();
  if (flags.quarantine_days) protection.expire_quarantine_after(*flags.quarantine_days);
  int exit_code = kExitDone;
  for (const std::string& bucket : flags.buckets) {
    const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
    Result<ProvisionReport> report =
        (protection.*work)(BucketName(bucket), deadline, process.stop);
    if (!report) {
      exit_code = std::max(exit_code, report_failure(report.error()));
      continue;
    }
    if (work == &Protection::status) add_gate_step(process, **cloud, *report);
    print(process, *report, flags.dry_run);
    if (!report->is_protected) exit_code = std::max(exit_code, exit_when_unprotected);
  }
  return exit_code;
}

int list(Process& process) {
  auto cloud = Cloud::connect(process);
  if (!cloud) return report_failure(cloud.error());
  Protection protection = (*cloud)->protection();
  const auto reports = protection.list(Deadline::after(process.clock, kTimeLimit), process.stop);
  if (!reports) return report_failure(reports.error());
  for (const ProvisionReport& report : *reports) {
    if (process.options.json) {
      print_json(report, false);
    } else {
      std::printf("%-63s %-16s %s\n", report.bucket.str().c_str(), report.region.str().c_str(),
                  report.is_protected ? "protected" : "-");
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
  bucket->add_subcommand("list", "Every bucket and whether it is protected")
      ->callback([&selection] { selection.run = list; });
  add_protect(*bucket, selection);
  const auto unprotect = add_bucket_work(*bucket, selection, "unprotect",
                                         "Take back exactly what protect added to each bucket",
                                         &Protection::unprotect, kExitDone);
  add_dry_run(*bucket, "unprotect", *unprotect);
  add_bucket_work(*bucket, selection, "status",
                  "Show what is there and what is missing (exit 5 when something is missing)",
                  &Protection::status, kExitPending);
  add_gate_subcommand(*bucket, selection);
}

}  // namespace cordon
