#include "provision/results_queue.h"

#include <utility>

#include "provision/event_path.h"

namespace cordon {
namespace {

constexpr int kReceivesMax = 5;

// Found, or not there: every other answer is an error.
Result<std::optional<QueueInfo>> if_there(Result<QueueInfo> found) {
  if (found) return std::optional<QueueInfo>(*std::move(found));
  if (found.error().code == Errc::not_found) return std::optional<QueueInfo>();
  return std::move(found).error();
}

}  // namespace

Result<Region> ResultsQueue::region(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const RegionAdmin home, regions_(home_));
  const BucketName system = deployment_.system_bucket(account_);
  Result<Region> where = home.buckets.region_of(system, deadline, std::move(stop));
  if (!where && where.error().code == Errc::not_found) return deployment_.system_region(home_);
  return where;
}

Result<void> ResultsQueue::ensure(ProvisionReport& report, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(const Region where, region(deadline, stop));
  CORDON_TRY(const RegionAdmin admin, regions_(where));
  CORDON_TRY(const auto dead_before,
             if_there(admin.queues.find(deployment_.results_dead_letters(), deadline, stop)));
  QueueSettings dead_settings;
  if (dead_before) dead_settings.policy = dead_before->policy;
  CORDON_TRY(const EnsuredQueue dead, ensure_queue(admin.queues, deployment_.results_dead_letters(),
                                                   dead_before, dead_settings, deadline, stop));
  report.add(ProvisionPart::results_dead_letters, dead.info.arn, dead.state);

  // Without a policy: nobody but this account's own roles sends to it.
  CORDON_TRY(const auto before,
             if_there(admin.queues.find(deployment_.results_queue(), deadline, stop)));
  QueueSettings settings{.dead_letter_arn = dead.info.arn, .receives_max = kReceivesMax};
  if (before) settings.policy = before->policy;
  CORDON_TRY(const EnsuredQueue queue, ensure_queue(admin.queues, deployment_.results_queue(),
                                                    before, settings, deadline, std::move(stop)));
  report.add(ProvisionPart::results_queue, queue.info.arn, queue.state);
  return {};
}

Result<ResultsQueue::Found> ResultsQueue::find(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const Region where, region(deadline, stop));
  CORDON_TRY(const RegionAdmin admin, regions_(where));
  CORDON_TRY(QueueInfo queue,
             admin.queues.find(deployment_.results_queue(), deadline, std::move(stop)));
  return Found{where, std::move(queue)};
}

Result<std::optional<QueueInfo>> ResultsQueue::dead_letters(const Region& region, Deadline deadline,
                                                            std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  return if_there(admin.queues.find(deployment_.results_dead_letters(), deadline, std::move(stop)));
}

}  // namespace cordon
