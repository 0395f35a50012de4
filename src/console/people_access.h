#pragma once

#include "base/random.h"
#include "console/request_gate.h"
#include "console/setup_token.h"
#include "console/sign_in.h"
#include "core/ports/audit_log.h"
#include "core/ports/person_store.h"
#include "core/ports/session_store.h"
#include "core/ports/token_store.h"

namespace cordon {

/// What routes about people, sessions, tokens and the audit log work with. All of it outlives the
/// pages.
struct PeopleAccess {
  PersonStore& people;
  SessionStore& sessions;
  TokenStore& tokens;
  AuditLog& audit;
  PasswordHasher& passwords;
  SetupToken& setup;
  SignIn& sign_in;
  RequestGate& gate;
  Random& random;
};

/// What a route says about a change for the audit log, beyond what its request shows.
struct AuditNote {
  std::string who = {};  ///< Where nobody was let in yet: as in AuditEntry.
  std::string target = {};
  std::string detail = {};
};

}  // namespace cordon
