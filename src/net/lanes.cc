// Why a pool of handle pairs instead of libcurl's shared connection cache.
//
// A connection can be shared between threads in libcurl 7.88 by CURL_LOCK_DATA_CONNECT, but its
// manual warns that this is not safe while several threads transfer. So a lane owns one multi
// handle, whose connection cache holds one connection, and is used by one thread at a time. Names
// that were resolved and TLS sessions are shared, which is safe: a new lane resolves nothing twice
// and resumes TLS.

#include "net/lanes.h"

#include "base/check.h"

namespace cordon {
namespace {

constexpr std::size_t kIdleMax = 256;
// Most servers close idle connections after 5 to 60 seconds; older ones are not worth keeping.
constexpr std::chrono::seconds kIdleAgeMax{60};

void initialise_libcurl_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  CORDON_CHECK(done == CURLE_OK);
}

}  // namespace

Lanes::Lanes(std::size_t per_origin_max, const Clock& clock)
    : per_origin_max_(std::max<std::size_t>(per_origin_max, 1)), clock_(clock) {
  initialise_libcurl_once();
  share_ = curl_share_init();
  CORDON_CHECK(share_ != nullptr);
  curl_share_setopt(share_, CURLSHOPT_LOCKFUNC, &Lanes::lock_share);
  curl_share_setopt(share_, CURLSHOPT_UNLOCKFUNC, &Lanes::unlock_share);
  curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

Lanes::~Lanes() {
  idle_.clear();
  curl_share_cleanup(share_);
}

void Lanes::lock_share(CURL*, curl_lock_data data, curl_lock_access, void* self) {
  static_cast<Lanes*>(self)->share_locks_[data].lock();
}
void Lanes::unlock_share(CURL*, curl_lock_data data, void* self) {
  static_cast<Lanes*>(self)->share_locks_[data].unlock();
}

Result<Lanes::Lease> Lanes::lease(const std::string& origin, Deadline deadline,
                                  std::stop_token stop) {
  {
    std::unique_lock lock(mutex_);
    const bool free = freed_.wait_for(lock, stop, deadline.left(clock_), [&] {
      const auto it = busy_.find(origin);
      return it == busy_.end() || it->second < per_origin_max_;
    });
    if (stop.stop_requested()) {
      return Error{Errc::cancelled, "stopped while waiting for a connection"};
    }
    if (!free) return Error{Errc::timeout, "no connection to " + origin + " became free in time"};
    ++busy_[origin];
    if (std::unique_ptr<Lane> lane = take_idle(origin)) return Lease(*this, std::move(lane));
  }
  Result<std::unique_ptr<Lane>> lane = open(origin);
  if (!lane) {
    forget(origin);
    return std::move(lane).error();
  }
  return Lease(*this, std::move(lane).value());
}

Result<std::unique_ptr<Lane>> Lanes::open(const std::string& origin) {
  auto lane = std::make_unique<Lane>();
  lane->origin = origin;
  lane->multi.reset(curl_multi_init());
  lane->easy.reset(curl_easy_init());
  if (!lane->multi || !lane->easy) {
    return Error{Errc::unavailable, "no memory or descriptors for another connection"};
  }
  curl_multi_setopt(lane->multi.get(), CURLMOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(lane->easy.get(), CURLOPT_SHARE, share_);
  return lane;
}

std::unique_ptr<Lane> Lanes::take_idle(const std::string& origin) {
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    if ((*it)->origin != origin) continue;
    std::unique_ptr<Lane> lane = std::move(*it);
    idle_.erase(it);
    return lane;
  }
  return nullptr;
}

void Lanes::give_back(std::unique_ptr<Lane> lane) noexcept {
  const std::string origin = lane->origin;
  if (!lane->is_reusable) {
    if (lane->is_silent) close_idle(origin);
    lane.reset();
    return forget(origin);
  }
  // curl_easy_reset drops what the last transfer pointed at; the share stays.
  curl_easy_reset(lane->easy.get());
  lane->idle_since = clock_.steady_now();
  const SteadyTime too_old = lane->idle_since - kIdleAgeMax;
  std::list<std::unique_ptr<Lane>> closing;  // Closed outside of the lock: TLS says goodbye.
  {
    std::lock_guard lock(mutex_);
    idle_.push_front(std::move(lane));
    while (!idle_.empty() && (idle_.size() > kIdleMax || idle_.back()->idle_since < too_old)) {
      closing.splice(closing.end(), idle_, std::prev(idle_.end()));
    }
  }
  forget(origin);
}

void Lanes::close_idle(const std::string& origin) noexcept {
  std::list<std::unique_ptr<Lane>> closing;
  std::lock_guard lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    const auto here = it++;
    if ((*here)->origin == origin) closing.splice(closing.end(), idle_, here);
  }
}

void Lanes::forget(const std::string& origin) noexcept {
  {
    std::lock_guard lock(mutex_);
    const auto it = busy_.find(origin);
    if (--it->second == 0) busy_.erase(it);
  }
  freed_.notify_all();
}

}  // namespace cordon
