#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "core/ports/result_sink.h"

namespace cordon {

/// Keeps what was published. Threads: any.
class FakeResultSink final : public ResultSink {
 public:
  Result<void> publish(const ScanResult& result, Deadline, std::stop_token stop) override {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    std::lock_guard lock(mutex_);
    if (!failures_.empty()) {
      Error error = failures_.front();
      failures_.pop_front();
      return error;
    }
    results_.push_back(result);
    return {};
  }

  void fail_next(Error error, int times = 1) {
    std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) failures_.push_back(error);
  }
  std::vector<ScanResult> results() const {
    std::lock_guard lock(mutex_);
    return results_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Error> failures_;
  std::vector<ScanResult> results_;
};

}  // namespace cordon
