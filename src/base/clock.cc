#include "base/clock.h"

#include <condition_variable>
#include <mutex>

namespace cordon {

bool RealClock::wait_until(SteadyTime time, std::stop_token stop) const {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  // With a stop token the wait ends at once on a stop request; the predicate never becomes true.
  condition.wait_until(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace cordon
