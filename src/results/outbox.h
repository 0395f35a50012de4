#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/scan_result.h"
#include "journal/journal.h"
#include "results/result_delivery.h"

namespace cordon {

/// How much an `Outbox` keeps, and how it delivers.
struct OutboxOptions {
  std::uint64_t bytes_max = 1U << 30U;
  std::uint64_t file_bytes_max = 8U << 20U;
  ResultDeliveryOptions delivery = {};
};

/// Results on their way: durable on this machine's disk when `keep` returns, and delivered from
/// there to each destination by a thread of its own, so that none waits for another and no slot for
/// any. What is left at the end is delivered by whoever opens the folder next.
///
/// Threads: any. The folder, the sinks and `ports` outlive it.
class Outbox {
 public:
  /// Starts to deliver at once. Errors: those of the folder.
  static Result<std::unique_ptr<Outbox>> open(JournalFolder& folder, const OutboxOptions& options,
                                              std::vector<ResultDestination> destinations,
                                              const ResultDeliveryPorts& ports);
  /// Ends what is under way; what was not delivered stays on disk.
  ~Outbox();

  /// Blocks and errors: those of Journal::append; also invalid when the result could not be read
  /// back.
  Result<void> keep(const ScanResult& result, Deadline deadline, std::stop_token stop);

  /// Blocks until everything is delivered or until `deadline`; delivers no more afterwards. Nothing
  /// may be kept any more.
  void finish(Deadline deadline);

  /// Results that the destination which is furthest behind has not taken yet.
  std::uint64_t depth() const;

 private:
  Outbox(std::unique_ptr<Journal> journal, JournalFolder& folder, const OutboxOptions& options,
         std::vector<ResultDestination> destinations, const ResultDeliveryPorts& ports);
  void join();

  const ResultDeliveryPorts ports_;
  const std::vector<ResultDestination> destinations_;
  const std::unique_ptr<Journal> journal_;
  std::vector<std::unique_ptr<ResultDelivery>> deliveries_;
  std::stop_source ending_;
  std::stop_source stop_;
  std::vector<std::jthread> threads_;
};

}  // namespace cordon
