#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace cordon {

/// Without a request for so long a session ends,
inline constexpr std::chrono::minutes kSessionIdle{30};
/// and after so long whatever is done with it.
inline constexpr std::chrono::hours kSessionLife{12};

/// That somebody is signed in, as it is kept: everything but the secret, which the browser has.
struct Session {
  std::string digest;  ///< SHA-256 of the secret, 32 bytes.
  std::string person;
  std::int64_t generation = 0;  ///< The person's, when the session began.
  SystemTime created;
  SystemTime last_seen;

  bool operator==(const Session&) const = default;
};

/// Whether the session counts at this moment by its age alone.
bool is_fresh(const Session& session, SystemTime now);

/// What a page of ours knows and a foreign page cannot: made of the session's secret, which no
/// script can read, so it changes with each session and is kept nowhere.
std::string csrf_token_of(std::string_view session_secret);

}  // namespace cordon
