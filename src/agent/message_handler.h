#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "agent/claims.h"
#include "agent/pipeline.h"
#include "core/event.h"
#include "core/ports/event_queue.h"

namespace cordon {

/// How a `MessageHandler` reads messages, and how often and how long it tries what is in them.
struct MessageHandlerOptions {
  DecodeOptions decode = {};
  /// The queue moves a message to the dead letters after so many receives, without a word. The last
  /// of them does it with the reason.
  int receives_max = 5;
  /// For one object, all steps together.
  std::chrono::seconds object_time_max{2 * 3600};
};

/// Everything that a message handler needs. All of it outlives the handler.
struct MessageHandlerPorts {
  EventQueue& queue;
  Pipeline& pipeline;
  Claims& claims;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
  StepObserver& observer;
};

/// What became of one claim.
enum class Settled : std::uint8_t {
  acknowledged,   ///< Every record is final.
  retried,        ///< Will be delivered again after a while.
  postponed,      ///< The same, and nothing is wrong with anything.
  dead_lettered,  ///< With the reason.
  given_back,     ///< A stop was requested: somebody else may have it at once.
  lost,           ///< The claim could not be kept.
  abandoned,      ///< The observer said so.
};

/// Carries the objects of one claimed message, one after the other, and settles the claim.
///
/// A record that cannot be handled keeps none of the others from it: when they are done, a message
/// of only that one goes to the dead letters, and then the claim ends. Who dies in between leaves
/// the whole message, whose good records are found done.
///
/// Threads: any; each call carries one message.
class MessageHandler {
 public:
  MessageHandler(MessageHandlerOptions options, MessageHandlerPorts ports)
      : options_(options), ports_(ports) {}

  /// `received` is when the claim began.
  Settled deliver(const Claim& claim, SteadyTime received, std::stop_token stop);
  /// Makes the message visible to everybody at once.
  void give_back(const Claim& claim);

 private:
  /// What became of a message, and which of its records, if it is not all, are for the dead
  /// letters.
  struct Carried {
    ObjectOutcome outcome;
    std::vector<std::size_t> dead = {};
  };

  Carried carry_all(const Claim& claim, std::stop_token stop);
  Carried carry_records(const Claim& claim, const EventRecords& records, std::stop_token stop);
  Settled settle(const Claim& claim, const Carried& carried);
  Settled acknowledge(const Claim& claim);
  Settled retry_later(const Claim& claim, const std::string& why);
  Settled postpone(const Claim& claim);
  Settled dead_letter(const Claim& claim, const std::string& why);
  Deadline call_limit() const;

  const MessageHandlerOptions options_;
  const MessageHandlerPorts ports_;
};

/// min(900 s, 2^receives * 10 s + up to 10 s).
std::chrono::seconds retry_visibility(int receive_count, Random& random);

}  // namespace cordon
