#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/ports/result_sink.h"

namespace cordon {

/// Keeps what was published. Threads: any.
class FakeResultSink final : public ResultSink {
 public:
  ResultOutcomes publish(std::span<const ScanResult> results, Deadline,
                         std::stop_token stop) override {
    std::lock_guard lock(mutex_);
    ++batches_;
    if (stop.stop_requested()) {
      return ResultOutcomes(results.size(), Error{Errc::cancelled, "stopped"});
    }
    if (!failures_.empty()) {
      ResultOutcomes outcomes(results.size(), failures_.front());
      failures_.pop_front();
      return outcomes;
    }
    ResultOutcomes outcomes;
    for (const ScanResult& result : results) outcomes.push_back(take(result));
    return outcomes;
  }

  /// The next batches fail as a whole.
  void fail_next(Error error, int times = 1) {
    std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) failures_.push_back(error);
  }
  /// From now on results of this id are not taken, until `take_again`.
  void refuse(const std::string& id, Error error) {
    std::lock_guard lock(mutex_);
    refused_.insert_or_assign(id, std::move(error));
  }
  void take_again(const std::string& id) {
    std::lock_guard lock(mutex_);
    refused_.erase(id);
  }
  std::vector<ScanResult> results() const {
    std::lock_guard lock(mutex_);
    return results_;
  }
  /// Of all batches so far, the failed ones too.
  int batches() const {
    std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  Result<void> take(const ScanResult& result) {
    if (const auto found = refused_.find(result.id); found != refused_.end()) return found->second;
    results_.push_back(result);
    return {};
  }

  mutable std::mutex mutex_;
  std::deque<Error> failures_;
  std::map<std::string, Error> refused_;
  std::vector<ScanResult> results_;
  int batches_ = 0;
};

}  // namespace cordon
