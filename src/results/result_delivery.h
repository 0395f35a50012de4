#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/retry.h"
#include "core/ports/result_sink.h"
#include "journal/journal.h"

namespace cordon {

/// A place that results are delivered to, by the name that positions, metrics and threads have.
struct ResultDestination {
  std::string name;  ///< "cloudwatch"; at most 15 characters.
  ResultSink* sink;
};

/// How results are delivered.
struct ResultDeliveryOptions {
  std::size_t batch_results_max = 500;
  std::size_t batch_bytes_max = 4U << 20U;
  std::chrono::seconds call_max{60};  ///< For one batch.
  /// Between two tries of a destination that does not take anything.
  RetryPolicy retry{.base = std::chrono::milliseconds(500), .cap = std::chrono::seconds(30)};
  std::string outbox = "0";  ///< Names the folder in metrics, where an agent delivers several.
  /// Told "deliver" before a batch goes out and "delivered" before it is noted that it went: tests
  /// kill the process there.
  std::function<void(std::string_view step)> observer = [](std::string_view) {};
};

/// What deliveries need. All of it outlives them.
struct ResultDeliveryPorts {
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
};

/// Brings the records of a journal to one destination, in batches, until each was taken.
///
/// What the destination refuses for good is kept in a file beside the journal, counted and told; it
/// holds nothing up. What it does not take for now is tried again together with what came
/// meanwhile.
///
/// Threads: one. `journal` and `folder` outlive it.
class ResultDelivery {
 public:
  ResultDelivery(ResultDestination destination, Journal& journal, JournalFolder& folder,
                 const ResultDeliveryOptions& options, const ResultDeliveryPorts& ports);

  /// Blocks until `stop`; with `ending` requested also until everything is delivered.
  void run(std::stop_token stop, std::stop_token ending);

 private:
  struct Pending {
    ScanResult result;
    JournalPosition end;
    bool is_done = false;
  };

  bool turn(std::stop_token stop, std::stop_token ending);
  Result<void> fill();
  void take(const JournalRecord& record);
  Result<void> publish(std::stop_token stop);
  void settle(const std::vector<std::size_t>& places, const ResultOutcomes& outcomes);
  void set_aside(std::string_view line, const Error& why);
  void pass_done();
  void tell(const Result<void>& outcome);
  void measure();
  bool pause(const Error& why, std::stop_token stop);
  Metrics::Labels labels() const { return {{"destination", destination_.name}}; }
  Metrics::Labels labels_here() const {
    return {{"destination", destination_.name}, {"outbox", options_.outbox}};
  }

  const ResultDestination destination_;
  Journal& journal_;
  JournalFolder& folder_;
  const ResultDeliveryOptions options_;
  const ResultDeliveryPorts ports_;
  std::deque<Pending> pending_;  ///< Read, and not passed yet.
  JournalPosition read_to_;
  int failures_ = 0;         ///< Of tries one after the other in which nothing was taken.
  bool is_failing_ = false;  ///< As it was told last.
};

}  // namespace cordon
