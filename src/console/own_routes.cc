// What people do with what they sign in with: choose a password when invited, and one-time codes.

#include <array>
#include <boost/json.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "console/api_response.h"
#include "console/people_requests.h"
#include "console/people_routes.h"
#include "core/secret_text.h"
#include "core/totp.h"

namespace cordon {
namespace {

namespace json = boost::json;

bool counts(const std::optional<Person>& invited, const std::string& digest, SystemTime now) {
  return invited && !invited->is_disabled && invited->invitation &&
         invited->invitation->digest == digest && now < invited->invitation->expires;
}

// Whoever comes second with it, even at the same moment, finds that it does not count any more.
Result<ServerResponse> accept_invitation(ApiCall& call) {
  PeopleAccess& people = call.people;
  CORDON_TRY(call.request.checked());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  std::string secret = members.text("invitation");
  std::string password = members.text("password");
  const WipedLater wiped_secret(secret);
  const WipedLater wiped(password);
  CORDON_TRY(check_body(body));
  const std::string address = call.people.gate.address_of(call.http);
  if (const auto wait = people.sign_in.begin(address); wait.count() > 0) {
    return too_often_response(wait);
  }
  call.note.detail = "from " + address;
  const std::string digest = digest_of_secret(secret);
  CORDON_TRY(const std::optional<Person> invited,
             people.people.find_invited(digest, call.deadline, call.stop));
  if (!counts(invited, digest, call.now)) return refused_response();
  people.sign_in.take_back(address);
  call.note.who = "person:" + invited->name;
  call.note.target = invited->name;
  CORDON_TRY(check_password(password, invited->name));
  CORDON_TRY(const std::string hash, people.passwords.hash(password, call.deadline, call.stop));
  const PersonEdit set = [&](Person& stored) -> Result<void> {
    if (!counts(stored, digest, call.now)) return Error{Errc::denied, "it was used"};
    stored.password_hash = hash;
    stored.invitation.reset();
    sign_out_everywhere(stored, people.random);
    return {};
  };
  const Result<Person> changed = people.people.change_person(invited->name, AdminRule::one_stays,
                                                             set, call.deadline, call.stop);
  if (changed) {
    return list_response(
        json::serialize(json::object{{"name", changed->name}, {"role", name_of(changed->role)}}));
  }
  const bool is_over =
      changed.error().code == Errc::denied || changed.error().code == Errc::not_found;
  return is_over ? Result<ServerResponse>(refused_response()) : changed.error();
}

// The body of a request that shows the caller's password; what to answer where it is another one.
Result<std::optional<ServerResponse>> password_wrong(ApiCall& call) {
  if (!call.caller.session) return std::optional(not_for_tokens());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  std::string password = body.members().text("password");
  const WipedLater wiped(password);
  CORDON_TRY(check_body(body));
  call.note.target = call.caller.name;
  return own_password_wrong(call, password);
}

Result<Person> change_self(ApiCall& call, const PersonEdit& edit) {
  return call.people.people.change_person(call.caller.name, AdminRule::one_stays, edit,
                                          call.deadline, call.stop);
}

// Shows a secret, which counts when a code of it was shown.
Result<ServerResponse> offer_codes(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const std::optional<ServerResponse> refused, password_wrong(call));
  if (refused) return *refused;
  std::string secret = new_code_secret(call.people.random);
  const WipedLater wiped(secret);
  const PersonEdit offer = [&](Person& stored) -> Result<void> {
    if (stored.code_secret) {
      return Error{Errc::changed, "you have one-time codes; remove them first"};
    }
    stored.code_offered = secret;
    return {};
  };
  CORDON_TRY(change_self(call, offer));
  return list_response(json::serialize(
      json::object{{"secret", base32(secret)}, {"uri", otpauth_uri(secret, call.caller.name)}}));
}

Result<ServerResponse> confirm_codes(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  if (!call.caller.session) return not_for_tokens();
  CORDON_TRY(JsonDocument body, body_of(call.http));
  const std::string code = body.members().text("code");
  CORDON_TRY(check_body(body));
  call.note.target = call.caller.name;
  const PersonEdit confirm = [&](Person& stored) -> Result<void> {
    if (!stored.code_offered) return Error{Errc::changed, "ask for a secret first"};
    const auto step = step_of_code(*stored.code_offered, code, call.now, 0);
    if (!step) {
      return Error{Errc::invalid,
                   "code: the secret that you were shown has another one now; look whether the "
                   "clock of your authenticator is right"};
    }
    stored.code_secret = std::exchange(stored.code_offered, std::nullopt);
    stored.code_step = *step;
    return {};
  };
  CORDON_TRY(change_self(call, confirm));
  return empty_response();
}

Result<ServerResponse> remove_codes(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const std::optional<ServerResponse> refused, password_wrong(call));
  if (refused) return *refused;
  const PersonEdit remove = [](Person& stored) -> Result<void> {
    stored.code_secret.reset();
    stored.code_offered.reset();
    return {};
  };
  CORDON_TRY(change_self(call, remove));
  return empty_response();
}

constexpr std::array<ApiRoute, 4> kRoutes = {{
    {"POST", "/api/v1/session/invitation", std::nullopt, accept_invitation},
    {"POST", "/api/v1/session/codes", ApiRole::viewer, offer_codes},
    {"POST", "/api/v1/session/codes/confirm", ApiRole::viewer, confirm_codes},
    {"POST", "/api/v1/session/codes/remove", ApiRole::viewer, remove_codes},
}};

}  // namespace

std::span<const ApiRoute> own_routes() { return kRoutes; }

}  // namespace cordon
