#pragma once

#include <set>
#include <string>

#include "aws/service_client.h"
#include "aws/sink_calls.h"
#include "base/guarded.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Which stream a `CloudWatchSink` writes to.
struct CloudWatchSinkOptions {
  std::string group;
  std::string stream;
  bool create_group = true;  ///< When it is missing; the stream is always created.
};

/// Writes results as lines to a log stream of CloudWatch Logs, as many in a call as it takes.
///
/// CloudWatch takes a line as often as it is sent. So a call that had no answer is not repeated as
/// it was: its lines are looked for in the stream first. Where that is not allowed they are written
/// again. `client` outlives it.
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
  /// The same for lines of which some may have arrived with an earlier call.
  Result<ResultOutcomes> send_missing(std::span<const SinkEntry> lines, Deadline deadline,
                                      std::stop_token stop);
  /// Those of the lines that the stream has.
  Result<std::set<std::string>> find(std::span<const SinkEntry> lines, Deadline deadline,
                                     std::stop_token stop);
  bool is_unsure(std::span<const SinkEntry> lines) const;
  void remember(std::span<const SinkEntry> lines, bool is_unsure);

  ServiceClient& client_;
  const CloudWatchSinkOptions options_;
  /// The ids of results whose call had no answer.
  Guarded<std::set<std::string>> unsure_;
};

}  // namespace cordon
