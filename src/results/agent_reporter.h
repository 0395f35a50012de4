#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/agent_report.h"
#include "core/ports/agent_report_sink.h"
#include "core/verdict.h"

namespace cordon {

/// What of an agent does not change while it runs.
struct AgentIdentity {
  std::string agent;
  std::string deployment;
  AccountId account;
  Region region;
  std::string version;  ///< Of the program.
  std::uint64_t workers = 0;
};

/// Says every 30 s how the agent is: what it is, and what its metrics say. A report that cannot be
/// sent is not kept, for the next one says more; that none can be sent is told once.
///
/// Threads: one. Everything given outlives it.
class AgentReporter {
 public:
  struct Ports {
    /// Where reports go. Errors: not_found where nobody asks for them.
    std::function<Result<std::unique_ptr<AgentReportSink>>(Deadline, std::stop_token)> sink;
    /// None: the engine is not ready.
    std::function<std::optional<EngineVersion>()> engine;
    std::function<std::uint64_t()> outbox_results;
    const Clock& clock;
    Log& log;
    const Metrics& metrics;
  };

  AgentReporter(AgentIdentity identity, Ports ports);

  /// Blocks until a stop is requested.
  void run(std::stop_token stop);

  /// As things are now.
  AgentReport report();

 private:
  struct Sample {
    SteadyTime at;
    AgentReport::Counts counts;
  };

  void send(std::stop_token stop);
  Result<void> try_to_send(const AgentReport& report, Deadline deadline, std::stop_token stop);
  void read_counts(AgentReport& report) const;
  AgentReport::Counts last_minute(const AgentReport::Counts& now);

  const AgentIdentity identity_;
  const Ports ports_;
  const SystemTime started_at_;
  std::unique_ptr<AgentReportSink> sink_;
  std::deque<Sample> samples_;  ///< Of the last minute, oldest first.
  bool is_failing_ = false;     ///< As it was told last.
};

}  // namespace cordon
