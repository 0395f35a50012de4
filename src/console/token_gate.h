#pragma once

#include <chrono>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/metrics.h"
#include "base/result.h"
#include "console/failed_attempts.h"
#include "core/ports/token_store.h"
#include "net/http_server.h"

namespace cordon {

/// Who a request is from, or why it is refused.
struct Admission {
  enum class Outcome : unsigned char { admitted, refused, wait };

  Outcome outcome = Outcome::refused;
  std::string name = {};  ///< Of the token; for logs.
  ApiRole role = ApiRole::viewer;
  std::chrono::seconds wait{0};  ///< Of `wait`: until when nobody from there is looked at.
};

/// Lets requests in that carry a token in force: `Authorization: Bearer SECRET`. Every request asks
/// the store, so that a token that was revoked ends at once. Threads: any.
class TokenGate {
 public:
  /// All of it outlives the gate.
  TokenGate(TokenStore& tokens, const Clock& clock, Metrics& metrics)
      : tokens_(tokens), clock_(clock), metrics_(metrics), failures_(clock) {}

  /// Errors: those of the store; nobody is let in then.
  Result<Admission> look_at(const ServerRequest& request, Deadline deadline, std::stop_token stop);

 private:
  using Digests = std::set<std::string>;

  Admission refuse(const std::string& address);
  void remember(const std::string& digest);

  TokenStore& tokens_;
  const Clock& clock_;
  Metrics& metrics_;
  FailedAttempts failures_;
  /// Of tokens that were in force when they came last. They are looked at also while their address
  /// has to wait: behind one proxy sit all clients.
  Guarded<Digests> known_;
};

}  // namespace cordon
