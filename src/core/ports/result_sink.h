#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/scan_result.h"

namespace cordon {

/// What became of each result of a batch, in the batch's order.
using ResultOutcomes = std::vector<Result<void>>;

/// A place where scan results go: a log, a topic, a queue.
class ResultSink {
 public:
  virtual ~ResultSink() = default;

  /// Delivers a batch and says of each result whether it is durable at its place now. A result that
  /// the place is not meant for counts as delivered. May deliver more than once.
  ///
  /// Always as many outcomes as results, in their order. Those of one batch do not depend on each
  /// other: one that is refused leaves the others to be delivered.
  ///
  /// Threads: any. Blocks: until each outcome is known, `deadline` or a stop request.
  /// Errors, each of one result:
  ///   invalid      the place will never take this one, whatever is tried;
  ///   cancelled, timeout, unavailable, throttled, denied, not_found    it may take it later.
  virtual ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                                 std::stop_token stop) = 0;
};

/// Publishes one result. Errors: its own.
inline Result<void> publish_one(ResultSink& sink, const ScanResult& result, Deadline deadline,
                                std::stop_token stop) {
  return sink.publish(std::span(&result, 1), deadline, std::move(stop)).front();
}

}  // namespace cordon
