#include "operations/bucket_overview.h"

#include <utility>

#include "base/parallel_for.h"
#include "operations/buckets.h"
#include "operations/read_gates.h"
#include "operations/settings_in_force.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kSettingsLimit{15};
// A look at a policy is two requests, which are spent waiting.
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;

void add_gates(DeploymentAccess& access, const Runtime& runtime, const Settings& settings,
               std::vector<ProvisionReport>& reports) {
  parallel_for(reports.size(),
               {.threads_max = kLookupThreads, .items_per_thread_min = kLookupsPerThreadMin},
               runtime.stop, [&](std::size_t i) {
                 if (reports[i].is_protected) add_gate_step(access, runtime, settings, reports[i]);
               });
}

}  // namespace

Result<std::vector<AccountBuckets>> bucket_overview(DeploymentAccess& access,
                                                    const Runtime& runtime) {
  CORDON_TRY(
      const KnownSettings known,
      settings_in_force(access, Deadline::after(runtime.clock, kSettingsLimit), runtime.stop));
  std::vector<AccountBuckets> all;
  all.push_back({access.account(), list_buckets(access, runtime, {})});
  for (const MemberAccount& member : known.settings.accounts) {
    all.push_back({member.id, list_buckets(access, runtime, {.member = member})});
  }
  for (AccountBuckets& one : all) {
    if (one.buckets) add_gates(access, runtime, known.settings, *one.buckets);
    if (runtime.stop.stop_requested()) return Error{Errc::cancelled, "stopped between buckets"};
  }
  return all;
}

}  // namespace cordon
