#pragma once

#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"
#include "core/scan_result.h"

namespace cordon {

/// A place where scan results go: a log, a topic, a queue.
class ResultSink {
 public:
  virtual ~ResultSink() = default;

  /// Returns once the result is durable at its place. May deliver more than once.
  ///
  /// Threads: any. Blocks: until durable, `deadline` or a stop request.
  /// Errors: cancelled, timeout, unavailable, throttled, denied, not_found.
  virtual Result<void> publish(const ScanResult& result, Deadline deadline,
                               std::stop_token stop) = 0;
};

}  // namespace cordon
