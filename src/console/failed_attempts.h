#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"

namespace cordon {

/// Who failed how often to show who he is: ten times in a minute, then he has to wait until the
/// minute is over. Remembers at most 10,000 addresses. Threads: any.
class FailedAttempts {
 public:
  explicit FailedAttempts(const Clock& clock) : clock_(clock) {}

  /// How long the address has to wait; zero: it may try.
  std::chrono::seconds wait_of(const std::string& address) const;
  void note(const std::string& address);
  std::size_t size() const;

 private:
  struct Window {
    SteadyTime begun;
    int failures = 0;
  };
  using Windows = std::map<std::string, Window>;

  bool is_over(const Window& window) const;

  const Clock& clock_;
  Guarded<Windows> windows_;
};

}  // namespace cordon
