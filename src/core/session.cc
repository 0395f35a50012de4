#include "core/session.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {

bool is_fresh(const Session& session, SystemTime now) {
  return now < session.last_seen + kSessionIdle && now < session.created + kSessionLife;
}

std::string csrf_token_of(std::string_view session_secret) {
  return base64url(hmac_sha256(as_bytes_of(session_secret), "cordon csrf 1"));
}

}  // namespace cordon
