#include "agent/claims.h"

#include <pthread.h>

#include <algorithm>
#include <functional>

namespace cordon {
namespace {

constexpr double kShare = 0.4;
constexpr double kJitter = 0.1;
constexpr double kSoon = 0.1;
constexpr std::size_t kClaimsAtOnce = 10;
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
  entry->claim = {.message_id = claim.message_id, .receipt = claim.receipt};
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

std::vector<Claims::Entry*> Claims::due(SteadyTime now) {
  std::vector<Entry*> waiting;
  for (Entry& entry : entries_) {
    if (!entry.lost) waiting.push_back(&entry);
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const Entry* a, const Entry* b) { return a->next < b->next; });
  if (waiting.empty() || waiting.front()->next > now) return {};
  const auto soon = now + std::chrono::duration_cast<SteadyTime::duration>(visibility_ * kSoon);
  const auto later = std::find_if(waiting.begin(), waiting.end(),
                                  [&](const Entry* entry) { return entry->next > soon; });
  const auto due = std::min<std::size_t>(kClaimsAtOnce, later - waiting.begin());
  waiting.resize(due);
  return waiting;
}

void Claims::extend(std::unique_lock<std::mutex>& lock, const std::vector<Entry*>& entries) {
  std::vector<Claim> claims;
  for (Entry* entry : entries) {
    entry->busy = true;
    claims.push_back(entry->claim);
  }
  lock.unlock();
  const SteadyTime asked = clock_.steady_now();
  const std::vector<Result<void>> extended =
      queue_.extend_all(claims, visibility_, Deadline::after(clock_, kCallMax), std::stop_token());
  const SteadyTime now = clock_.steady_now();
  lock.lock();
  for (std::size_t i = 0; i < entries.size(); ++i) settle(*entries[i], extended[i], asked, now);
  changed_.notify_all();
}

void Claims::settle(Entry& entry, const Result<void>& extended, SteadyTime asked, SteadyTime now) {
  entry.busy = false;
  if (extended) {
    entry.next = asked + pause();
    entry.expires = asked + visibility_;
  } else if (extended.error().code == Errc::changed || now >= entry.expires) {
    entry.lost = true;
    entry.stop.request_stop();  // First of all: whoever works on it should do no more.
    metrics_.count("cordon_claims_lost_total");
    log_.warn("claim.lost", {{"message", entry.claim.message_id}, {"error", extended.error()}});
  } else {
    // Until it has expired there is hope; soon, but not in a tight loop.
    entry.next = now + pause() / 4;
  }
}

void Claims::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::vector<Entry*> now = due(clock_.steady_now());
    if (!now.empty()) {
      extend(lock, now);
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
