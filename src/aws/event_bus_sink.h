#pragma once

#include "aws/service_client.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Puts each result as an event on EventBridge's default bus in the region of `client`, which
/// outlives it: source "cordon.scan", detail type "Cordon Scan Result", the result as its detail.
class EventBusSink final : public ResultSink {
 public:
  explicit EventBusSink(ServiceClient& client) : client_(client) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

}  // namespace cordon
