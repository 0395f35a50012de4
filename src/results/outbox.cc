#include "results/outbox.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "core/result_document.h"
#include "core/scan_result_decoding.h"

namespace cordon {
namespace {

constexpr std::size_t kThreadNameMax = 15;  // The kernel's.
constexpr std::size_t kResultBytesMax = 512U << 10U;

void describe(Metrics& metrics) {
  metrics.describe("cordon_outbox_results", "Results that a destination has not taken yet");
  metrics.describe("cordon_outbox_oldest_seconds",
                   "Age of the oldest result that a destination has not taken yet");
  metrics.describe("cordon_outbox_bytes", "Bytes of results on this machine's disk");
  metrics.describe("cordon_outbox_damaged_parts", "Parts of the outbox that the disk damaged");
  metrics.describe("cordon_results_delivered_total", "Results that are done with at a destination");
  metrics.describe("cordon_results_failed_total",
                   "Tries in which a destination did not take a result for now");
  metrics.describe("cordon_results_refused_total", "Results that a destination refused for good");
}

std::vector<std::string> names_of(const std::vector<ResultDestination>& destinations) {
  std::vector<std::string> names;
  for (const ResultDestination& destination : destinations) names.push_back(destination.name);
  return names;
}

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::open(JournalFolder& folder, const OutboxOptions& options,
                                             std::vector<ResultDestination> destinations,
                                             const ResultDeliveryPorts& ports) {
  CORDON_TRY(std::unique_ptr<Journal> journal,
             Journal::open(folder,
                           {.name = "outbox",
                            .readers = names_of(destinations),
                            .bytes_max = options.bytes_max,
                            .file_bytes_max = options.file_bytes_max},
                           ports.log));
  return std::unique_ptr<Outbox>(
      new Outbox(std::move(journal), folder, options, std::move(destinations), ports));
}

Outbox::Outbox(std::unique_ptr<Journal> journal, JournalFolder& folder,
               const OutboxOptions& options, std::vector<ResultDestination> destinations,
               const ResultDeliveryPorts& ports)
    : ports_(ports), destinations_(std::move(destinations)), journal_(std::move(journal)) {
  describe(ports_.metrics);
  if (const std::uint64_t left = depth(); left > 0) {
    ports_.log.info("outbox.left_behind", {{"results", left}, {"bytes", journal_->bytes()}});
  }
  for (const ResultDestination& destination : destinations_) {
    deliveries_.push_back(
        std::make_unique<ResultDelivery>(destination, *journal_, folder, options.delivery, ports_));
  }
  for (std::size_t i = 0; i < deliveries_.size(); ++i) {
    const std::string name = ("to-" + destinations_[i].name).substr(0, kThreadNameMax);
    threads_.emplace_back([this, name, delivery = deliveries_[i].get()] {
      ::pthread_setname_np(::pthread_self(), name.c_str());
      delivery->run(stop_.get_token(), ending_.get_token());
    });
  }
}

Outbox::~Outbox() {
  stop_.request_stop();
  join();
}

Result<void> Outbox::keep(const ScanResult& result, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::string line, result_line(result, kResultBytesMax, LineText::utf8));
  // Nobody could deliver it. Whoever asks delivers it himself.
  if (const Result<ScanResult> back = decode_scan_result(line); !back) {
    return with_context(back.error(), "the result cannot be read back");
  }
  CORDON_TRY(journal_->append(line, deadline, std::move(stop)));
  return {};
}

void Outbox::finish(Deadline deadline) {
  ending_.request_stop();
  {
    std::jthread timer([&](std::stop_token done) {
      const auto left = deadline.left(ports_.clock);
      if (ports_.clock.wait_for(left, std::move(done))) stop_.request_stop();
    });
    join();
  }
  journal_->tidy();
  if (const std::uint64_t left = depth(); left > 0) {
    ports_.log.warn("outbox.kept", {{"results", left},
                                    {"meaning",
                                     "they are delivered at the next start from this "
                                     "disk"}});
  }
}

std::uint64_t Outbox::depth() const {
  std::uint64_t most = 0;
  for (const ResultDestination& destination : destinations_) {
    most = std::max(most, journal_->depth(destination.name));
  }
  return most;
}

void Outbox::join() { threads_.clear(); }

}  // namespace cordon
