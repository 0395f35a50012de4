#pragma once

#include <string>

#include "aws/service_client.h"
#include "aws/sink_calls.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Which stream a `CloudWatchSink` writes to.
struct CloudWatchSinkOptions {
  std::string group;
  std::string stream;
  bool create_group = true;  ///< When it is missing; the stream is always created.
};

/// Writes results as lines to a log stream of CloudWatch Logs, as many in a call as it takes.
/// `client` outlives it.
class CloudWatchSink final : public ResultSink {
 public:
  CloudWatchSink(ServiceClient& client, CloudWatchSinkOptions options)
      : client_(client), options_(std::move(options)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  Result<ResultOutcomes> send(std::span<const SinkEntry> lines, Deadline deadline,
                              std::stop_token stop);
  Result<ResultOutcomes> put(std::span<const SinkEntry> lines, Deadline deadline,
                             std::stop_token stop);
  Result<void> create_stream(Deadline deadline, std::stop_token stop);

  ServiceClient& client_;
  const CloudWatchSinkOptions options_;
};

}  // namespace cordon
