#include "console/person_changes.h"

#include "core/secret_text.h"

namespace cordon {
namespace {

Invitation new_invitation(const PeopleCall& call, const std::string& secret) {
  return {.digest = digest_of_secret(secret), .expires = call.now + kInvitationLife};
}

}  // namespace

Result<InvitedPerson> invite_person(const PeopleCall& call, const std::string& name, ApiRole role) {
  CORDON_TRY(check_person_name(name));
  std::string secret = new_secret_text(kInvitationPrefix, call.random);
  Person person{.name = name, .role = role, .created = call.now};
  person.invitation = new_invitation(call, secret);
  sign_out_everywhere(person, call.random);
  CORDON_TRY(call.people.add_person(person, call.deadline, call.stop));
  return InvitedPerson{std::move(person), std::move(secret)};
}

Result<InvitedPerson> reset_person(const PeopleCall& call, const std::string& name,
                                   AdminRule rule) {
  std::string secret = new_secret_text(kInvitationPrefix, call.random);
  const PersonEdit reset = [&](Person& stored) -> Result<void> {
    stored.password_hash.reset();
    stored.code_secret.reset();
    stored.code_offered.reset();
    stored.is_disabled = false;
    stored.invitation = new_invitation(call, secret);
    sign_out_everywhere(stored, call.random);
    return {};
  };
  CORDON_TRY(Person person, call.people.change_person(name, rule, reset, call.deadline, call.stop));
  return InvitedPerson{std::move(person), std::move(secret)};
}

Result<Person> disable_person(const PeopleCall& call, const std::string& name, AdminRule rule) {
  const PersonEdit disable = [&](Person& stored) -> Result<void> {
    stored.is_disabled = true;
    sign_out_everywhere(stored, call.random);
    return {};
  };
  return call.people.change_person(name, rule, disable, call.deadline, call.stop);
}

std::string_view state_of(const Person& person, SystemTime now) {
  if (person.is_disabled) return "disabled";
  if (person.password_hash) return "active";
  return person.invitation && now < person.invitation->expires ? "invited" : "expired";
}

}  // namespace cordon
