#pragma once

#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/result_sink.h"
#include "results/outbox.h"

namespace cordon {

/// Publishes to several sinks, one after the other; a result counts as delivered when all took it.
/// The sinks outlive it.
class AllSinks final : public ResultSink {
 public:
  explicit AllSinks(std::vector<ResultSink*> sinks) : sinks_(std::move(sinks)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  const std::vector<ResultSink*> sinks_;
};

/// Where slots put their results: into the outbox, or, when that takes none, directly to where they
/// are to go. So a message is acknowledged when its result is durable, whatever the disk does, and
/// a full outbox slows the slots down to what the destinations take. Everything outlives it.
class DurableSink final : public ResultSink {
 public:
  DurableSink(Outbox& outbox, ResultSink& direct, Log& log, Metrics& metrics);

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  Result<void> publish_one_of(const ScanResult& result, Deadline deadline, std::stop_token stop);
  void tell(const Result<void>& kept);

  Outbox& outbox_;
  ResultSink& direct_;
  Log& log_;
  Metrics& metrics_;
  Guarded<bool> is_refusing_{false};  ///< As it was told last.
};

}  // namespace cordon
