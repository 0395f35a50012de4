#include "agent/agent.h"

#include <pthread.h>

#include <algorithm>

namespace cordon {
namespace {

constexpr int kReceiveMax = 10;
constexpr std::chrono::seconds kReceiveMargin{30};
constexpr std::chrono::seconds kEnginePause{1};

// Whoever may publish to the topic may say that there is an object, and no more.
MessageHandlerOptions for_events(MessageHandlerOptions options) {
  options.decode.takes_scan_requests = false;
  return options;
}

MessageHandlerOptions for_sweeps(MessageHandlerOptions options) {
  options.decode.takes_scan_requests = true;
  return options;
}

PipelinePorts pipeline_ports(const AgentPorts& ports, ObjectStore& store, Stage& stage) {
  return {.store = store,
          .catalogue = ports.catalogue,
          .buckets = ports.buckets,
          .scanner = ports.scanner,
          .stage = stage,
          .results = ports.results,
          .policy = ports.policy,
          .clock = ports.clock,
          .random = ports.random,
          .log = ports.log,
          .metrics = ports.metrics,
          .observer = ports.observer,
          .tag_rules = ports.tag_rules,
          .allow_list = ports.allow_list,
          .shares = ports.shares,
          .brake = ports.brake,
          .probe = ports.probe,
          .owner = ports.owner};
}

void describe(Metrics& metrics) {
  metrics.describe("cordon_objects_scanned_total", "Objects with a verdict");
  metrics.describe("cordon_objects_skipped_total", "Objects that their tags spared the engine");
  metrics.describe("cordon_records_refused_total",
                   "Records that were not understood beside others of their message");
  metrics.describe("cordon_scan_requests_refused_total",
                   "Scan requests that the queue will never take");
  metrics.describe("cordon_forged_tags_total",
                   "Objects that arrived with tags of ours and without a seal that holds");
  metrics.describe("cordon_seals_not_taken_total",
                   "Objects that were scanned although their seal holds");
  metrics.describe("cordon_objects_allowed_total", "Objects that somebody let pass all the same");
  metrics.describe("cordon_scan_duration_seconds", "Time in the engine, per object");
  metrics.describe("cordon_event_to_verdict_seconds", "From the event to the finished object");
  metrics.describe("cordon_queue_age_seconds", "Age of the message that was received last");
}

}  // namespace

Agent::Agent(AgentOptions options, AgentPorts ports)
    : options_(std::move(options)),
      ports_(std::move(ports)),
      spool_(options_.spool_bytes_max),
      store_(ports_.store),
      stage_(options_.stage, ports_.store, spool_, ports_.clock, ports_.random),
      pipeline_(options_.pipeline, pipeline_ports(ports_, store_, stage_)),
      claims_(ports_.queue, options_.visibility, ports_.clock, ports_.random, ports_.log,
              ports_.metrics),
      message_handler_(
          for_events(options_.message_handler),
          MessageHandlerPorts{ports_.queue, pipeline_, claims_, ports_.clock, ports_.random,
                              ports_.log, ports_.metrics, ports_.observer}),
      intake_(ports_.log, ports_.metrics),
      work_(static_cast<std::size_t>(std::max(1, options_.slots))) {
  if (ports_.sweep_queue != nullptr) {
    sweep_.emplace(
        options_.sweep, for_sweeps(options_.message_handler), *ports_.sweep_queue, pipeline_,
        [this](std::stop_token stop) { return await_calm(std::move(stop)); }, ports_.clock,
        ports_.random, ports_.log, ports_.metrics, ports_.observer);
  }
  describe(ports_.metrics);
  ports_.metrics.set("cordon_slots", {}, std::max(1, options_.slots));
  ports_.metrics.set("cordon_slots_busy", {}, 0);
}

Agent::~Agent() = default;

AgentHealth Agent::health() const {
  if (!ports_.engine()) return {.detail = "the engine is not ready"};
  std::lock_guard lock(mutex_);
  if (stopping_) return {.detail = "stopping"};
  if (intake_.is_receiving()) return {.ready = true, .detail = intake_.trouble()};
  const std::string trouble = intake_.trouble();
  return {.detail = trouble.empty() ? "nothing was received yet" : trouble};
}

void Agent::run(std::stop_token stop) {
  std::vector<std::jthread> slots;
  for (int number = 0; number < std::max(1, options_.slots); ++number) {
    slots.emplace_back([this, number] { slot_loop(number); });
  }
  ports_.log.info("agent.started", {{"agent", options_.pipeline.agent}, {"slots", options_.slots}});
  if (sweep_) sweep_->start(stop, work_stop_.get_token());
  {
    std::jthread ender([this, stop](std::stop_token ended) { end_receives(stop, ended); });
    receive_loop(std::move(stop));
  }
  drain();
  slots.clear();  // Joins.
  ports_.log.info("agent.stopped", {{"agent", options_.pipeline.agent}});
}

// --- receive ---------------------------------------------------------------------------------

// Scans start a dead engine anew, and nothing is scanned as long as nothing is taken.
bool Agent::engine_is_ready(std::stop_token stop) {
  const bool ready = ports_.engine().has_value();
  if (ready != engine_was_ready_) {
    engine_was_ready_ = ready;
    if (ready) {
      ports_.log.info("agent.engine_ready");
    } else {
      ports_.log.error("agent.engine_away",
                       {{"why", "no message is taken until the engine is back"}});
    }
  }
  if (ready) return true;
  ports_.revive_engine(stop);
  if (!ports_.engine()) ports_.clock.wait_for(kEnginePause, std::move(stop));
  return false;  // The next look tells of it.
}

int Agent::wait_for_free_slots(std::stop_token stop) {
  const int slots = std::max(1, options_.slots);
  std::unique_lock lock(mutex_);
  slot_freed_.wait(lock, stop, [&] { return busy_ < slots; });
  return stop.stop_requested() ? 0 : slots - busy_;
}

void Agent::receive_loop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    ports_.log.tell_left_out();  // At least once in a long poll.
    if (!engine_is_ready(stop)) continue;
    const Intake::Plan plan = intake_.plan();
    if (plan.pause.count() > 0 && !ports_.clock.wait_for(plan.pause, stop)) break;
    const int free = wait_for_free_slots(stop);
    if (free == 0) break;
    const auto wait = plan.at_once ? std::chrono::seconds(0) : options_.receive_wait;
    if (!receive_once(plan.only_one ? 1 : std::min(free, kReceiveMax), wait, stop)) break;
  }
}

