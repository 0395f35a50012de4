#pragma once

#include <functional>

#include "core/ports/result_sink.h"

namespace cordon {

/// Passes on the results that are wanted at the moment, by the settings for example. `inner`
/// outlives it.
class FilteredSink final : public ResultSink {
 public:
  FilteredSink(ResultSink& inner, std::function<bool(const ScanResult&)> wanted)
      : inner_(inner), wanted_(std::move(wanted)) {}

  Result<void> publish(const ScanResult& result, Deadline deadline, std::stop_token stop) override {
    if (!wanted_(result)) return {};
    return inner_.publish(result, deadline, std::move(stop));
  }

 private:
  ResultSink& inner_;
  const std::function<bool(const ScanResult&)> wanted_;
};

}  // namespace cordon
