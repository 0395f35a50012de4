#include "operations/bucket_sweeps.h"

#include <boost/json.hpp>
#include <utility>

#include "base/parallel_for.h"
#include "base/text.h"
#include "core/own_buckets.h"
#include "operations/member_buckets.h"
#include "operations/sweeping.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kLimit{10};
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;

Result<WatchedBuckets> chosen(MemberBuckets& buckets, const Runtime& runtime,
                              const std::vector<BucketName>& named) {
  if (!named.empty()) return WatchedBuckets{named};
  return buckets.watched(Deadline::after(runtime.clock, kLimit), runtime.stop);
}

// All that is passed outlives the wiring.
SweepWiring wiring_for(DeploymentAccess& access, MemberBuckets& buckets, const Runtime& runtime,
                       const Settings& settings, const SweepBucketsRequest& request) {
  return {.access = access,
          .buckets = buckets,
          .runtime = runtime,
          .policy =
              [&](const BucketName& bucket, const ObjectKey& key) {
                return resolve_policy(settings.policies, access.region(), bucket, key);
              },
          .tag_keys = [&] { return keys_in_force(settings.tags); },
          .seal_keys = request.seal_keys,
          .verdict_policy = verdict_policy(settings.engine),
          .grace = request.grace};
}

Result<void> sweep_one(const SweepWiring& wiring, const Settings& settings,
                       const SweepRequest& request, const SweepListener& listener) {
  if (is_own_bucket(request.bucket, settings.policies)) {
    return Error{Errc::invalid, "bucket " + request.bucket.str() + " belongs to Cordon"};
  }
  const auto on_page = [&](const SweepCheckpoint& now) { listener.on_page(request.bucket, now); };
  CORDON_TRY(SweepCheckpoint done, sweep_bucket(wiring, request, on_page, wiring.runtime.stop));
  listener.on_done({.bucket = request.bucket,
                    .checkpoint = std::move(done),
                    .time = wiring.runtime.clock.system_now()});
  return {};
}

Result<void> sweep_each(const SweepWiring& wiring, const Settings& settings,
                        const SweepBucketsRequest& request, const std::vector<BucketName>& buckets,
                        const SweepListener& listener) {
  if (request.sought.check_seals && !request.seal_keys) {
    return Error{Errc::invalid, "--check-seals needs the key: --seal-key-file"};
  }
  CORDON_TRY(wiring.access.ensure_system_bucket(Deadline::after(wiring.runtime.clock, kLimit),
                                                wiring.runtime.stop));
  SweepRequest one = request.sought;
  for (const BucketName& bucket : buckets) {
    one.bucket = bucket;
    CORDON_TRY(sweep_one(wiring, settings, one, listener));
  }
  return {};
}

}  // namespace

bool is_under_way(const SweepReport& report) {
  return report.checkpoint.lease_until && *report.checkpoint.lease_until > report.time;
}

Result<SweepBucketsReport> sweep_buckets(DeploymentAccess& access, const Runtime& runtime,
                                         const Settings& settings,
                                         const SweepBucketsRequest& request,
                                         const SweepListener& listener) {
  MemberBuckets buckets(access, settings);
  SweepBucketsReport report;
  CORDON_TRY(report.found, chosen(buckets, runtime, request.buckets));
  const Result<void> done = sweep_each(wiring_for(access, buckets, runtime, settings, request),
                                       settings, request, report.found.buckets, listener);
  if (!done) report.failure = done.error();
  return report;
}

Result<WatchedBuckets> sweep_status(DeploymentAccess& access, const Runtime& runtime,
                                    const Settings& settings,
                                    const std::vector<BucketName>& buckets,
                                    const std::function<void(const SweepStatus&)>& on_status) {
  MemberBuckets members(access, settings);
  CORDON_TRY(WatchedBuckets found, chosen(members, runtime, buckets));
  std::vector<Result<std::optional<SweepCheckpoint>>> looked_at(found.buckets.size(),
                                                                Error{Errc::cancelled, "stopped"});
  {
    ProgressCount progress(access.progress(), "sweeps", looked_at.size());
    parallel_for(looked_at.size(),
                 {.threads_max = kLookupThreads, .items_per_thread_min = kLookupsPerThreadMin},
                 runtime.stop, [&](std::size_t i) {
                   looked_at[i] = last_sweep(access, runtime, found.buckets[i], runtime.stop);
                   progress.step();
                 });
  }
  for (std::size_t i = 0; i < looked_at.size(); ++i) {
    CORDON_TRY(std::optional<SweepCheckpoint> last, std::move(looked_at[i]));
    const BucketName& bucket = found.buckets[i];
    SweepStatus status{.bucket = bucket};
    if (last) status.last = SweepReport{bucket, *std::move(last), runtime.clock.system_now()};
    on_status(status);
  }
  return found;
}

json::object document_of(const SweepReport& report) {
  const SweepCheckpoint& now = report.checkpoint;
  const json::value finished =
      now.finished ? json::value(rfc3339_ms(*now.finished)) : json::value(nullptr);
  const json::value swept_by =
      is_under_way(report) ? json::value(now.holder) : json::value(nullptr);
  return json::object{{"schema", "cordon.sweep-report/1"},
                      {"bucket", report.bucket.str()},
                      {"purpose", now.purpose},
                      {"started", rfc3339_ms(now.started)},
                      {"finished", finished},
                      {"sweptBy", swept_by},
                      {"listed", now.listed},
                      {"enqueued", now.enqueued},
                      {"excluded", now.excluded},
                      {"young", now.young},
                      {"unreadable", now.unknown},
                      {"refused", now.refused},
                      {"archived", now.archived},
                      {"unproven", now.unproven},
                      {"oldestUnscannedSeconds", oldest_unscanned_age(now, report.time).count()}};
}

}  // namespace cordon
