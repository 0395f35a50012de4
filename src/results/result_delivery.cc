#include "results/result_delivery.h"

#include <algorithm>
#include <utility>

#include "core/scan_result_decoding.h"

namespace cordon {
namespace {

// Of refused results that are kept for people; beyond that they are told and counted only.
constexpr std::uint64_t kRefusedBytesMax = 16U << 20U;

}  // namespace

ResultDelivery::ResultDelivery(ResultDestination destination, Journal& journal,
                               JournalFolder& folder, const ResultDeliveryOptions& options,
                               const ResultDeliveryPorts& ports)
    : destination_(std::move(destination)),
      journal_(journal),
      folder_(folder),
      options_(options),
      ports_(ports),
      read_to_(journal.position(destination_.name)) {
  measure();
}

void ResultDelivery::run(std::stop_token stop, std::stop_token ending) {
  while (!stop.stop_requested() && turn(stop, ending)) {
  }
  measure();
}

// False: there is nothing to do any more, or a stop was requested.
bool ResultDelivery::turn(std::stop_token stop, std::stop_token ending) {
  if (const Result<void> filled = fill(); !filled) {
    ++failures_;
    tell(filled);
    return pause(filled.error(), std::move(stop));
  }
  if (pending_.empty()) {
    measure();
    return journal_.await(read_to_, std::move(stop), std::move(ending));
  }
  measure();
  const Result<void> published = publish(stop);
  measure();
  if (!published && published.error().code == Errc::cancelled) return false;
  tell(published);
  return published || pause(published.error(), std::move(stop));
}

Result<void> ResultDelivery::fill() {
  if (pending_.size() >= options_.batch_results_max) return {};
  CORDON_TRY(const JournalPage page,
             journal_.read(read_to_, options_.batch_results_max - pending_.size(),
                           options_.batch_bytes_max));
  for (const JournalRecord& record : page.records) take(record);
  read_to_ = page.next;
  pass_done();
  return {};
}

void ResultDelivery::take(const JournalRecord& record) {
  Result<ScanResult> result = decode_scan_result(record.payload);
  if (result) {
    pending_.push_back({*std::move(result), record.end});
    return;
  }
  // Only what can be read back is ever appended: another version of the program wrote it.
  set_aside(record.payload, result.error());
  pending_.push_back({{}, record.end, true});
}

// One try of everything that is pending. An error: what is not taken for now, unless others were.
Result<void> ResultDelivery::publish(std::stop_token stop) {
  std::vector<ScanResult> batch;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].is_done) continue;
    batch.push_back(pending_[i].result);
    places.push_back(i);
  }
  if (batch.empty()) return {};
  options_.observer("deliver");
  const ResultOutcomes outcomes = destination_.sink->publish(
      batch, Deadline::after(ports_.clock, options_.call_max), std::move(stop));
  options_.observer("delivered");
  settle(places, outcomes);
  pass_done();
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return !outcome && outcome.error().code != Errc::invalid;
  });
  if (failed == outcomes.end()) {
    failures_ = 0;
    return {};
  }
  const bool is_any_taken = std::any_of(outcomes.begin(), outcomes.end(),
                                        [](const auto& outcome) { return outcome.ok(); });
  failures_ = is_any_taken ? 1 : failures_ + 1;
  return *failed;
}

void ResultDelivery::settle(const std::vector<std::size_t>& places,
                            const ResultOutcomes& outcomes) {
  double delivered = 0;
  double failed = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Pending& pending = pending_[places[i]];
    const Result<void>& outcome = outcomes[i];
    if (outcome) {
      pending.is_done = true;
      ++delivered;
    } else if (outcome.error().code == Errc::invalid) {
      pending.is_done = true;
      set_aside(to_json(pending.result), outcome.error());
    } else {
      ++failed;
    }
  }
  ports_.metrics.count("cordon_results_delivered_total", labels(), delivered);
  ports_.metrics.count("cordon_results_failed_total", labels(), failed);
}

void ResultDelivery::set_aside(std::string_view line, const Error& why) {
  ports_.metrics.count("cordon_results_refused_total", labels());
  const std::string name = destination_.name + ".refused";
  const Result<std::string> beyond = folder_.read(name, kRefusedBytesMax, 1);
  const bool has_room = !beyond || beyond->empty();
  const Result<void> kept = has_room ? folder_.append(name, std::string(line) + "\n")
                                     : Error{Errc::unavailable, name + " is full"};
  ports_.log.write_limited(LogLevel::error, "results.refused",
                           {{"destination", destination_.name},
                            {"why", why},
                            {"kept_in", kept ? name : std::string("nothing")},
                            {"result", line}});
}

void ResultDelivery::pass_done() {
  std::uint64_t records = 0;
  JournalPosition to = read_to_;
  while (!pending_.empty() && pending_.front().is_done) {
    to = pending_.front().end;
    ++records;
    pending_.pop_front();
  }
  if (records > 0) journal_.advance(destination_.name, to, records);
}

// Once for each change.
void ResultDelivery::tell(const Result<void>& outcome) {
  if (outcome.ok() != is_failing_) return;
  is_failing_ = !outcome;
  if (outcome) {
    ports_.log.info("results.delivered_again", {{"destination", destination_.name}});
    return;
  }
  ports_.log.warn("results.not_taken",
                  {{"destination", destination_.name},
                   {"error", outcome.error()},
                   {"meaning", "results stay in the outbox until they are taken"}});
}

void ResultDelivery::measure() {
  const std::uint64_t depth = journal_.depth(destination_.name);
  ports_.metrics.set("cordon_outbox_results", labels_here(), static_cast<double>(depth));
  double seconds = 0;
  if (!pending_.empty()) {
    const auto age = ports_.clock.system_now() - pending_.front().result.scanned_at;
    seconds = std::max(0.0, std::chrono::duration<double>(age).count());
  }
  ports_.metrics.set("cordon_outbox_oldest_seconds", labels_here(), seconds);
  const Metrics::Labels here{{"outbox", options_.outbox}};
  ports_.metrics.set("cordon_outbox_bytes", here, static_cast<double>(journal_.bytes()));
  ports_.metrics.set("cordon_outbox_damaged_parts", here,
                     static_cast<double>(journal_.damaged_parts()));
}

bool ResultDelivery::pause(const Error& why, std::stop_token stop) {
  const auto delay = retry_delay(options_.retry, why.code, std::max(1, failures_), ports_.random);
  return ports_.clock.wait_for(delay, std::move(stop));
}

}  // namespace cordon