// In a thread of its own while messages are received: a busy queue answers well within the grace,
// and what is in that answer is given back at once.
void Agent::end_receives(std::stop_token stop, std::stop_token ended) {
  ::pthread_setname_np(::pthread_self(), "receive-end");
  {
    const std::stop_callback wake(stop, [this] {
      { std::lock_guard lock(mutex_); }  // Or the wait below could begin just after this.
      slot_freed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    slot_freed_.wait(lock, ended, [&] { return stop.stop_requested(); });
  }
  ports_.clock.wait_for(options_.receive_grace, std::move(ended));
  receive_stop_.request_stop();
}

bool Agent::receive_once(int count, std::chrono::seconds wait, std::stop_token stop) {
  if (ports_.observer.before(Step::receive, nullptr) == Proceed::abandon) return false;
  const Deadline limit = Deadline::after(ports_.clock, wait + kReceiveMargin);
  if (stop.stop_requested()) return false;
  Result<std::vector<Claim>> claims =
      ports_.queue.receive(count, wait, limit, receive_stop_.get_token());
  if (!claims) {
    if (claims.error().code == Errc::cancelled) return false;
    intake_.receive_failed(claims.error());
    return true;
  }
  const SteadyTime now = ports_.clock.steady_now();
  ports_.metrics.count("cordon_messages_received_total", {}, static_cast<double>(claims->size()));
  if (stop.stop_requested()) {
    for (const Claim& claim : *claims) message_handler_.give_back(claim);
    return false;
  }
  for (Claim& claim : *claims) {
    const auto age = ports_.clock.system_now() - claim.sent_at;
    ports_.metrics.set("cordon_queue_age_seconds", {}, std::chrono::duration<double>(age).count());
    {
      std::lock_guard lock(mutex_);
      ports_.metrics.set("cordon_slots_busy", {}, ++busy_);
    }
    // There is room: no more were asked for than slots are free.
    work_.push({std::move(claim), now}, std::stop_token());
  }
  // Only now: a sweep that is told that all is well has to see what came.
  {
    std::lock_guard lock(mutex_);
    intake_.receive_succeeded();
  }
  slot_freed_.notify_all();
  return true;
}

// --- work ------------------------------------------------------------------------------------

void Agent::slot_loop(int number) {
  ::pthread_setname_np(::pthread_self(), ("slot-" + std::to_string(number)).c_str());
  while (std::optional<Received> received = work_.pop(std::stop_token())) {
    carry(*received);
    {
      std::lock_guard lock(mutex_);
      ports_.metrics.set("cordon_slots_busy", {}, --busy_);
    }
    slot_freed_.notify_all();
  }
}

void Agent::carry(const Received& received) {
  bool stopping = false;
  {
    std::lock_guard lock(mutex_);
    stopping = stopping_;
  }
  if (stopping) {  // Received, but not begun.
    message_handler_.give_back(received.claim);
    return;
  }
  switch (message_handler_.deliver(received.claim, received.at, work_stop_.get_token())) {
    case Settled::acknowledged:
    case Settled::dead_lettered:
      intake_.message_succeeded();
      return;
    case Settled::retried:
      intake_.message_failed();
      return;
    case Settled::postponed:
    case Settled::given_back:
    case Settled::lost:
    case Settled::abandoned:
      return;
  }
}

void Agent::drain() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (busy_ > 0) ports_.log.info("agent.draining", {{"busy", busy_}});
  }
  work_.close();
  // A thread of its own watches the time, so that the wait below ends as soon as the slots do.
  std::jthread timer([this](std::stop_token done) {
    if (!ports_.clock.wait_for(options_.drain, std::move(done))) return;
    work_stop_.request_stop();
    ports_.log.warn("agent.drain_over", {{"why", "what is not finished is given back"}});
  });
  {
    std::unique_lock lock(mutex_);
    slot_freed_.wait(lock, [&] { return busy_ == 0; });
  }
  if (sweep_) sweep_->join();
}

// What is new goes first. The engine must be there, and nothing new in trouble: the same trouble
// would burn the receives of what sweeps found.
bool Agent::await_calm(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      slot_freed_.wait(lock, stop, [&] {
        return busy_ < std::max(1, options_.sweep_below) && intake_.is_receiving();
      });
    }
    if (ports_.engine().has_value() && intake_.trouble().empty()) return !stop.stop_requested();
    ports_.clock.wait_for(kEnginePause, stop);
  }
  return false;
}

}  // namespace cordon
