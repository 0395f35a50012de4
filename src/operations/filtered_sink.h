#pragma once

#include <functional>

#include "core/ports/result_sink.h"

namespace cordon {

/// Says which results somebody wants.
using ResultFilter = std::function<bool(const ScanResult&)>;

/// Publishes those of the batch that are wanted; the others count as delivered.
ResultOutcomes publish_wanted(ResultSink& sink, std::span<const ScanResult> results,
                              const ResultFilter& wanted, Deadline deadline, std::stop_token stop);

/// Passes on the results that are wanted at the moment, by the settings for example. `inner`
/// outlives it.
class FilteredSink final : public ResultSink {
 public:
  FilteredSink(ResultSink& inner, ResultFilter wanted)
      : inner_(inner), wanted_(std::move(wanted)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override {
    return publish_wanted(inner_, results, wanted_, deadline, std::move(stop));
  }

 private:
  ResultSink& inner_;
  const ResultFilter wanted_;
};

}  // namespace cordon
