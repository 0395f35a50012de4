#pragma once

#include <curl/curl.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Ends a transfer handle of libcurl's, for unique_ptr.
struct CloseEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
/// Ends a multi handle and its connections, for unique_ptr.
struct CloseMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

/// One transfer at a time, and between transfers the connection it left open.
struct Lane {
  std::string origin;
  // The order matters: a multi handle goes after the easy handles that it served.
  std::unique_ptr<CURLM, CloseMulti> multi;
  std::unique_ptr<CURL, CloseEasy> easy;
  SteadyTime idle_since;
  /// The last transfer ended well. After any other end libcurl's handles are not what they were
  /// (one whose name lookup failed refuses options from then on), so the lane is closed.
  bool is_reusable = true;
  /// The last transfer ended because nothing came any more. A network that forgot this connection
  /// has forgotten those beside it as well, and each would cost as long a wait.
  bool is_silent = false;
};

/// Hands out lanes by origin, the most recently used first.
///
/// Threads: any.
class Lanes {
 public:
  Lanes(std::size_t per_origin_max, const Clock& clock);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// Returns its lane when it goes.
  class Lease {
   public:
    Lease(Lanes& lanes, std::unique_ptr<Lane> lane) : lanes_(&lanes), lane_(std::move(lane)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (lane_) lanes_->give_back(std::move(lane_));
    }
    Lane& operator*() const { return *lane_; }
    Lane* operator->() const { return lane_.get(); }

   private:
    Lanes* lanes_;
    std::unique_ptr<Lane> lane_;
  };

  /// Blocks: while `per_origin_max` transfers to this origin run.
  /// Errors: cancelled, timeout, unavailable (out of memory or descriptors).
  Result<Lease> lease(const std::string& origin, Deadline deadline, std::stop_token stop);

 private:
  Result<std::unique_ptr<Lane>> open(const std::string& origin);
  std::unique_ptr<Lane> take_idle(const std::string& origin);
  void give_back(std::unique_ptr<Lane> lane) noexcept;
  void close_idle(const std::string& origin) noexcept;
  void forget(const std::string& origin) noexcept;

  static void lock_share(CURL* easy, curl_lock_data data, curl_lock_access access, void* self);
  static void unlock_share(CURL* easy, curl_lock_data data, void* self);

  const std::size_t per_origin_max_;
  const Clock& clock_;
  std::array<std::mutex, CURL_LOCK_DATA_LAST + 1> share_locks_;
  CURLSH* share_;

  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::map<std::string, std::size_t> busy_;
  std::list<std::unique_ptr<Lane>> idle_;  // The most recently used first.
};

}  // namespace cordon
