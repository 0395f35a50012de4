#pragma once

#include <optional>
#include <string>

#include "aws/service_client.h"
#include "aws/sns_sink.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Where an `SqsSink` sends, and which results.
struct SqsSinkOptions {
  std::string queue_url;
  std::optional<Region> region = std::nullopt;  ///< Of the queue, when it is not the client's.
  ResultFilter wanted = nullptr;
};

/// Sends results to the results queue, from where the console takes them. `client` outlives it.
class SqsSink final : public ResultSink {
 public:
  SqsSink(ServiceClient& client, SqsSinkOptions options)
      : client_(client), options_(std::move(options)) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const SqsSinkOptions options_;
};

}  // namespace cordon
