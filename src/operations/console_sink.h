#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/result_sink.h"
#include "settings/settings.h"

namespace cordon {

/// Sends to the results queue what the settings of the moment want a console to know: problems, or
/// everything. Where a deployment has no such queue, results count as delivered, so that nobody is
/// held up by a console that was never set up; whether it has one is asked again every minute.
///
/// Threads: any. Everything given outlives it. Errors: those of the queue, and of looking for it.
class ConsoleSink final : public ResultSink {
 public:
  using SettingsSource = std::function<ConsoleResults()>;
  /// The sink on the deployment's results queue. Errors: not_found when there is none.
  using QueueSource =
      std::function<Result<std::unique_ptr<ResultSink>>(Deadline deadline, std::stop_token stop)>;

  struct Ports {
    SettingsSource settings;
    QueueSource queue;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
  };

  explicit ConsoleSink(Ports ports);

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  // Shared: another thread may be sending by it when the queue turns out to be gone.
  using SinkPtr = std::shared_ptr<ResultSink>;
  /// Null: there is no queue.
  Result<SinkPtr> queue(Deadline deadline, std::stop_token stop);
  void forget(const SinkPtr& gone);
  void tell_missing(const Error& why);

  const Ports ports_;
  std::mutex mutex_;  ///< Guards what follows.
  SinkPtr known_;
  std::optional<SteadyTime> asked_ = std::nullopt;  ///< When there was none.
  bool is_told_ = false;
};

}  // namespace cordon
