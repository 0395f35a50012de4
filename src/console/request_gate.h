#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/metrics.h"
#include "base/result.h"
#include "console/client_address.h"
#include "console/failed_attempts.h"
#include "console/page_origin.h"
#include "core/ports/session_store.h"
#include "core/ports/token_store.h"
#include "net/http_server.h"

namespace cordon {

/// Who a request is from, or why it is refused.
struct Admission {
  enum class Outcome : unsigned char {
    admitted,
    refused,  ///< Nothing in it counts.
    forged,   ///< It has a session, and nothing shows that a page of ours has made it.
    wait,
  };

  Outcome outcome = Outcome::refused;
  std::string name = {};  ///< Of the token or the person; for logs. Empty: nobody.
  ApiRole role = ApiRole::viewer;
  std::optional<SignedIn> session = std::nullopt;  ///< None: the bearer of a token, or nobody.
  std::string csrf = {};                           ///< Of the session.
  std::chrono::seconds wait{0};  ///< Of `wait`: until when nobody from there is looked at.

  std::string who() const;  ///< For the audit log: "person:ada", "token:ci", "nobody"
};

/// Whether the request changes nothing: GET and HEAD.
bool only_reads(const ServerRequest& request);

/// What stands between the console and those who ask it.
struct ConsoleFront {
  PageOrigin origin = PageOrigin();
  std::size_t proxies = 0;  ///< As of `client_address`.
};

/// The one place that lets requests in: those with a token in force (`Authorization: Bearer
/// SECRET`) and those of a session that counts (its cookie and, for whatever changes something, its
/// token in `X-Cordon-CSRF`). Every request asks the store, so that what was revoked ends at once.
/// Threads: any.
class RequestGate {
 public:
  /// All of it outlives the gate.
  RequestGate(TokenStore& tokens, SessionStore& sessions, ConsoleFront front, const Clock& clock,
              Metrics& metrics)
      : tokens_(tokens),
        sessions_(sessions),
        front_(std::move(front)),
        clock_(clock),
        metrics_(metrics),
        failures_(kAddressLimit, clock) {}

  /// Errors: those of the store; nobody is let in then.
  Result<Admission> look_at(const ServerRequest& request, Deadline deadline, std::stop_token stop);
  /// For what nobody needs to be let in: whether a page of another site has made it.
  bool is_foreign(const ServerRequest& request) const { return front_.origin.is_foreign(request); }
  CookieKind cookie_kind() const { return front_.origin.cookie_kind(); }
  std::string address_of(const ServerRequest& request) const {
    return client_address(request, front_.proxies);
  }
  /// From now on the secret is looked at also while its address has to wait.
  void remember(const std::string& digest);

 private:
  using Digests = std::set<std::string>;

  Result<Admission> look_at_token(const std::string& digest, Deadline deadline,
                                  std::stop_token stop);
  Result<Admission> look_at_session(const ServerRequest& request, const std::string& secret,
                                    Deadline deadline, std::stop_token stop);
  Admission refuse(const std::string& address);

  TokenStore& tokens_;
  SessionStore& sessions_;
  const ConsoleFront front_;
  const Clock& clock_;
  Metrics& metrics_;
  FailedAttempts failures_;
  /// Of secrets that were in force when they came last. They are looked at also while their address
  /// has to wait: behind one proxy sit all clients.
  Guarded<Digests> known_;
};

}  // namespace cordon
