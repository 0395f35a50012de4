// cordon bucket regions | remove-region REGION..

#include "apps/cordon/commands/cmd_regions.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/provision_text.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "provision/region_upkeep.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

std::vector<Region> regions_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

boost::json::value count_or_null(const std::optional<std::uint64_t>& count) {
  if (count) return *count;
  return nullptr;
}

std::string count_or_dash(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : "-";
}

void print_overview(const Process& process, const RegionOverview& one) {
  if (process.options.json) {
    print_json_line(boost::json::object{{"region", one.region.str()},
                                        {"resources", one.has_resources},
                                        {"protected", one.protected_count},
                                        {"events", count_or_null(one.events_waiting)},
                                        {"deadLetters", count_or_null(one.dead_letters)},
                                        {"note", one.note}});
    return;
  }
  std::printf("%-16s %-9s %5zu protected  %6s waiting  %6s dead%s%s\n",
              shown(one.region.str()).c_str(), one.has_resources ? "ready" : "-",
              one.protected_count, count_or_dash(one.events_waiting).c_str(),
              count_or_dash(one.dead_letters).c_str(), one.note.empty() ? "" : "  ",
              shown(one.note).c_str());
}

int run_overview(const std::vector<std::string>& more, Process& process) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  Protection protection = (*cloud)->protection();
  RegionUpkeep upkeep((*cloud)->deployment(), (*cloud)->account(), (*cloud)->region_admins(),
                      (*cloud)->region_wiring(), (*cloud)->census());
  const auto all = upkeep.overview(protection, regions_of(more),
                                   Deadline::after(process.clock, kTimeLimit), process.stop);
  if (!all) return report_failure(all.error());
  for (const RegionOverview& one : *all) print_overview(process, one);
  return kExitDone;
}

int run_removal(const RegionRemovalFlags& flags, Process& process) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  Rehearsal rehearsal((*cloud)->account(), (*cloud)->region_admins(), (*cloud)->region_wiring());
  return remove_regions(process, **cloud, rehearsal, flags);
}

}  // namespace

int remove_regions(Process& process, DeploymentAccess& cloud, Rehearsal& rehearsal,
                   const RegionRemovalFlags& flags) {
  RegionUpkeep upkeep(cloud.deployment(), cloud.account(),
                      flags.dry_run ? rehearsal.regions() : cloud.region_admins(),
                      flags.dry_run ? rehearsal.wiring() : cloud.region_wiring(), cloud.census());
  int exit_code = kExitDone;
  for (const Region& region : flags.regions) {
    ProvisionReport report{.bucket = BucketName(), .region = region, .steps = {}};
    const Result<RegionRemoval> done = upkeep.remove(
        region, {.discard_messages = flags.discard_messages, .rehearse = flags.dry_run}, report,
        Deadline::after(process.clock, kTimeLimit), process.stop);
    if (!report.steps.empty()) print_report(process, report, flags.dry_run);
    if (!done) {
      exit_code = std::max(exit_code, report_failure(done.error()));
    } else if (*done == RegionRemoval::holding) {
      exit_code = std::max<int>(exit_code, kExitPending);
    }
  }
  return exit_code;
}

void add_discard_messages(CLI::App& command, bool& flag) {
  command.add_flag("--discard-messages", flag,
                   "Remove queues that hold messages, too: objects that those tell of are then not "
                   "scanned");
}

void add_region_subcommands(CLI::App& bucket, Selection& selection) {
  CLI::App* regions = bucket.add_subcommand(
      "regions", "Each region that has buckets: its resources, protected buckets and messages");
  auto more = std::make_shared<std::vector<std::string>>();  // Parser and command share the flags.
  regions->add_option("--in", *more, "This region, too, without any bucket; again for each")
      ->allow_extra_args(false);
  regions->callback([&selection, more] {
    selection.run = [more](Process& process) { return run_overview(*more, process); };
  });

  CLI::App* removal = bucket.add_subcommand(
      "remove-region",
      "Remove topic, queues and an empty quarantine bucket of regions without protected buckets");
  auto flags = std::make_shared<RegionRemovalFlags>();
  auto names = std::make_shared<std::vector<std::string>>();
  removal->add_option("REGION", *names, "Names of regions")->required();
  removal->add_flag("--dry-run", flags->dry_run, "Change nothing, and print what would change");
  add_discard_messages(*removal, flags->discard_messages);
  removal->callback([&selection, flags, names] {
    selection.run = [flags, names](Process& process) {
      flags->regions = regions_of(*names);
      return run_removal(*flags, process);
    };
  });
}

}  // namespace cordon
