#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "base/runtime.h"
#include "operations/bucket_sweeps.h"

namespace cordon {

/// A sweep that this console has begun since it was started.
struct SweepJob {
  enum class State : std::uint8_t {
    running,
    stopped,  ///< By somebody. Beginning it again goes on where it was.
    failed,   ///< `failure` says why. Likewise.
    finished,
  };
  BucketName bucket;
  State state = State::running;
  SystemTime started;
  SweepCheckpoint now = {};
  std::optional<Error> failure = std::nullopt;
};

std::string_view name_of(SweepJob::State state);

/// Sweeps go on for hours, so a request begins one and does not wait for it. Each has a thread, at
/// most `kRunningMax` at a time. How far a sweep is stands in the system bucket, so one that was
/// stopped, by somebody or with the console, is continued by whoever sweeps the bucket next.
///
/// Threads: any. What it is given outlives it. Stops its sweeps when it goes.
class SweepJobs {
 public:
  static constexpr std::size_t kRunningMax = 2;
  /// Those that are kept to be shown, the running ones among them.
  static constexpr std::size_t kKeptMax = 1'000;

  using AccessSource = std::function<Result<std::shared_ptr<DeploymentAccess>>()>;

  SweepJobs(AccessSource access, const Runtime& runtime)
      : access_(std::move(access)), runtime_(runtime) {}
  ~SweepJobs();

  /// Begins a sweep of the one bucket that the request names.
  /// Errors: changed: one of this bucket is running here; throttled: as many as may are running;
  /// those of the access source.
  Result<SweepJob> start(SweepBucketsRequest request);
  /// Ends the bucket's sweep after what it is at. Errors: not_found: none is running here.
  Result<SweepJob> stop(const BucketName& bucket);
  /// Those of this console, by bucket.
  std::vector<SweepJob> jobs() const;

 private:
  struct Entry {
    SweepJob job;
    std::jthread thread = {};
  };
  using Entries = std::map<BucketName, std::unique_ptr<Entry>>;

  void run(Entry& entry, const SweepBucketsRequest& request, std::stop_token stop);
  Result<void> sweep(Entry& entry, const SweepBucketsRequest& request, std::stop_token stop);
  void forget_one();

  const AccessSource access_;
  const Runtime& runtime_;
  mutable std::mutex mutex_;  ///< Guards what follows; an entry's thread lives outside of it.
  Entries entries_;
};

}  // namespace cordon
