#include "console/result_intake.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/retry.h"
#include "core/dead_letter_reason.h"
#include "core/scan_result_decoding.h"

namespace cordon {
namespace {

constexpr int kMessagesPerReceive = 10;
constexpr std::chrono::seconds kLongPoll{20};
constexpr std::chrono::seconds kCallTime{10};
constexpr std::chrono::seconds kCommitTime{30};  // A quarter of what a claim lasts.
constexpr RetryPolicy kPauses{.base = std::chrono::milliseconds(200)};

// Agents tell of themselves through the same queue. What of it cannot be read is nothing that
// somebody would have to look through the dead letters for: the next one comes in 30 s.
constexpr std::string_view kReportMark = "\"cordon.agent-report/";
// A report of the future would stand for good.
constexpr std::chrono::minutes kClockSkewMax{10};

Result<ScanResult> result_in(const std::string& body) {
  CORDON_TRY(ScanResult result, decode_scan_result(body));
  if (is_storable(result)) return result;
  return Error{Errc::invalid, "a result without an id, or not of an object in a bucket"};
}

bool is_agent_report(std::string_view body) {
  return body.substr(0, 64).find(kReportMark) != std::string_view::npos;
}

}  // namespace

void ResultIntake::run(std::stop_token stop) {
  for (int attempt = 1; !stop.stop_requested();) {
    Batch batch = collect(stop);
    if (!batch.claims.empty() && commit(batch, stop)) acknowledge(batch);
    const std::optional<Error> away =
        trouble_.with([](const Trouble& trouble) { return trouble.queue; });
    if (away) {
      pause(away->code, attempt++, stop);
    } else {
      attempt = 1;
    }
  }
}

bool ResultIntake::is_full(const Batch& batch) const {
  return batch.claims.size() + kMessagesPerReceive > options_.batch_results ||
         batch.bytes >= options_.batch_bytes ||
         ports_.clock.steady_now() - batch.begun >= options_.batch_time;
}

// Waits for the first message, then takes what is there until the batch is full.
ResultIntake::Batch ResultIntake::collect(const std::stop_token& stop) {
  Batch batch;
  while (!stop.stop_requested() && (batch.claims.empty() || !is_full(batch))) {
    const std::chrono::seconds wait = batch.claims.empty() ? kLongPoll : std::chrono::seconds(0);
    Result<std::vector<Claim>> received = receive(wait, stop);
    note_queue(received);
    if (!received || received->empty()) break;
    if (batch.claims.empty()) batch.begun = ports_.clock.steady_now();
    for (Claim& claim : *received) sort_in(std::move(claim), batch, stop);
  }
  return batch;
}

Result<std::vector<Claim>> ResultIntake::receive(std::chrono::seconds wait,
                                                 const std::stop_token& stop) {
  {
    std::lock_guard lock(mutex_);
    ++receiving_;
  }
  Result<std::vector<Claim>> received =
      ports_.queue.receive(kMessagesPerReceive, wait, soon(wait + kCallTime), stop);
  {
    std::lock_guard lock(mutex_);
    --receiving_;
  }
  received_.notify_all();
  return received;
}

// What is given back must not be taken by a receive that is given up at that moment: it would be
// hidden until that claim ends.
void ResultIntake::await_no_receives() {
  std::unique_lock lock(mutex_);
  received_.wait(lock, [this] { return receiving_ == 0; });
}

void ResultIntake::sort_in_report(Claim claim, Batch& batch, const std::stop_token& stop) {
  Result<AgentReport> report = decode_agent_report(claim.body);
  if (report && report->reported_at > ports_.clock.system_now() + kClockSkewMax) {
    report = Error{Errc::invalid, "an agent report of the future"};
  }
  ports_.metrics.count("cordon_console_agent_reports_total",
                       {{"outcome", report ? "kept" : "refused"}});
  if (report) {
    batch.bytes += claim.body.size();
    claim.body.clear();
    batch.claims.push_back(std::move(claim));
    batch.reports.push_back(*std::move(report));
    return;
  }
  ports_.log.write_limited(LogLevel::warn, "console.report_refused",
                           {{"message", claim.message_id}, {"error", report.error()}});
  // Where that fails it comes again.
  static_cast<void>(ports_.queue.acknowledge(claim, soon(kCallTime), stop));
}

void ResultIntake::sort_in(Claim claim, Batch& batch, const std::stop_token& stop) {
  if (is_agent_report(claim.body)) return sort_in_report(std::move(claim), batch, stop);
  Result<ScanResult> result = result_in(claim.body);
  if (!result) return set_aside(claim, result.error(), stop);
  ports_.metrics.set(
      "cordon_console_lag_seconds", {},
      std::chrono::duration<double>(ports_.clock.system_now() - claim.sent_at).count());
  batch.bytes += claim.body.size();
  claim.body.clear();  // The result has it all.
  batch.claims.push_back(std::move(claim));
  batch.results.push_back(*std::move(result));
}

void ResultIntake::set_aside(const Claim& claim, const Error& why, const std::stop_token& stop) {
  ports_.metrics.count("cordon_console_refused_total");
  ports_.log.write_limited(LogLevel::warn, "console.message_refused",
                           {{"message", claim.message_id}, {"error", why}});
  // Where they do not take it, it stays in the queue and comes again.
  const Result<void> done =
      ports_.queue.dead_letter(claim, not_understood_reason(why.what), soon(kCallTime), stop);
  if (!done) {
    ports_.log.write_limited(LogLevel::warn, "console.dead_letter_failed",
                             {{"message", claim.message_id}, {"error", done.error()}});
  }
}

Result<TakenResults> ResultIntake::write(const Batch& batch, const std::stop_token& stop) {
  TakenResults taken;
  if (!batch.results.empty()) {
    CORDON_TRY(taken, ports_.store.add(batch.results, soon(kCommitTime), stop));
  }
  if (!batch.reports.empty()) {
    CORDON_TRY(ports_.agents.keep_reports(batch.reports, soon(kCommitTime), stop));
  }
  return taken;
}

// True once everything is on the disk of the store.
bool ResultIntake::commit(Batch& batch, const std::stop_token& stop) {
  SteadyTime kept = batch.begun;
  for (int attempt = 1;; ++attempt) {
    const Result<TakenResults> taken = write(batch, stop);
    note_store(taken);
    if (taken) return true;
    if (!stop.stop_requested()) pause(taken.error().code, attempt, stop);
    if (stop.stop_requested()) {
      await_no_receives();
      keep(batch, std::chrono::seconds(0), {});
      return false;
    }
    if (ports_.clock.steady_now() - kept >= options_.visibility * 2 / 5) {
      kept = ports_.clock.steady_now();
      keep(batch, options_.visibility, stop);
    }
  }
}

// A claim that is lost is somebody else's now, or comes again: results count once.
void ResultIntake::keep(const Batch& batch, std::chrono::seconds visibility,
                        const std::stop_token& stop) {
  const std::span<const Claim> all(batch.claims);
  for (std::size_t at = 0; at < all.size(); at += kMessagesPerReceive) {
    const auto some = all.subspan(at, std::min<std::size_t>(kMessagesPerReceive, all.size() - at));
    for (const Result<void>& kept :
         ports_.queue.extend_all(some, visibility, soon(kCallTime), stop)) {
      if (!kept && kept.error().code != Errc::changed) return;  // The queue is away, too.
    }
  }
}

// What is committed is acknowledged also after a stop request.
void ResultIntake::acknowledge(const Batch& batch) {
  const Deadline deadline = soon(kCallTime);
  for (const Claim& claim : batch.claims) {
    if (ports_.queue.acknowledge(claim, deadline, {})) continue;
    ports_.metrics.count("cordon_console_acknowledge_failures_total");
  }
}

void ResultIntake::pause(Errc cause, int attempt, const std::stop_token& stop) {
  ports_.clock.wait_for(kPauses.base + retry_delay(kPauses, cause, attempt, ports_.random), stop);
}

void ResultIntake::note_queue(const Result<std::vector<Claim>>& received) {
  const bool is_stopped = !received && received.error().code == Errc::cancelled;
  const bool is_news = trouble_.with([&](Trouble& trouble) {
    const bool was_away = trouble.queue.has_value();
    trouble.queue.reset();
    if (!received && !is_stopped) trouble.queue = received.error();
    return trouble.queue && !was_away;
  });
  if (is_news) ports_.log.error("console.queue_failed", {{"error", received.error()}});
}

void ResultIntake::note_store(const Result<TakenResults>& taken) {
  if (taken) {
    ports_.metrics.count("cordon_console_results_total", {{"outcome", "added"}},
                         static_cast<double>(taken->added));
    ports_.metrics.count("cordon_console_results_total", {{"outcome", "known"}},
                         static_cast<double>(taken->known));
  } else if (taken.error().code != Errc::cancelled) {
    ports_.metrics.count("cordon_console_store_failures_total");
  }
  const bool is_stopped = !taken && taken.error().code == Errc::cancelled;
  const bool is_news = trouble_.with([&](Trouble& trouble) {
    const bool had = trouble.store.has_value();
    if (taken) trouble.store.reset();
    if (!taken && !is_stopped) trouble.store = taken.error();
    return trouble.store.has_value() != had;
  });
  if (!is_news) return;
  if (taken) {
    ports_.log.info("console.store_is_back");
  } else {
    ports_.log.error("console.store_failed", {{"error", taken.error()}});
  }
}

IntakeHealth ResultIntake::health() const {
  return trouble_.with([](const Trouble& trouble) -> IntakeHealth {
    if (trouble.store) return {false, "the database takes nothing: " + trouble.store->what};
    if (trouble.queue) return {false, "the results queue gives nothing: " + trouble.queue->what};
    return {true, "results come in"};
  });
}

}  // namespace cordon
