#pragma once

#include <cstddef>
#include <span>
#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"
#include "core/agent_report.h"
#include "core/page.h"

namespace cordon {

/// The newest report of each agent, which its id names together with account and region.
///
/// Threads: any. Errors of every method: as FindingStore.
class AgentReportStore {
 public:
  virtual ~AgentReportStore() = default;

  /// Keeps all of them or none, each unless one of its agent is known that was reported later. They
  /// come in any order, and as often as they like.
  virtual Result<void> keep_reports(std::span<const AgentReport> reports, Deadline deadline,
                                    std::stop_token stop) = 0;
  /// Those reported at `since` or later, in the order in which their agents became known.
  virtual Result<Page<AgentReport>> agent_reports(SystemTime since, const PageRequest& page,
                                                  Deadline deadline, std::stop_token stop) = 0;
  /// Forgets agents whose newest report was made before `time`; returns how many.
  virtual Result<std::size_t> forget_agents_before(SystemTime time, Deadline deadline,
                                                   std::stop_token stop) = 0;
};

}  // namespace cordon
