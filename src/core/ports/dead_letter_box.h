#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/event_queue.h"

namespace cordon {

/// The queue that a message came from.
enum class DeadOrigin : std::uint8_t {
  events,
  sweep,  ///< What a sweep asked for.
};

/// A message that could not be handled.
struct DeadLetter {
  Claim claim;         ///< Ours for as long as it was taken for; `message_id` names it.
  std::string reason;  ///< What Cordon wrote on it; empty when the queue moved it by itself.
  DeadOrigin origin = DeadOrigin::events;
};

/// The dead letters of one deployment and region. Threads: any. Errors: as EventQueue.
class DeadLetterBox {
 public:
  virtual ~DeadLetterBox() = default;

  /// About how many letters could be taken now; may be behind by a minute.
  virtual Result<std::uint64_t> waiting(Deadline deadline, std::stop_token stop) = 0;
  /// Takes 0 to 10 letters; nobody else gets them for as long as `hidden`. None, although there
  /// are some, is the exception with Patience::some, which waits for up to a second.
  enum class Patience : std::uint8_t { none, some };
  virtual Result<std::vector<DeadLetter>> take(std::chrono::seconds hidden, Patience patience,
                                               Deadline deadline, std::stop_token stop) = 0;
  virtual Result<void> put_back(const DeadLetter& letter, Deadline deadline,
                                std::stop_token stop) = 0;
  /// Sends the message to the queue that it came from as it was. It stays here as well.
  virtual Result<void> send_again(const DeadLetter& letter, Deadline deadline,
                                  std::stop_token stop) = 0;
  virtual Result<void> drop(const DeadLetter& letter, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
