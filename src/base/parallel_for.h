#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace cordon {

/// How many threads share the work: enough to hide waiting, few enough that a handful of items
/// starts none.
struct Parallelism {
  std::size_t threads_max = 1;
  std::size_t items_per_thread_min = 1;  ///< Fewer items than twice this stay on one thread.
};

/// Calls `work(i)` once for every i below `count`, on the calling thread and others; each takes the
/// next i that nobody has. Returns when all of them are done. After a stop request no further i is
/// begun.
///
/// `work` is called by several threads at a time: what it writes to is its own for each i.
void parallel_for(std::size_t count, Parallelism parallelism, const std::stop_token& stop,
                  const std::function<void(std::size_t i)>& work);

}  // namespace cordon
