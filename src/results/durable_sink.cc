#include "results/durable_sink.h"

#include <utility>

namespace cordon {

ResultOutcomes AllSinks::publish(std::span<const ScanResult> results, Deadline deadline,
                                 std::stop_token stop) {
  ResultOutcomes outcomes(results.size());
  for (ResultSink* const sink : sinks_) {
    ResultOutcomes of_sink = sink->publish(results, deadline, stop);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (outcomes[i]) outcomes[i] = std::move(of_sink[i]);
    }
  }
  return outcomes;
}

DurableSink::DurableSink(Outbox& outbox, ResultSink& direct, Log& log, Metrics& metrics)
    : outbox_(outbox), direct_(direct), log_(log), metrics_(metrics) {
  metrics_.describe("cordon_results_direct_total",
                    "Results that the outbox did not take, delivered before their messages were "
                    "acknowledged");
}

ResultOutcomes DurableSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                    std::stop_token stop) {
  ResultOutcomes outcomes;
  for (const ScanResult& result : results) {
    outcomes.push_back(publish_one_of(result, deadline, stop));
  }
  return outcomes;
}

Result<void> DurableSink::publish_one_of(const ScanResult& result, Deadline deadline,
                                         std::stop_token stop) {
  const Result<void> kept = outbox_.keep(result, deadline, stop);
  if (!kept && kept.error().code == Errc::cancelled) return kept;
  tell(kept);
  if (kept) return {};
  metrics_.count("cordon_results_direct_total");
  return publish_one(direct_, result, deadline, std::move(stop));
}

// Once for each change.
void DurableSink::tell(const Result<void>& kept) {
  const bool is_change = is_refusing_.with(
      [&](bool& refusing) { return std::exchange(refusing, !kept) == kept.ok(); });
  if (!is_change) return;
  if (kept) {
    log_.info("outbox.takes_again");
    return;
  }
  log_.error("outbox.takes_nothing",
             {{"error", kept.error()},
              {"meaning",
               "results are delivered before their messages are acknowledged, as slowly "
               "as that goes"}});
}

}  // namespace cordon
