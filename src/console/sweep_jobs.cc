#include "console/sweep_jobs.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "operations/settings_in_force.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kSettingsLimit{15};

}  // namespace

std::string_view name_of(SweepJob::State state) {
  switch (state) {
    case SweepJob::State::running:
      return "running";
    case SweepJob::State::stopped:
      return "stopped";
    case SweepJob::State::failed:
      return "failed";
    case SweepJob::State::finished:
      return "finished";
  }
  return "running";
}

SweepJobs::~SweepJobs() {
  Entries ending;
  {
    std::lock_guard lock(mutex_);
    ending.swap(entries_);
  }
  for (auto& [bucket, entry] : ending) entry->thread.request_stop();
  // Each thread is waited for when its entry goes, without the lock that it may want.
}

Result<SweepJob> SweepJobs::start(SweepBucketsRequest request) {
  CORDON_TRY(access_());  // Or it would only fail later, where nobody looks.
  const BucketName bucket = request.buckets.front();
  std::unique_ptr<Entry> ended;  // Its thread is over; waited for without the lock.
  std::lock_guard lock(mutex_);
  const auto is_running = [](const auto& one) {
    return one.second->job.state == SweepJob::State::running;
  };
  const auto known = entries_.find(bucket);
  if (known != entries_.end() && is_running(*known)) {
    return Error{Errc::changed, "a sweep of bucket " + bucket.str() + " is running here already"};
  }
  if (std::count_if(entries_.begin(), entries_.end(), is_running) >=
      static_cast<std::ptrdiff_t>(kRunningMax)) {
    return Error{Errc::throttled, "as many sweeps as may are running here; wait for one to end"};
  }
  if (known != entries_.end()) ended = std::move(known->second);
  forget_one();
  std::unique_ptr<Entry>& entry = entries_[bucket];
  entry = std::make_unique<Entry>();
  entry->job = {.bucket = bucket, .started = runtime_.clock.system_now()};
  entry->thread = std::jthread([this, &it = *entry, asked = std::move(request)](
                                   std::stop_token stop) { run(it, asked, std::move(stop)); });
  return entry->job;
}

void SweepJobs::forget_one() {
  if (entries_.size() < kKeptMax) return;
  const auto over = std::find_if(entries_.begin(), entries_.end(), [](const auto& one) {
    return one.second->job.state != SweepJob::State::running;
  });
  if (over != entries_.end()) entries_.erase(over);
}

Result<SweepJob> SweepJobs::stop(const BucketName& bucket) {
  std::lock_guard lock(mutex_);
  const auto known = entries_.find(bucket);
  if (known == entries_.end() || known->second->job.state != SweepJob::State::running) {
    return Error{Errc::not_found, "no sweep of bucket " + bucket.str() + " is running here"};
  }
  known->second->thread.request_stop();
  return known->second->job;
}

std::vector<SweepJob> SweepJobs::jobs() const {
  std::lock_guard lock(mutex_);
  std::vector<SweepJob> all;
  for (const auto& [bucket, entry] : entries_) all.push_back(entry->job);
  return all;
}

void SweepJobs::run(Entry& entry, const SweepBucketsRequest& request, std::stop_token stop) {
  ::pthread_setname_np(::pthread_self(), "sweep");
  const Result<void> done = sweep(entry, request, stop);
  if (!done && done.error().code != Errc::cancelled) {
    runtime_.log.warn("console.sweep_failed",
                      {{"bucket", request.buckets.front().str()}, {"error", done.error()}});
  }
  std::lock_guard lock(mutex_);
  SweepJob& job = entry.job;
  job.state = SweepJob::State::finished;
  if (done) return;
  job.state = stop.stop_requested() ? SweepJob::State::stopped : SweepJob::State::failed;
  if (job.state == SweepJob::State::failed) job.failure = done.error();
}

Result<void> SweepJobs::sweep(Entry& entry, const SweepBucketsRequest& request,
                              std::stop_token stop) {
  CORDON_TRY(const std::shared_ptr<DeploymentAccess> access, access_());
  const Runtime runtime{runtime_.clock,   runtime_.random,      runtime_.log,
                        runtime_.metrics, runtime_.environment, stop};
  CORDON_TRY(
      const KnownSettings known,
      settings_in_force(*access, Deadline::after(runtime.clock, kSettingsLimit), runtime.stop));
  const auto tell = [&](const SweepCheckpoint& now) {
    std::lock_guard lock(mutex_);
    entry.job.now = now;
  };
  const SweepListener listener{
      .on_page = [&](const BucketName&, const SweepCheckpoint& now) { tell(now); },
      .on_done = [&](const SweepReport& report) { tell(report.checkpoint); }};
  CORDON_TRY(const SweepBucketsReport report,
             sweep_buckets(*access, runtime, known.settings, request, listener));
  if (report.failure) return *report.failure;
  return {};
}

}  // namespace cordon
