#include "operations/console_sink.h"

#include <algorithm>
#include <utility>

#include "operations/filtered_sink.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kAskAgain{1};

bool is_wanted(ConsoleResults wanted, const ScanResult& result) {
  switch (wanted) {
    case ConsoleResults::all:
      return true;
    case ConsoleResults::problems:
      return result.verdict.disposition != Disposition::clean;
  }
  return true;
}

}  // namespace

ConsoleSink::ConsoleSink(Ports ports) : ports_(std::move(ports)) {
  ports_.metrics.describe("cordon_results_without_queue_total",
                          "Results for a console in a deployment that has no results queue");
}

ResultOutcomes ConsoleSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                    std::stop_token stop) {
  const ConsoleResults now = ports_.settings();
  const auto wanted = [now](const ScanResult& result) { return is_wanted(now, result); };
  const auto count = std::count_if(results.begin(), results.end(), wanted);
  if (count == 0) return ResultOutcomes(results.size());
  const Result<SinkPtr> found = queue(deadline, stop);
  if (!found) return ResultOutcomes(results.size(), found.error());
  if (*found == nullptr) {
    ports_.metrics.count("cordon_results_without_queue_total", {}, static_cast<double>(count));
    return ResultOutcomes(results.size());
  }
  ResultOutcomes outcomes = publish_wanted(**found, results, wanted, deadline, std::move(stop));
  const bool is_gone = std::any_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return !outcome && outcome.error().code == Errc::not_found;
  });
  if (is_gone) forget(*found);
  return outcomes;
}

Result<ConsoleSink::SinkPtr> ConsoleSink::queue(Deadline deadline, std::stop_token stop) {
  {
    std::lock_guard lock(mutex_);
    if (known_ != nullptr) return known_;
    if (asked_ && ports_.clock.steady_now() - *asked_ < kAskAgain) return SinkPtr();
  }
  Result<std::unique_ptr<ResultSink>> found = ports_.queue(deadline, std::move(stop));
  std::lock_guard lock(mutex_);
  if (found) {
    known_ = *std::move(found);
    asked_.reset();
    is_told_ = false;
    return known_;
  }
  if (found.error().code != Errc::not_found) return std::move(found).error();
  asked_ = ports_.clock.steady_now();
  if (!std::exchange(is_told_, true)) tell_missing(found.error());
  return SinkPtr();
}

void ConsoleSink::forget(const SinkPtr& gone) {
  std::lock_guard lock(mutex_);
  if (known_ == gone) known_.reset();
}

void ConsoleSink::tell_missing(const Error& why) {
  ports_.log.warn("results.no_queue",
                  {{"error", why},
                   {"meaning",
                    "no console is told of problems; cordon bucket protect BUCKET makes "
                    "the queue"}});
}

}  // namespace cordon
