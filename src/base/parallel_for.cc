#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace cordon {

void parallel_for(std::size_t count, Parallelism parallelism, const std::stop_token& stop,
                  const std::function<void(std::size_t i)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count && !stop.stop_requested(); i = next++) work(i);
  };
  const std::size_t per_thread = std::max<std::size_t>(parallelism.items_per_thread_min, 1);
  const std::size_t threads = std::min(parallelism.threads_max, count / per_thread);
  std::vector<std::jthread> helpers;
  for (std::size_t n = 1; n < threads; ++n) helpers.emplace_back(take_turns);
  take_turns();
}  // Joins.

}  // namespace cordon
