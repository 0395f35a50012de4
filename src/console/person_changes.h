#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/random.h"
#include "base/result.h"
#include "core/ports/person_store.h"

// What admins do with people, over the REST interface and by command.

namespace cordon {

/// An invitation counts for so long.
inline constexpr std::chrono::hours kInvitationLife{72};

/// Somebody who may choose a password with a secret, which is shown this once.
struct InvitedPerson {
  Person person;
  std::string secret;
};

/// What the store is asked with.
struct PeopleCall {
  PersonStore& people;
  Random& random;
  SystemTime now;
  Deadline deadline;
  std::stop_token stop;
};

/// Somebody new. Errors: those of the store; invalid: no name for a person.
Result<InvitedPerson> invite_person(const PeopleCall& call, const std::string& name, ApiRole role);
/// Everything that the person could sign in with ends, and every session; an invitation lets him
/// choose a new password. Who was disabled is so no more.
Result<InvitedPerson> reset_person(const PeopleCall& call, const std::string& name, AdminRule rule);
/// From now on the person is signed in nowhere and cannot sign in, until he is enabled again.
Result<Person> disable_person(const PeopleCall& call, const std::string& name, AdminRule rule);

/// "disabled", "invited" (until `now` he can choose a password), "expired" (he could) or "active".
std::string_view state_of(const Person& person, SystemTime now);

}  // namespace cordon
