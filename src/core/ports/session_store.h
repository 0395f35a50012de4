#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/person.h"
#include "core/session.h"

namespace cordon {

/// A session that may count, and whose it is.
struct SignedIn {
  Session session;
  Person person;
};

/// Who is signed in to a console. Threads: any. Errors of every method: as FindingStore.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Errors: also changed: there is one of this digest.
  virtual Result<void> add_session(const Session& session, Deadline deadline,
                                   std::stop_token stop) = 0;
  /// The session with this digest and its person as both are now; none when there is none, or the
  /// person is gone or has another generation. Whether it is fresh is for the caller to judge.
  virtual Result<std::optional<SignedIn>> find_session(const std::string& digest, Deadline deadline,
                                                       std::stop_token stop) = 0;
  /// Notes that it was used; nothing where there is none.
  virtual Result<void> touch_session(const std::string& digest, SystemTime now, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// From now on it does not count; nothing where there is none.
  virtual Result<void> end_session(const std::string& digest, Deadline deadline,
                                   std::stop_token stop) = 0;
  /// Forgets those that are not fresh at `now`; returns how many.
  virtual Result<std::size_t> forget_stale_sessions(SystemTime now, Deadline deadline,
                                                    std::stop_token stop) = 0;
};

}  // namespace cordon
