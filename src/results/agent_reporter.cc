#include "results/agent_reporter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/sealing.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kInterval{30};
constexpr std::chrono::seconds kSendLimit{20};
constexpr std::chrono::minutes kRateOver{1};
constexpr std::array kDispositions{
    Disposition::clean,      Disposition::infected,    Disposition::infected_allowed,
    Disposition::suspicious, Disposition::unscannable, Disposition::error};

constexpr std::array kForged{SealState::unsealed, SealState::unknown_key, SealState::broken};

std::uint64_t whole(double value) {
  return value > 0 ? static_cast<std::uint64_t>(value) : std::uint64_t{0};
}

}  // namespace

AgentReporter::AgentReporter(AgentIdentity identity, Ports ports)
    : identity_(std::move(identity)),
      ports_(std::move(ports)),
      started_at_(ports_.clock.system_now()) {}

void AgentReporter::run(std::stop_token stop) {
  do {
    send(stop);
  } while (ports_.clock.wait_for(kInterval, stop));
}

void AgentReporter::send(std::stop_token stop) {
  const Deadline deadline = Deadline::after(ports_.clock, kSendLimit);
  const Result<void> sent = try_to_send(report(), deadline, std::move(stop));
  if (!sent && sent.error().code == Errc::cancelled) return;
  if (!sent && sent.error().code == Errc::not_found) sink_.reset();
  if (sent.ok() != is_failing_) return;
  is_failing_ = !sent;
  if (sent) {
    ports_.log.info("agent.reports_again");
  } else {
    ports_.log.warn("agent.not_reported", {{"error", sent.error()},
                                           {"meaning",
                                            "a console does not see this agent; its "
                                            "work goes on"}});
  }
}

Result<void> AgentReporter::try_to_send(const AgentReport& report, Deadline deadline,
                                        std::stop_token stop) {
  if (sink_ == nullptr) {
    CORDON_TRY(sink_, ports_.sink(deadline, stop));
  }
  return sink_->send(report, deadline, std::move(stop));
}

AgentReport AgentReporter::report() {
  const Metrics& metrics = ports_.metrics;
  AgentReport report{.agent = identity_.agent,
                     .deployment = identity_.deployment,
                     .account = identity_.account,
                     .region = identity_.region,
                     .started_at = started_at_,
                     .reported_at = ports_.clock.system_now(),
                     .version = identity_.version};
  if (const std::optional<EngineVersion> engine = ports_.engine()) {
    report.engine = engine->engine;
    report.signatures = engine->signatures;
    report.signature_count = whole(metrics.value("cordon_signatures_loaded"));
    report.signature_age_seconds = whole(metrics.value("cordon_signatures_age_seconds"));
  }
  report.are_signatures_refused = metrics.value("cordon_signatures_refused") > 0;
  report.is_sandbox_weak = metrics.value("cordon_sandbox_weak") > 0;
  report.slots = whole(metrics.value("cordon_slots"));
  report.slots_busy = whole(metrics.value("cordon_slots_busy"));
  report.workers = identity_.workers;
  read_counts(report);
  AgentReport::Counts all;
  for (const auto& [disposition, counts] : report.verdicts) {
    all.objects += counts.objects;
    all.bytes += counts.bytes;
  }
  report.last_minute = last_minute(all);
  report.queue_age_millis = whole(1000 * metrics.value("cordon_queue_age_seconds"));
  report.outbox_results = ports_.outbox_results();
  return report;
}

void AgentReporter::read_counts(AgentReport& report) const {
  for (const Disposition disposition : kDispositions) {
    const Metrics::Labels labels{{"verdict", std::string(name_of(disposition))}};
    const AgentReport::Counts counts{
        .objects = whole(ports_.metrics.value("cordon_objects_scanned_total", labels)),
        .bytes = whole(ports_.metrics.value("cordon_bytes_scanned_total", labels))};
    if (counts.objects > 0) report.verdicts.emplace(disposition, counts);
  }
  report.skipped = whole(ports_.metrics.value("cordon_objects_skipped_total"));
  for (const SealState state : kForged) {
    const Metrics::Labels labels{{"kind", std::string(name_of(state))}};
    report.forged_tags += whole(ports_.metrics.value("cordon_forged_tags_total", labels));
  }
}

AgentReport::Counts AgentReporter::last_minute(const AgentReport::Counts& now) {
  const SteadyTime at = ports_.clock.steady_now();
  samples_.push_back({at, now});
  // The oldest one that is kept is at least a minute old, as soon as there is any.
  while (samples_.size() > 1 && at - samples_[1].at >= kRateOver) samples_.pop_front();
  const AgentReport::Counts& then = samples_.front().counts;
  return {.objects = now.objects - then.objects, .bytes = now.bytes - then.bytes};
}

}  // namespace cordon
