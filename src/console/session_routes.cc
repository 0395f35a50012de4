// Signing in and out, and what a person changes about that.

#include <array>
#include <boost/json.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "console/api_response.h"
#include "console/people_requests.h"
#include "console/people_routes.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kTypedNameBytesMax = 64;

Result<ServerResponse> sign_in(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  SignInAttempt attempt{.address = call.people.gate.address_of(call.http),
                        .name = lower(trim(members.text("name"))),
                        .password = members.text("password"),
                        .code = members.maybe_text("code")};
  const WipedLater wiped(attempt.password);
  CORDON_TRY(check_body(body));
  attempt.name = utf8_clean(attempt.name, kTypedNameBytesMax);
  call.note = {.target = attempt.name, .detail = "from " + attempt.address};
  CORDON_TRY(const SignInOutcome outcome,
             call.people.sign_in.look_at(attempt, call.deadline, call.stop));
  if (outcome.wait.count() > 0) return too_often_response(outcome.wait);
  if (!outcome.person) return refused_response();
  call.note.who = "person:" + outcome.person->name;
  return begin_session(call, *outcome.person);
}

Result<ServerResponse> show_session(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  if (call.caller.session) {
    return list_response(session_document(*call.caller.session, call.caller.csrf));
  }
  return list_response(json::serialize(json::object{{"kind", "token"},
                                                    {"name", call.caller.name},
                                                    {"role", name_of(call.caller.role)},
                                                    {"codes", false},
                                                    {"csrf", nullptr},
                                                    {"expires", nullptr}}));
}

Result<ServerResponse> sign_out(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  if (!call.caller.session) return not_for_tokens();
  CORDON_TRY(call.people.sessions.end_session(call.caller.session->session.digest, call.deadline,
                                              call.stop));
  ServerResponse out = empty_response();
  out.headers.add("Set-Cookie", cookie_gone(call.people.gate.cookie_kind()));
  return out;
}

// Everybody else who is signed in as this person is not so any more; the caller gets a new session.
Result<ServerResponse> change_own_password(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  if (!call.caller.session) return not_for_tokens();
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  std::string current = members.text("current");
  std::string password = members.text("password");
  const WipedLater wiped_current(current);
  const WipedLater wiped(password);
  CORDON_TRY(check_body(body));
  const Person& self = call.caller.session->person;
  call.note.target = self.name;
  CORDON_TRY(const std::optional<ServerResponse> refused, own_password_wrong(call, current));
  if (refused) return *refused;
  CORDON_TRY(check_password(password, self.name));
  CORDON_TRY(const std::string hash,
             call.people.passwords.hash(password, call.deadline, call.stop));
  const PersonEdit set = [&](Person& stored) -> Result<void> {
    if (stored.generation != self.generation) {
      return Error{Errc::changed, "your password was changed meanwhile; sign in again"};
    }
    stored.password_hash = hash;
    stored.invitation.reset();
    sign_out_everywhere(stored, call.people.random);
    return {};
  };
  CORDON_TRY(const Person changed, call.people.people.change_person(self.name, AdminRule::none, set,
                                                                    call.deadline, call.stop));
  return begin_session(call, changed);
}

constexpr std::array<ApiRoute, 4> kRoutes = {{
    {"POST", "/api/v1/session", std::nullopt, sign_in},
    {"GET", "/api/v1/session", ApiRole::viewer, show_session},
    {"DELETE", "/api/v1/session", ApiRole::viewer, sign_out},
    {"PUT", "/api/v1/session/password", ApiRole::viewer, change_own_password},
}};

}  // namespace

std::span<const ApiRoute> session_routes() { return kRoutes; }

}  // namespace cordon
