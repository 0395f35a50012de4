#include "console/people_requests.h"

#include <boost/json.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "console/api_response.h"
#include "core/secret_text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr JsonLimits kBodyLimits{.bytes_max = 4096, .depth_max = 1, .text_bytes_max = 1000};

}  // namespace

std::string session_document(const SignedIn& signed_in, std::string_view csrf) {
  const Person& person = signed_in.person;
  return json::serialize(
      json::object{{"kind", "person"},
                   {"name", person.name},
                   {"role", name_of(person.role)},
                   {"codes", person.code_secret.has_value()},
                   {"csrf", csrf},
                   {"expires", rfc3339_s(signed_in.session.created + kSessionLife)}});
}

Result<JsonDocument> body_of(const ServerRequest& request) {
  Result<JsonDocument> document = JsonDocument::parse(request.body, kBodyLimits);
  if (!document) return with_context(document.error(), "the body");
  return document;
}

Result<void> check_body(const JsonDocument& body) {
  const Result<void> checked = body.checked();
  if (!checked) return with_context(checked.error(), "the body");
  return {};
}

Result<ServerResponse> begin_session(ApiCall& call, const Person& person) {
  PeopleAccess& people = call.people;
  const CookieKind kind = people.gate.cookie_kind();
  if (const auto old = session_secret_in(call.http, kind)) {
    CORDON_TRY(people.sessions.end_session(digest_of_secret(*old), call.deadline, call.stop));
  }
  std::string secret = new_secret_text(kSessionPrefix, people.random);
  const WipedLater wiped(secret);
  const SignedIn signed_in{.session = {.digest = digest_of_secret(secret),
                                       .person = person.name,
                                       .generation = person.generation,
                                       .created = call.now,
                                       .last_seen = call.now},
                           .person = person};
  CORDON_TRY(people.sessions.add_session(signed_in.session, call.deadline, call.stop));
  people.gate.remember(signed_in.session.digest);
  ServerResponse out = list_response(session_document(signed_in, csrf_token_of(secret)));
  out.headers.add("Set-Cookie", cookie_with(secret, kind));
  return out;
}

Result<std::optional<ServerResponse>> own_password_wrong(ApiCall& call,
                                                         const std::string& password) {
  using MaybeResponse = std::optional<ServerResponse>;
  const SignInAttempt attempt{.address = call.people.gate.address_of(call.http),
                              .name = call.caller.name,
                              .password = password};
  CORDON_TRY(const SignInOutcome outcome,
             call.people.sign_in.look_again(attempt, call.deadline, call.stop));
  if (outcome.wait.count() > 0) return MaybeResponse(too_often_response(outcome.wait));
  if (outcome.person) return MaybeResponse();
  return MaybeResponse(
      problem_response(403, "Forbidden", "the password that you have now is another one"));
}

ServerResponse not_for_tokens() {
  return problem_response(403, "Forbidden", "this is for people who are signed in, not for tokens");
}

ServerResponse refused_response() {
  return unauthorized_response(
      "what you sent opens nothing: it is wrong, was used, or does not count any more");
}

ServerResponse too_often_response(std::chrono::seconds wait) {
  return wait_response(wait, "too many attempts; wait");
}

}  // namespace cordon
