#include "agent/sweep_slots.h"

#include <pthread.h>

#include <algorithm>

namespace cordon {
namespace {

constexpr std::chrono::seconds kReceiveMargin{30};
constexpr std::chrono::seconds kPause{10};  // After a failure: nobody waits for a sweep.

}  // namespace

SweepSlots::SweepSlots(SweepSlotsOptions options, MessageHandlerOptions message_handler,
                       EventQueue& queue, Pipeline& pipeline, AwaitCalm calm, const Clock& clock,
                       Random& random, Log& log, Metrics& metrics, StepObserver& observer)
    : options_(options),
      queue_(queue),
      calm_(std::move(calm)),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      claims_(queue, options_.visibility, clock, random, log, metrics),
      message_handler_(message_handler, MessageHandlerPorts{queue, pipeline, claims_, clock, random,
                                                            log, metrics, observer}) {
  metrics_.describe("cordon_sweep_messages_total", "Scan requests of sweeps that were taken");
}

void SweepSlots::start(std::stop_token stop, std::stop_token work_stop) {
  outer_stop_.emplace(std::move(stop), [this] { intake_stop_.request_stop(); });
  const std::stop_token intake = intake_stop_.get_token();
  for (int number = 0; number < std::max(1, options_.slots); ++number) {
    threads_.emplace_back([this, number, intake, work_stop] { work(number, intake, work_stop); });
  }
}

void SweepSlots::join() {
  intake_stop_.request_stop();
  threads_.clear();
}

void SweepSlots::work(int number, const std::stop_token& stop, const std::stop_token& work_stop) {
  ::pthread_setname_np(::pthread_self(), ("sweep-" + std::to_string(number)).c_str());
  while (!stop.stop_requested()) {
    if (!calm_(stop)) return;
    if (!carry_one(stop, work_stop)) clock_.wait_for(kPause, stop);
  }
}

bool SweepSlots::carry_one(const std::stop_token& stop, const std::stop_token& work_stop) {
  const Deadline limit = Deadline::after(clock_, options_.receive_wait + kReceiveMargin);
  const Result<std::vector<Claim>> claims = queue_.receive(1, options_.receive_wait, limit, stop);
  if (!claims) {
    if (claims.error().code == Errc::cancelled) return true;
    metrics_.count("cordon_sweep_receive_failures_total",
                   {{"cause", std::string(name_of(claims.error().code))}});
    log_.warn("sweep.not_received", {{"error", claims.error()}});
    return false;
  }
  if (claims->empty()) return true;
  metrics_.count("cordon_sweep_messages_total");
  const Claim& claim = claims->front();
  if (stop.stop_requested()) {
    message_handler_.give_back(claim);
    return true;
  }
  switch (message_handler_.deliver(claim, clock_.steady_now(), work_stop)) {
    case Settled::acknowledged:
    case Settled::dead_lettered:
    case Settled::postponed:
    case Settled::given_back:
      return true;
    case Settled::retried:  // Something is away; every receive costs the message one of its few.
    case Settled::lost:
    case Settled::abandoned:
      return false;
  }
  return false;
}

}  // namespace cordon
