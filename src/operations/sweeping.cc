#include "operations/sweeping.h"

#include <unistd.h>

#include <array>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kLimit{60};

std::string holder_name(Random& random, SystemTime now) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  // Process ids repeat, in containers above all.
  return std::string(host.data()) + "/" + std::to_string(::getpid()) + "/" + ulid(now, random);
}

}  // namespace

Result<SweepCheckpoint> sweep_bucket(const SweepWiring& wiring, const SweepRequest& request,
                                     const SweepProgress& progress, std::stop_token stop) {
  const Runtime& runtime = wiring.runtime;
  const Deadline limit = Deadline::after(runtime.clock, kLimit);
  CORDON_TRY(const std::unique_ptr<ScanRequestQueue> queue,
             wiring.access.scan_requests(limit, stop));
  const std::unique_ptr<DocumentStore> checkpoint = wiring.access.sweep_checkpoint(request.bucket);
  SweepOptions options;
  options.holder = holder_name(runtime.random, runtime.clock.system_now());
  options.tag_keys = wiring.tag_keys();
  options.seal_keys = wiring.seal_keys;
  options.deployment = deployment_id(wiring.access.deployment().name(), wiring.access.account());
  options.verdict_policy = wiring.verdict_policy;
  options.grace = wiring.grace.value_or(options.grace);
  Sweep sweep(options,
              {wiring.buckets.catalogue(), wiring.buckets.store(), *queue, *checkpoint,
               wiring.policy, runtime.clock, runtime.random, runtime.log, runtime.metrics});
  Result<SweepCheckpoint> swept = sweep.run(request, progress, std::move(stop));
  if (swept) return swept;
  return wiring.buckets.explained(swept.error(), request.bucket);
}

Result<std::optional<SweepCheckpoint>> last_sweep(DeploymentAccess& access, const Runtime& runtime,
                                                  const BucketName& bucket, std::stop_token stop) {
  return read_last_sweep(*access.sweep_checkpoint(bucket), Deadline::after(runtime.clock, kLimit),
                         std::move(stop));
}

void sweep_on_schedule(const SweepWiring& wiring,
                       const std::function<std::optional<std::chrono::hours>()>& interval,
                       std::stop_token stop) {
  SweepSchedule schedule(
      {.interval = interval,
       .buckets =
           [&](Deadline deadline, std::stop_token end) {
             return wiring.buckets.watched(deadline, std::move(end));
           },
       .checkpoint =
           [&](const BucketName& bucket) { return wiring.access.sweep_checkpoint(bucket); },
       .sweep =
           [&](const BucketName& bucket, SystemTime last, std::stop_token end) {
             return sweep_bucket(
                 wiring, {.bucket = bucket, .unless_finished_after = last},
                 [](const SweepCheckpoint&) {}, std::move(end));
           },
       .clock = wiring.runtime.clock,
       .log = wiring.runtime.log,
       .metrics = wiring.runtime.metrics});
  schedule.run(std::move(stop));
}

}  // namespace cordon
