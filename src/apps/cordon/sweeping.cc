#include "apps/cordon/sweeping.h"

#include <unistd.h>

#include <array>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kLimit{60};
constexpr std::chrono::minutes kListLimit{10};
constexpr std::chrono::minutes kLook{1};  // How often the schedule is looked at.
constexpr const char* kAgeMetric = "cordon_oldest_unscanned_seconds";

std::string holder_name(Random& random, SystemTime now) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  // Process ids repeat, in containers above all.
  return std::string(host.data()) + "/" + std::to_string(::getpid()) + "/" + ulid(now, random);
}

// Looks at one bucket's turn and takes it.
void take_turn(const SweepWiring& wiring, const BucketName& bucket, std::chrono::hours every,
               const std::stop_token& stop) {
  Process& process = wiring.process;
  auto last = last_sweep(wiring.cloud, process, bucket, stop);
  const SystemTime now = process.clock.system_now();
  if (!last || !*last || !(*last)->finished || *(*last)->finished + every <= now) {
    const auto swept = sweep_bucket(
        wiring, {.bucket = bucket}, [](const SweepCheckpoint&) {}, stop);
    if (swept) {
      process.log.info(
          "sweep.done",
          {{"bucket", bucket.str()}, {"listed", swept->listed}, {"enqueued", swept->enqueued}});
      last = std::optional<SweepCheckpoint>(*swept);
    } else if (swept.error().code != Errc::cancelled && swept.error().code != Errc::changed) {
      process.log.warn("sweep.failed", {{"bucket", bucket.str()}, {"error", swept.error()}});
    }
  }
  // One that is under way has not seen everything yet.
  if (last && *last && (*last)->finished) {
    const auto age = oldest_unscanned_age(**last, process.clock.system_now());
    process.metrics.set(kAgeMetric, {{"bucket", bucket.str()}}, static_cast<double>(age.count()));
  }
}

}  // namespace

Result<SweepCheckpoint> sweep_bucket(const SweepWiring& wiring, const SweepRequest& request,
                                     const SweepProgress& progress, std::stop_token stop) {
  Process& process = wiring.process;
  const Deadline limit = Deadline::after(process.clock, kLimit);
  CORDON_TRY(const std::unique_ptr<ScanRequestQueue> queue,
             wiring.cloud.scan_requests(limit, stop));
  const std::unique_ptr<SettingsStore> checkpoint = wiring.cloud.sweep_checkpoint(request.bucket);
  SweepOptions options;
  options.holder = holder_name(process.random, process.clock.system_now());
  options.tag_keys = wiring.tag_keys();
  options.seal_keys = wiring.seal_keys;
  options.grace = wiring.grace.value_or(options.grace);
  Sweep sweep(options, {wiring.cloud.shelf(), wiring.cloud.store(), *queue, *checkpoint,
                        wiring.policy, process.clock, process.random});
  return sweep.run(request, progress, std::move(stop));
}

Result<std::optional<SweepCheckpoint>> last_sweep(Cloud& cloud, const Process& process,
                                                  const BucketName& bucket, std::stop_token stop) {
  using Maybe = std::optional<SweepCheckpoint>;
  const auto stored = cloud.sweep_checkpoint(bucket)->read(
      std::nullopt, Deadline::after(process.clock, kLimit), std::move(stop));
  if (!stored && stored.error().code == Errc::not_found) return Maybe();
  if (!stored) return stored.error();
  if (!*stored) return Maybe();
  CORDON_TRY(SweepCheckpoint checkpoint, parse_sweep_checkpoint((*stored)->document));
  return Maybe(std::move(checkpoint));
}

void sweep_on_schedule(const SweepWiring& wiring,
                       const std::function<std::optional<std::chrono::hours>()>& interval,
                       std::stop_token stop) {
  Process& process = wiring.process;
  process.metrics.describe(kAgeMetric,
                           "Age of the oldest object without valid verdict at the last sweep");
  while (!stop.stop_requested()) {
    if (const std::optional<std::chrono::hours> every = interval()) {
      const auto buckets =
          wiring.cloud.watched_buckets(Deadline::after(process.clock, kListLimit), stop);
      if (!buckets && buckets.error().code != Errc::cancelled) {
        process.log.warn("sweep.failed", {{"error", buckets.error()}});
      }
      for (const BucketName& bucket : buckets ? *buckets : std::vector<BucketName>()) {
        if (stop.stop_requested()) return;
        take_turn(wiring, bucket, *every, stop);
      }
    }
    if (!process.clock.wait_for(kLook, stop)) return;
  }
}

}  // namespace cordon
