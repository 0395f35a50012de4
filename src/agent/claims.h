#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "core/ports/event_queue.h"

namespace cordon {

/// Keeps claims alive while slots work on them: one thread ("heartbeat") extends each at 40 % of
/// its visibility, with jitter, and with it those that will soon be due, ten in a request. A claim
/// that cannot be kept is lost: whoever works on it is stopped, because another agent may have the
/// message by now.
///
/// Threads: any. Everything referred to must outlive it.
class Claims {
  struct Entry;

 public:
  /// The slot's end of one kept claim. When it goes, nothing extends the claim any more.
  class Hold {
   public:
    Hold(Hold&&) noexcept = default;
    Hold& operator=(Hold&&) = delete;
    ~Hold() { release(); }

    /// Stopped when the claim is lost, or when the token given to `keep` is.
    std::stop_token stop() const;
    bool lost() const;
    /// Blocks: while an extension of this claim is under way. After it the queue knows of no later
    /// one, so that the visibility can be set to something else.
    void release();

   private:
    friend class Claims;
    Hold(Claims& claims, std::list<Entry>::iterator entry) : claims_(&claims), entry_(entry) {}
    struct Nothing {
      void operator()(Claims*) const {}
    };
    std::unique_ptr<Claims, Nothing> claims_;  // Null when released or moved from.
    std::list<Entry>::iterator entry_;
  };

  Claims(EventQueue& queue, std::chrono::seconds visibility, const Clock& clock, Random& random,
         Log& log, Metrics& metrics);
  ~Claims();

  /// Starts to keep a claim that was received at `received`.
  Hold keep(const Claim& claim, SteadyTime received, std::stop_token stop);

 private:
  struct Entry {
    Claim claim;         ///< Without its body.
    SteadyTime next;     ///< When to extend.
    SteadyTime expires;  ///< When the queue shows the message to others.
    std::stop_source stop = {};
    std::optional<std::stop_callback<std::function<void()>>> outer = std::nullopt;
    bool busy = false;
    bool lost = false;
  };

  void run(std::stop_token stop);
  /// Those to extend now, at most as many as go into one request; empty: none is due.
  std::vector<Entry*> due(SteadyTime now);
  void extend(std::unique_lock<std::mutex>& lock, const std::vector<Entry*>& entries);
  void settle(Entry& entry, const Result<void>& extended, SteadyTime asked, SteadyTime now);
  std::chrono::steady_clock::duration pause();

  EventQueue& queue_;
  const std::chrono::seconds visibility_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Entry> entries_;
  std::stop_source wake_;  ///< Ends the current wait; a new one for every wait.
  std::jthread thread_;
};

}  // namespace cordon
