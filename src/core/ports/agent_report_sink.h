#pragma once

#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"
#include "core/agent_report.h"

namespace cordon {

/// Where agents say how they are.
class AgentReportSink {
 public:
  virtual ~AgentReportSink() = default;

  /// Returns once the report is durable there. Tries once: the next one says more.
  ///
  /// Threads: any. Blocks: until durable, `deadline` or a stop request.
  /// Errors: cancelled, timeout, unavailable, throttled, denied, not_found, invalid.
  virtual Result<void> send(const AgentReport& report, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
