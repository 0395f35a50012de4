#include "core/ports/scan_asking.h"

#include <algorithm>
#include <optional>

namespace cordon {
namespace {

constexpr std::chrono::seconds kRequestLimit{30};

/// What is not settled yet, by its place among all, and what never will be.
struct Asking {
  std::vector<std::size_t> pending;
  std::vector<std::size_t> refused;
};

// The error of what may pass later; the pending ones are then only those.
Result<void> settle(const AskingPorts& ports, const std::vector<ObjectEvent>& requests,
                    const std::vector<RefusedRequest>& answers, Asking& asking) {
  std::vector<std::size_t> again;
  Result<void> outcome;
  for (const RefusedRequest& one : answers) {
    const std::size_t place = asking.pending.at(one.index);
    if (one.why.code != Errc::invalid) {
      again.push_back(place);
      outcome = one.why;
      continue;
    }
    asking.refused.push_back(place);
    ports.metrics.count("cordon_scan_requests_refused_total");
    ports.log.write_limited(LogLevel::warn, "sweep.request_refused",
                            {{"object", to_string(requests[place].object)}, {"error", one.why}});
  }
  asking.pending = std::move(again);
  return outcome;
}

}  // namespace

Result<std::vector<std::size_t>> ask_for_scans(const AskingPorts& ports,
                                               const std::vector<ObjectEvent>& requests,
                                               const RetryContext& context) {
  Asking asking;
  for (std::size_t i = 0; i < requests.size(); ++i) asking.pending.push_back(i);
  // Repeated for single requests that were refused for now; what a call as a whole ran into, the
  // queue has repeated itself.
  std::optional<Error> failed;
  CORDON_TRY(retry(context, [&](int) -> Result<void> {
    std::vector<ObjectEvent> batch;
    for (const std::size_t place : asking.pending) batch.push_back(requests[place]);
    const Result<std::vector<RefusedRequest>> answers =
        ports.queue.send(batch, Deadline::after(ports.clock, kRequestLimit), context.stop);
    if (answers) return settle(ports, requests, *answers, asking);
    failed = answers.error();
    return {};
  }));
  if (failed) return *failed;
  std::sort(asking.refused.begin(), asking.refused.end());
  return asking.refused;
}

}  // namespace cordon
