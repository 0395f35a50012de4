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

void print_json(const ProvisionReport& report) {
  boost::json::array steps;
  for (const ProvisionStep& step : report.steps) {
    steps.push_back(boost::json::object{{"what", step.what},
                                        {"name", step.name},
                                        {"state", std::string(name_of(step.state))},
                                        {"note", step.note}});
  }
  const boost::json::object document{{"bucket", report.bucket.str()},
                                     {"region", report.region.str()},
                                     {"protected", report.is_protected},
                                     {"steps", std::move(steps)}};
  std::printf("%s\n", boost::json::serialize(document).c_str());
}

void print_text(const ProvisionReport& report) {
  std::printf("%s (%s): %s\n", report.bucket.str().c_str(), report.region.str().c_str(),
              report.is_protected ? "protected" : "not protected");
  for (const ProvisionStep& step : report.steps) {
    std::printf("  %-18s %-8s %s%s%s\n", step.what.c_str(),
                std::string(name_of(step.state)).c_str(), step.name.c_str(),
                step.note.empty() ? "" : "  - ", step.note.c_str());
  }
}

void print(const Process& process, const ProvisionReport& report) {
  if (process.options.json) {
    print_json(report);
  } else {
    print_text(report);
  }
  std::fflush(stdout);
}

using Work = Result<ProvisionReport> (Protection::*)(const BucketName&, Deadline, std::stop_token);

// Runs `work` for each bucket; goes on after a failure and returns the worst exit code.
int for_each(Process& process, const std::vector<std::string>& buckets, Work work,
             int exit_when_unprotected,
             const std::optional<std::uint32_t>& quarantine_days = std::nullopt) {
  auto cloud = Cloud::connect(process);
  if (!cloud) return report_failure(cloud.error());
  Protection protection = (*cloud)->protection();
  if (quarantine_days) protection.expire_quarantine_after(*quarantine_days);
  int exit_code = kExitDone;
  for (const std::string& bucket : buckets) {
    const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
    Result<ProvisionReport> report =
        (protection.*work)(BucketName(bucket), deadline, process.stop);
    if (!report) {
      exit_code = std::max(exit_code, report_failure(report.error()));
      continue;
    }
    if (work == &Protection::status) add_gate_step(process, **cloud, *report);
    print(process, *report);
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
      print_json(report);
    } else {
      std::printf("%-63s %-16s %s\n", report.bucket.str().c_str(), report.region.str().c_str(),
                  report.is_protected ? "protected" : "-");
    }
  }
  return kExitDone;
}

void add_bucket_work(CLI::App& parent, Selection& selection, const std::string& name,
                     const std::string& help, Work work, int exit_when_unprotected) {
  CLI::App* command = parent.add_subcommand(name, help);
  // Shared: the parser and the chosen command both refer to the list.
  auto buckets = std::make_shared<std::vector<std::string>>();
  command->add_option("BUCKET", *buckets, "Names of buckets")->required();
  command->callback([&selection, buckets, work, exit_when_unprotected] {
    selection.run = [=](Process& process) {
      return for_each(process, *buckets, work, exit_when_unprotected);
    };
  });
}

void add_protect(CLI::App& parent, Selection& selection) {
  struct Flags {
    std::vector<std::string> buckets;
    std::optional<std::uint32_t> quarantine_days;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = parent.add_subcommand(
      "protect", "Create what the region lacks and add our notification to each bucket");
  command->add_option("BUCKET", flags->buckets, "Names of buckets")->required();
  command
      ->add_option("--quarantine-expire-days", flags->quarantine_days,
                   "Delete what is in the region's quarantine after so many days (0: never; "
                   "default: as it is)")
      ->check(CLI::Range(0, 36'500));
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) {
      return for_each(process, flags->buckets, &Protection::protect, kExitFailed,
                      flags->quarantine_days);
    };
  });
}

}  // namespace

void add_bucket_command(CLI::App& app, Selection& selection) {
  CLI::App* bucket = app.add_subcommand("bucket", "Protect buckets and show what is in place");
  bucket->require_subcommand(1);
  bucket->add_subcommand("list", "Every bucket and whether it is protected")
      ->callback([&selection] { selection.run = list; });
  add_protect(*bucket, selection);
  add_bucket_work(*bucket, selection, "unprotect", "Take our notification out of each bucket",
                  &Protection::unprotect, kExitDone);
  add_bucket_work(*bucket, selection, "status",
                  "Show what is there and what is missing (exit 5 when something is missing)",
                  &Protection::status, kExitPending);
  add_gate_subcommand(*bucket, selection);
}

}  // namespace cordon
