#pragma once

#include <stop_token>
#include <thread>

#include "base/unique_fd.h"

namespace cordon {

/// Turns SIGTERM and SIGINT into a stop request; a second one ends the process at once. Made in
/// `main` before any other thread, since it blocks the signals for all threads that come later.
/// Ignores SIGPIPE.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void wait_for_signals();

  std::stop_source source_;
  UniqueFd signals_;
  UniqueFd finish_;
  std::jthread thread_;
};

}  // namespace cordon
