#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "agent/claims.h"
#include "agent/message_handler.h"

namespace cordon {

/// How many objects `SweepSlots` carry at a time, and how they claim messages of the sweep queue.
struct SweepSlotsOptions {
  int slots = 1;  ///< Objects of sweeps at a time: what the engine can spare when something is new.
  std::chrono::seconds visibility{120};
  std::chrono::seconds receive_wait{20};  ///< Long poll.
};

/// Blocks until nothing that is new needs the agent; false when a stop was requested first.
using AwaitCalm = std::function<bool(std::stop_token stop)>;

/// Carries what sweeps found, behind everything that is new: threads of their own ("sweep-N"), so
/// that no slot is ever taken from a new object, and few, so that an engine worker stays free. Each
/// takes one message at a time, and only while it is calm.
///
/// Threads: one owner. Everything given to the constructor outlives it.
class SweepSlots {
 public:
  /// `ports.queue` is the sweep queue.
  SweepSlots(SweepSlotsOptions options, MessageHandlerOptions message_handler, EventQueue& queue,
             Pipeline& pipeline, AwaitCalm calm, const Clock& clock, Random& random, Log& log,
             Metrics& metrics, StepObserver& observer);

  /// Takes no more messages from `stop` on; ends what is being worked on at `work_stop`.
  void start(std::stop_token stop, std::stop_token work_stop);
  /// Takes no more messages, and blocks until the last one is done.
  void join();

 private:
  void work(int number, const std::stop_token& stop, const std::stop_token& work_stop);
  /// False: nothing to go on with at once.
  bool carry_one(const std::stop_token& stop, const std::stop_token& work_stop);

  const SweepSlotsOptions options_;
  EventQueue& queue_;
  const AwaitCalm calm_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  Claims claims_;
  MessageHandler message_handler_;
  std::stop_source intake_stop_;
  std::optional<std::stop_callback<std::function<void()>>> outer_stop_;
  std::vector<std::jthread> threads_;
};

}  // namespace cordon
