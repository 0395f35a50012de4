#pragma once

#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Where an event is put that somebody brought to us, so that agents find it in their queue.
///
/// Threads: any.
class EventSender {
 public:
  virtual ~EventSender() = default;

  /// The message is durable, and will be delivered, when this succeeds. After an error it may be
  /// there all the same. `body` is JSON of at most kMessageBytesMax bytes.
  /// Errors: invalid (it can never be taken); throttled (no room for now; with the cause staging:
  /// on this machine); unavailable, denied, not_found, timeout, cancelled.
  virtual Result<void> send(const std::string& body, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
