#include "sweep/sweep_schedule.h"

#include <algorithm>

#include "sweep/sweep.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kLimit{60};
constexpr std::chrono::minutes kListLimit{10};
constexpr std::chrono::minutes kLook{1};  // How often the schedule is looked at.
constexpr std::chrono::minutes kNewBuckets{15};
constexpr const char* kAgeMetric = "cordon_oldest_unscanned_seconds";
constexpr const char* kArchivedMetric = "cordon_archived_objects";

}  // namespace

Result<std::optional<SweepCheckpoint>> read_last_sweep(DocumentStore& checkpoint, Deadline deadline,
                                                       std::stop_token stop) {
  using Maybe = std::optional<SweepCheckpoint>;
  const auto stored = checkpoint.read(std::nullopt, deadline, std::move(stop));
  if (!stored && stored.error().code == Errc::not_found) return Maybe();
  if (!stored) return stored.error();
  if (!*stored) return Maybe();
  CORDON_TRY(SweepCheckpoint known, parse_sweep_checkpoint((*stored)->document));
  return Maybe(std::move(known));
}

SweepSchedule::SweepSchedule(SweepSchedulePorts ports) : ports_(std::move(ports)) {
  ports_.metrics.describe(
      kAgeMetric,
      "Age of the oldest object without valid verdict at the last sweep; what "
      "lies unread in archives is left out once it has its verdict Unscannable");
  ports_.metrics.describe(kArchivedMetric,
                          "Objects in archives at the last sweep that nobody can scan before they "
                          "are restored");
}

void SweepSchedule::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    look(stop);
    if (!ports_.clock.wait_for(kLook, stop)) return;
  }
}

void SweepSchedule::look(std::stop_token stop) {
  const std::optional<std::chrono::hours> every = ports_.interval();
  if (!every) {
    ask_at_.reset();
    return forget_others({});
  }
  if (!is_anything_due(*every)) return;
  const auto watched = ports_.buckets(Deadline::after(ports_.clock, kListLimit), stop);
  if (!watched) {
    if (watched.error().code != Errc::cancelled) {
      ports_.log.warn("sweep.failed", {{"error", watched.error()}});
    }
    return;
  }
  for (const auto& [bucket, error] : watched->unknown) {
    ports_.log.warn("sweep.failed", {{"bucket", bucket.str()}, {"error", error}});
  }
  forget_others(*watched);
  for (const BucketName& bucket : watched->buckets) {
    if (stop.stop_requested()) return;
    due_[bucket] = take_turn(bucket, *every, stop);
  }
  interval_ = every;
  ask_at_ = ports_.clock.system_now() + kNewBuckets;
}

// Asking costs some requests for each bucket of the account, so a look that finds nothing asks
// nobody.
bool SweepSchedule::is_anything_due(std::chrono::hours every) const {
  const SystemTime now = ports_.clock.system_now();
  if (!ask_at_ || *ask_at_ <= now || interval_ != every) return true;
  return std::any_of(due_.begin(), due_.end(), [&](const auto& one) { return one.second <= now; });
}

// What could not be looked at is not gone. Of what is, the last age would be told for ever.
void SweepSchedule::forget_others(const WatchedBuckets& watched) {
  const auto is_watched = [&](const BucketName& bucket) {
    return std::find(watched.buckets.begin(), watched.buckets.end(), bucket) !=
               watched.buckets.end() ||
           std::any_of(watched.unknown.begin(), watched.unknown.end(),
                       [&](const auto& one) { return one.first == bucket; });
  };
  std::erase_if(due_, [&](const auto& one) {
    if (is_watched(one.first)) return false;
    ports_.metrics.remove(kAgeMetric, {{"bucket", one.first.str()}});
    ports_.metrics.remove(kArchivedMetric, {{"bucket", one.first.str()}});
    return true;
  });
}

// Looks at one bucket's turn and takes it. One that failed, or is another agent's, is due again at
// once: the next look is a minute away.
SystemTime SweepSchedule::take_turn(const BucketName& bucket, std::chrono::hours every,
                                    const std::stop_token& stop) {
  auto last =
      read_last_sweep(*ports_.checkpoint(bucket), Deadline::after(ports_.clock, kLimit), stop);
  const SystemTime now = ports_.clock.system_now();
  if (!last || !*last || !(*last)->finished || *(*last)->finished + every <= now) {
    const bool is_known = last && *last && (*last)->finished;
    const auto swept = ports_.sweep(bucket, is_known ? *(*last)->finished : SystemTime(), stop);
    if (swept) {
      ports_.log.info(
          "sweep.done",
          {{"bucket", bucket.str()}, {"listed", swept->listed}, {"enqueued", swept->enqueued}});
      last = std::optional<SweepCheckpoint>(*swept);
    } else if (swept.error().code == Errc::changed) {
      ports_.log.debug("sweep.elsewhere", {{"bucket", bucket.str()}, {"why", swept.error().what}});
    } else if (swept.error().code != Errc::cancelled) {
      ports_.log.warn("sweep.failed", {{"bucket", bucket.str()}, {"error", swept.error()}});
    }
  }
  // One that is under way has not seen everything yet.
  if (!last || !*last || !(*last)->finished) return now;
  const auto age = oldest_unscanned_age(**last, ports_.clock.system_now());
  ports_.metrics.set(kAgeMetric, {{"bucket", bucket.str()}}, static_cast<double>(age.count()));
  ports_.metrics.set(kArchivedMetric, {{"bucket", bucket.str()}},
                     static_cast<double>((*last)->archived));
  return *(*last)->finished + every;
}

}  // namespace cordon
