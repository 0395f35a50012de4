#pragma once

#include <functional>
#include <string>

#include "aws/service_client.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Says which results a sink is for; empty: all.
using ResultFilter = std::function<bool(const ScanResult&)>;

/// Where an `SnsSink` publishes, and which results.
struct SnsSinkOptions {
  std::string topic_arn;  ///< Also tells the region to publish in.
  ResultFilter wanted = nullptr;
};

/// Publishes results to a notification topic, with attributes to filter by: notificationType
/// (scanResult), scanResult, bucket, account. `client` outlives it.
class SnsSink final : public ResultSink {
 public:
  SnsSink(ServiceClient& client, SnsSinkOptions options)
      : client_(client), options_(std::move(options)) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const SnsSinkOptions options_;
};

}  // namespace cordon
