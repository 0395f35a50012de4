#pragma once

#include "aws/service_client.h"
#include "aws/sink_calls.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Puts each result as an event on EventBridge's default bus in the region of `client`, which
/// outlives it, ten in a call: source "cordon.scan", detail type "Cordon Scan Result", the result
/// as its detail.
class EventBusSink final : public ResultSink {
 public:
  explicit EventBusSink(ServiceClient& client) : client_(client) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  Result<ResultOutcomes> send(std::span<const SinkEntry> entries, Deadline deadline,
                              std::stop_token stop);

  ServiceClient& client_;
};

}  // namespace cordon
