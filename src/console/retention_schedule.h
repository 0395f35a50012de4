#pragma once

#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/agent_report_store.h"
#include "core/ports/finding_store.h"
#include "core/ports/session_store.h"

namespace cordon {

/// Results are kept at least so long: longer than any queue keeps a message. One that came again
/// after it was forgotten would count twice in the sums.
inline constexpr std::chrono::hours kKeptLeast{24 * 30};

/// An agent that has not reported for so long is forgotten: where they come and go with the load,
/// none of them is ever told of as missed for good.
inline constexpr std::chrono::hours kAgentsKept{24 * 7};

/// Forgets results that are older than `keep`, agents, and sessions that are over, once an hour;
/// results in pieces, so that new ones need not wait. Blocks until the stop request. What is given
/// by reference outlives the call.
void forget_on_schedule(FindingStore& store, AgentReportStore& agents, SessionStore& sessions,
                        std::chrono::hours keep, const Clock& clock, Log& log, Metrics& metrics,
                        std::stop_token stop);

}  // namespace cordon
