#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/metrics.h"

namespace cordon {

/// Decides how eagerly messages are taken.
///
/// When the queue, the store or the engine is away, every message that is taken burns one of its
/// few receives for nothing. So failures in a row make the intake pause, longer each time, and then
/// try a single message; one success makes it normal again. Says so in the log once per change, not
/// once per failure.
///
/// Threads: any.
class Intake {
 public:
  Intake(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  void receive_succeeded();
  void receive_failed(const Error& error);
  void message_succeeded();
  /// A message that has to be delivered again, for a reason that is not its own.
  void message_failed();

  struct Plan {
    std::chrono::milliseconds pause{0};  ///< Before the next receive.
    bool only_one = false;               ///< Take a single message, to see.
    bool at_once = false;                ///< Do not wait for messages: whether any come is unknown.
  };
  Plan plan() const;
  /// The last receive worked (false before the first one).
  bool is_receiving() const;
  std::string trouble() const;  ///< For people; empty when all is well.

 private:
  void tell(bool was_troubled, const std::string& why);
  bool is_troubled() const;

  Log& log_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  int receive_failures_ = 0;
  int message_failures_ = 0;
  bool received_once_ = false;
  std::string why_;
};

}  // namespace cordon
