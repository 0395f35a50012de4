#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/service_client.h"
#include "aws/sns_sink.h"
#include "core/ports/result_sink.h"

namespace cordon {

/// Which stream a `CloudWatchSink` writes to, and which results.
struct CloudWatchSinkOptions {
  std::string group;
  std::string stream;
  bool create_group = true;  ///< When it is missing; the stream is always created.
  ResultFilter wanted = nullptr;
};

/// Writes results as lines to a log stream of CloudWatch Logs. `client` outlives it.
///
/// Group commit: the first slot that has a line sends it; the lines that others bring meanwhile go
/// together in the next call, sent by one of them. So one call is under way at any time, each slot
/// returns when its own line is durable, and a busy agent needs a call per round trip and not per
/// object.
class CloudWatchSink final : public ResultSink {
 public:
  CloudWatchSink(ServiceClient& client, CloudWatchSinkOptions options)
      : client_(client), options_(std::move(options)) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override;

  /// How many lines wait for a call now.
  std::size_t waiting() const;

 private:
  struct Line {
    std::int64_t millis;
    std::string text;
    bool alone = false;  ///< A batch that it was part of was refused: find out whose fault it was.
    std::optional<Result<void>> outcome = std::nullopt;
  };
  // Shared: the slot that waits may give up while another one sends its line.
  using LinePtr = std::shared_ptr<Line>;
  using Batch = std::vector<LinePtr>;

  Result<void> wait_for_turn(std::unique_lock<std::mutex>& lock, const Line& line,
                             Deadline deadline, std::stop_token stop);
  void lead(std::unique_lock<std::mutex>& lock, const LinePtr& own, Deadline deadline,
            std::stop_token stop);
  Batch take_batch();
  void settle(const Batch& batch, const LinePtr& own, const Result<std::vector<bool>>& accepted);
  void withdraw(const LinePtr& line);

  Result<std::vector<bool>> send(const Batch& batch, Deadline deadline, std::stop_token stop);
  Result<std::vector<bool>> put(const Batch& batch, Deadline deadline, std::stop_token stop);
  Result<void> create_stream(Deadline deadline, std::stop_token stop);

  ServiceClient& client_;
  const CloudWatchSinkOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<LinePtr> waiting_;  // Guarded by mutex_, like the two above and every Line's outcome.
  bool sending_ = false;
};

}  // namespace cordon
