#pragma once

#include <optional>
#include <string>

#include "aws/service_client.h"
#include "aws/sink_calls.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Where an `SqsSink` sends.
struct SqsSinkOptions {
  std::string queue_url;
  std::optional<Region> region = std::nullopt;  ///< Of the queue, when it is not the client's.
};

/// Sends results to the results queue, from where the console takes them, ten in a call. `client`
/// outlives it.
class SqsSink final : public ResultSink {
 public:
  SqsSink(ServiceClient& client, SqsSinkOptions options)
      : client_(client), options_(std::move(options)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  Result<ResultOutcomes> send(std::span<const SinkEntry> entries, Deadline deadline,
                              std::stop_token stop);

  ServiceClient& client_;
  const SqsSinkOptions options_;
};

}  // namespace cordon
