#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"

namespace cordon {

/// How often somebody may fail.
struct AttemptLimit {
  int failures_max;
  std::chrono::seconds window;  ///< From the first of them on.
};
/// Of an address, behind which many may sit; and of a name, whose password is being guessed.
inline constexpr AttemptLimit kAddressLimit{10, std::chrono::minutes(1)};
inline constexpr AttemptLimit kNameLimit{10, std::chrono::minutes(15)};

/// Who failed how often to show who he is: after so many times he has to wait until the window is
/// over. Remembers at most 10,000 of them. Threads: any.
class FailedAttempts {
 public:
  FailedAttempts(AttemptLimit limit, const Clock& clock) : limit_(limit), clock_(clock) {}

  /// How long he has to wait; zero: he may try.
  std::chrono::seconds wait_of(const std::string& who) const;
  void note(const std::string& who);
  /// The same in one: where he may try, the attempt counts as a failure until it is taken back. So
  /// attempts at the same time are no more than those one after the other.
  std::chrono::seconds begin(const std::string& who);
  void take_back(const std::string& who);
  std::size_t size() const;

 private:
  struct Window {
    SteadyTime begun;
    int failures = 0;
  };
  using Windows = std::map<std::string, Window>;

  bool is_over(const Window& window) const;
  std::chrono::seconds wait_in(const Windows& windows, const std::string& who) const;
  void note_in(Windows& windows, const std::string& who) const;

  const AttemptLimit limit_;
  const Clock& clock_;
  Guarded<Windows> windows_;
};

}  // namespace cordon
