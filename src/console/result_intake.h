#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "core/ports/agent_report_store.h"
#include "core/ports/event_queue.h"
#include "core/ports/finding_store.h"

namespace cordon {

/// How results are taken in.
struct IntakeOptions {
  std::size_t batch_results = 500;           ///< At most 1,000.
  std::size_t batch_bytes = 16U << 20U;      ///< Of messages; one more may be on top.
  std::chrono::milliseconds batch_time{50};  ///< From the first result of a batch on.
  std::chrono::seconds visibility{120};      ///< Of the queue.
};

/// What an intake works with; all of it outlives it.
struct IntakePorts {
  EventQueue& queue;
  FindingStore& store;
  AgentReportStore& agents;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
};

/// Whether results come in. `detail` is for people.
struct IntakeHealth {
  bool is_ready = true;
  std::string detail;
};

/// Takes results, and what agents say of themselves, from their queue into the store. A message is
/// deleted once what it says is committed; what is neither goes to the dead letters with the
/// reason. While the store does not take them the batch is kept, its claims are extended, and
/// nothing more is received: an outage of any length loses nothing and sends nothing to the dead
/// letters.
class ResultIntake {
 public:
  ResultIntake(IntakeOptions options, IntakePorts ports) : options_(options), ports_(ports) {}

  /// Blocks until the stop request; then gives back what is not committed. Threads: any number may
  /// run it at once, which makes up for the time that acknowledging takes.
  void run(std::stop_token stop);

  IntakeHealth health() const;

 private:
  struct Batch {
    std::vector<Claim> claims;  ///< Of all that follows.
    std::vector<ScanResult> results;
    std::vector<AgentReport> reports;
    std::size_t bytes = 0;
    SteadyTime begun;
  };
  struct Trouble {
    std::optional<Error> store, queue;
  };

  bool is_full(const Batch& batch) const;
  Batch collect(const std::stop_token& stop);
  Result<std::vector<Claim>> receive(std::chrono::seconds wait, const std::stop_token& stop);
  void await_no_receives();
  void sort_in(Claim claim, Batch& batch, const std::stop_token& stop);
  void sort_in_report(Claim claim, Batch& batch, const std::stop_token& stop);
  void set_aside(const Claim& claim, const Error& why, const std::stop_token& stop);
  bool commit(Batch& batch, const std::stop_token& stop);
  Result<TakenResults> write(const Batch& batch, const std::stop_token& stop);
  void keep(const Batch& batch, std::chrono::seconds visibility, const std::stop_token& stop);
  void acknowledge(const Batch& batch);
  void note_queue(const Result<std::vector<Claim>>& received);
  void note_store(const Result<TakenResults>& taken);
  void pause(Errc cause, int attempt, const std::stop_token& stop);
  Deadline soon(std::chrono::seconds most) const { return Deadline::after(ports_.clock, most); }

  const IntakeOptions options_;
  const IntakePorts ports_;
  Guarded<Trouble> trouble_;
  std::mutex mutex_;
  std::condition_variable received_;
  int receiving_ = 0;  ///< Threads that wait for messages.
};

}  // namespace cordon
