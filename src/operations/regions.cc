#include "operations/regions.h"

#include <boost/json.hpp>
#include <utility>

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{5};

json::value count_or_null(const std::optional<std::uint64_t>& count) {
  if (count) return *count;
  return nullptr;
}

}  // namespace

Result<std::vector<RegionOverview>> region_overview(DeploymentAccess& access,
                                                    const Runtime& runtime,
                                                    const std::vector<Region>& more) {
  Provisioning provisioning(access, false);
  Protection protection = provisioning.protection();
  return provisioning.regions().overview(protection, more,
                                         Deadline::after(runtime.clock, kTimeLimit), runtime.stop);
}

void remove_regions(DeploymentAccess& access, const Runtime& runtime,
                    const RegionRemovalRequest& request, const RegionRemovalListener& told) {
  Provisioning provisioning(access, request.dry_run);
  remove_regions(provisioning, runtime, request, told);
}

void remove_regions(Provisioning& provisioning, const Runtime& runtime,
                    const RegionRemovalRequest& request, const RegionRemovalListener& told) {
  RegionUpkeep upkeep = provisioning.regions();
  const RegionRemovalOptions options{.discard_messages = request.discard_messages,
                                     .dry_run = provisioning.is_dry_run()};
  for (const Region& region : request.regions) {
    ProvisionReport report{.bucket = BucketName(), .region = region, .steps = {}};
    Result<RegionRemoval> outcome = upkeep.remove(
        region, options, report, Deadline::after(runtime.clock, kTimeLimit), runtime.stop);
    told({std::move(report), std::move(outcome)});
  }
}

json::object document_of(const RegionOverview& overview) {
  return json::object{{"schema", "cordon.region/1"},
                      {"region", overview.region.str()},
                      {"resources", overview.has_resources},
                      {"protected", overview.protected_count},
                      {"events", count_or_null(overview.events_waiting)},
                      {"deadLetters", count_or_null(overview.dead_letters)},
                      {"note", overview.note}};
}

}  // namespace cordon
