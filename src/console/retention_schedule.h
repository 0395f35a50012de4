#pragma once

#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/finding_store.h"

namespace cordon {

/// Results are kept at least so long: longer than any queue keeps a message. One that came again
/// after it was forgotten would count twice in the sums.
inline constexpr std::chrono::hours kKeptLeast{24 * 30};

/// Forgets results that are older than `keep`, once an hour, in pieces, so that new ones need not
/// wait. Blocks until the stop request. What is given by reference outlives the call.
void forget_on_schedule(FindingStore& store, std::chrono::hours keep, const Clock& clock, Log& log,
                        Metrics& metrics, std::stop_token stop);

}  // namespace cordon
