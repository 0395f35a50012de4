// cordon bucket regions | remove-region REGION..

#include "apps/cordon/commands/cmd_regions.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/provision_text.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

std::vector<Region> regions_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

std::string count_or_dash(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : "-";
}

void print_overview(const Process& process, const RegionOverview& one) {
  if (process.options.json) {
    print_json_line(document_of(one));
    return;
  }
  std::printf("%-16s %-9s %5zu protected  %6s waiting  %6s dead%s%s\n",
              shown(one.region.str()).c_str(), one.has_resources ? "ready" : "-",
              one.protected_count, count_or_dash(one.events_waiting).c_str(),
              count_or_dash(one.dead_letters).c_str(), one.note.empty() ? "" : "  ",
              shown(one.note).c_str());
}

int run_overview(const std::vector<std::string>& more, Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const auto all = region_overview(**access, process, regions_of(more));
  if (!all) return report_failure(all.error());
  for (const RegionOverview& one : *all) print_overview(process, one);
  return kExitDone;
}

int run_removal(const RegionRemovalRequest& request, Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  int exit_code = kExitDone;
  remove_regions(**access, process, request, removal_printer(process, request.dry_run, exit_code));
  return exit_code;
}

}  // namespace

RegionRemovalListener removal_printer(const Process& process, bool is_dry_run, int& exit_code) {
  return [&process, is_dry_run, &exit_code](const RegionRemovalReport& removal) {
    if (!removal.report.steps.empty()) print_report(process, removal.report, is_dry_run);
    if (!removal.outcome) {
      exit_code = std::max(exit_code, report_failure(removal.outcome.error()));
    } else if (*removal.outcome == RegionRemoval::holding) {
      exit_code = std::max<int>(exit_code, kExitPending);
    }
  };
}

void add_discard_messages(Command& command, bool& flag) {
  command.add_flag("--discard-messages", flag,
                   "Remove queues that hold messages, too: objects that those tell of are then not "
                   "scanned");
}

void add_region_subcommands(Command& bucket, Selection& selection) {
  Command* regions = bucket.add_subcommand(
      "regions", "Each region that has buckets: its resources, protected buckets and messages");
  auto more = std::make_shared<std::vector<std::string>>();  // Parser and command share the flags.
  regions->add_option("--in", *more, "This region, too, without any bucket; again for each")
      ->repeatable();
  regions->on_chosen([&selection, more] {
    selection.run = [more](Process& process) { return run_overview(*more, process); };
  });

  Command* removal = bucket.add_subcommand(
      "remove-region",
      "Remove topic, queues and an empty quarantine bucket of regions without protected buckets");
  auto request = std::make_shared<RegionRemovalRequest>();
  auto names = std::make_shared<std::vector<std::string>>();
  removal->add_option("REGION", *names, "Names of regions")->required();
  removal->add_flag("--dry-run", request->dry_run, "Change nothing, and print what would change");
  add_discard_messages(*removal, request->discard_messages);
  removal->on_chosen([&selection, request, names] {
    selection.run = [request, names](Process& process) {
      request->regions = regions_of(*names);
      return run_removal(*request, process);
    };
  });
}

}  // namespace cordon
