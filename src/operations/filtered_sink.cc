#include "operations/filtered_sink.h"

#include <utility>
#include <vector>

namespace cordon {

ResultOutcomes publish_wanted(ResultSink& sink, std::span<const ScanResult> results,
                              const ResultFilter& wanted, Deadline deadline, std::stop_token stop) {
  std::vector<ScanResult> chosen;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!wanted(results[i])) continue;
    chosen.push_back(results[i]);
    places.push_back(i);
  }
  ResultOutcomes outcomes(results.size());
  if (chosen.empty()) return outcomes;
  ResultOutcomes published = sink.publish(chosen, deadline, std::move(stop));
  for (std::size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = std::move(published[i]);
  return outcomes;
}

}  // namespace cordon
