#include "agent/claims.h"

#include <pthread.h>

#include <algorithm>
#include <functional>

namespace cordon {
namespace {

constexpr double kShare = 0.4;
constexpr double kJitter = 0.1;
constexpr std::chrono::seconds kCallMax{20};

}  // namespace

Claims::Claims(EventQueue& queue, std::chrono::seconds visibility, const Clock& clock,
               Random& random, Log& log, Metrics& metrics)
    : queue_(queue),
      visibility_(visibility),
      clock_(clock),
      random_(random),
      log_(log),
      metrics_(metrics),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {
  ::pthread_setname_np(thread_.native_handle(), "heartbeat");
}

Claims::~Claims() {
  thread_.request_stop();
  {
    std::lock_guard lock(mutex_);
    wake_.request_stop();
  }
  changed_.notify_all();
}

std::chrono::steady_clock::duration Claims::pause() {
  const double share = kShare + kJitter * (random_.unit() - 0.5);
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(visibility_ * share);
}

Claims::Hold Claims::keep(const Claim& claim, SteadyTime received, std::stop_token stop) {
  std::lock_guard lock(mutex_);
  entries_.emplace_back();
  const auto entry = std::prev(entries_.end());
  entry->claim = claim;
  entry->next = received + pause();
  entry->expires = received + visibility_;
  entry->outer.emplace(std::move(stop),
                       [source = entry->stop]() mutable { source.request_stop(); });
  wake_.request_stop();
  changed_.notify_all();
  return Hold(*this, entry);
}

std::stop_token Claims::Hold::stop() const { return entry_->stop.get_token(); }

bool Claims::Hold::lost() const {
  std::lock_guard lock(claims_->mutex_);
  return entry_->lost;
}

void Claims::Hold::release() {
  if (!claims_) return;
  Claims& claims = *claims_.release();
  std::list<Entry> gone;  // Destroyed outside the lock: a stop callback may be running.
  std::unique_lock lock(claims.mutex_);
  claims.changed_.wait(lock, [&] { return !entry_->busy; });
  gone.splice(gone.end(), claims.entries_, entry_);
  lock.unlock();
}

std::list<Claims::Entry>::iterator Claims::due(SteadyTime now) {
  return std::find_if(entries_.begin(), entries_.end(),
                      [&](const Entry& entry) { return !entry.lost && entry.next <= now; });
}

void Claims::extend(std::unique_lock<std::mutex>& lock, std::list<Entry>::iterator entry) {
  entry->busy = true;
  lock.unlock();
  const SteadyTime asked = clock_.steady_now();
  const Result<void> extended = queue_.extend(entry->claim, visibility_,
                                              Deadline::after(clock_, kCallMax), std::stop_token());
  const SteadyTime now = clock_.steady_now();
  lock.lock();
  entry->busy = false;
  if (extended) {
    entry->next = asked + pause();
    entry->expires = asked + visibility_;
  } else if (extended.error().code == Errc::changed || now >= entry->expires) {
    entry->lost = true;
    entry->stop.request_stop();  // First of all: whoever works on it should do no more.
    metrics_.count("cordon_claims_lost_total");
    log_.warn("claim.lost", {{"message", entry->claim.message_id}, {"error", extended.error()}});
  } else {
    // Until it has expired there is hope; soon, but not in a tight loop.
    entry->next = now + pause() / 4;
  }
  changed_.notify_all();
}

void Claims::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto entry = due(clock_.steady_now());
    if (entry != entries_.end()) {
      extend(lock, entry);
      continue;
    }
    std::optional<SteadyTime> next;
    for (const Entry& kept : entries_) {
      if (!kept.lost) next = std::min(next.value_or(kept.next), kept.next);
    }
    wake_ = std::stop_source();
    if (!next) {
      changed_.wait(lock, stop, [token = wake_.get_token()] { return token.stop_requested(); });
      continue;
    }
    const std::stop_token woken = wake_.get_token();
    lock.unlock();
    clock_.wait_until(*next, woken);
    lock.lock();
  }
}

}  // namespace cordon
