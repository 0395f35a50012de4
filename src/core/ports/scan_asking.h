#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/retry.h"
#include "core/ports/scan_request_queue.h"

namespace cordon {

/// What asking for scans needs. All of it outlives the call.
struct AskingPorts {
  ScanRequestQueue& queue;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// Asks for the scan of 1 to 10 objects. What may pass later is tried again, and nothing else is
/// sent twice. What the queue will never take is told of (`sweep.request_refused`) and counted
/// (`cordon_scan_requests_refused_total`), and returned by its places in `requests`, in order: it
/// keeps none of the others back.
///
/// Threads: any. Errors: those of the queue but `invalid` for a single request.
Result<std::vector<std::size_t>> ask_for_scans(const AskingPorts& ports,
                                               const std::vector<ObjectEvent>& requests,
                                               const RetryContext& context);

}  // namespace cordon
