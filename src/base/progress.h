#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace cordon {

/// Is told how far long work is: `done` of `total` of these things ("buckets"); all of them: it has
/// ended, or was given up. Called by several threads at a time.
using ProgressListener =
    std::function<void(std::string_view what, std::size_t done, std::size_t total)>;

/// Counts what is done and tells it. Threads: any. An empty listener is told nothing; it and `what`
/// outlive the object.
class ProgressCount {
 public:
  ProgressCount(const ProgressListener& listener, std::string_view what, std::size_t total)
      : listener_(listener), what_(what), total_(total) {}
  ProgressCount(const ProgressCount&) = delete;
  ProgressCount& operator=(const ProgressCount&) = delete;
  ~ProgressCount() {
    if (listener_) listener_(what_, total_, total_);
  }

  void step() {
    const std::size_t done = ++done_;
    if (listener_ && done < total_) listener_(what_, done, total_);
  }

 private:
  const ProgressListener& listener_;
  const std::string_view what_;
  const std::size_t total_;
  std::atomic<std::size_t> done_ = 0;
};

/// Shows progress to whoever waits: nothing within the first two seconds, then one line that is
/// rewritten (a terminal) and gone at the end, or a line every few seconds.
///
/// Threads: any.
class ProgressLine {
 public:
  enum class Style : std::uint8_t { terminal, lines };

  /// `write` gets text with its line breaks; it and `clock` outlive the object.
  ProgressLine(Style style, const Clock& clock, std::function<void(std::string_view)> write)
      : style_(style),
        clock_(clock),
        write_(std::move(write)),
        next_(clock.steady_now() + kQuiet) {}

  /// As ProgressListener.
  void tell(std::string_view what, std::size_t done, std::size_t total);

 private:
  static constexpr std::chrono::seconds kQuiet{2};

  const Style style_;
  const Clock& clock_;
  const std::function<void(std::string_view)> write_;
  std::mutex mutex_;
  SteadyTime next_;  ///< Nothing is written before.
  bool is_shown_ = false;
};

}  // namespace cordon
