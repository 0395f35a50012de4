#pragma once

#include <string>

#include "aws/service_client.h"
#include "aws/sink_calls.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Publishes results to a notification topic, ten in a call, each with attributes to filter by:
/// notificationType (scanResult), scanResult, bucket, account. The topic's ARN also tells the
/// region. `client` outlives it.
class SnsSink final : public ResultSink {
 public:
  SnsSink(ServiceClient& client, std::string topic_arn)
      : client_(client), topic_arn_(std::move(topic_arn)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  Result<ResultOutcomes> send(std::span<const SinkEntry> entries, Deadline deadline,
                              std::stop_token stop);

  ServiceClient& client_;
  const std::string topic_arn_;
};

}  // namespace cordon
