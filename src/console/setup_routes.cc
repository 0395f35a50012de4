// The first person of a console: made once, by whoever has the token that it printed.

#include <array>
#include <boost/json.hpp>

#include "base/secret.h"
#include "console/api_response.h"
#include "console/people_requests.h"
#include "console/people_routes.h"

namespace cordon {
namespace {

namespace json = boost::json;

Result<ServerResponse> get_setup(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const std::vector<Person> people, call.people.people.people(call.deadline, call.stop));
  return list_response(json::serialize(json::object{{"needed", people.empty()}}));
}

// Whoever comes second, even at the same moment, is answered as one with a wrong token.
Result<ServerResponse> make_first_person(ApiCall& call) {
  PeopleAccess& people = call.people;
  CORDON_TRY(call.request.checked());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  std::string token = members.text("token");
  std::string password = members.text("password");
  const WipedLater wiped_token(token);
  const WipedLater wiped_password(password);
  Person person{.name = members.text("name"), .role = ApiRole::admin, .created = call.now};
  CORDON_TRY(check_body(body));
  call.note = {.who = "setup", .target = person.name};

  const std::string address = call.people.gate.address_of(call.http);
  if (const auto wait = people.sign_in.begin(address); wait.count() > 0) {
    return too_often_response(wait);
  }
  if (!people.setup.matches(token)) return refused_response();
  people.sign_in.take_back(address);
  CORDON_TRY(check_person_name(person.name));
  CORDON_TRY(check_password(password, person.name));
  CORDON_TRY(person.password_hash, people.passwords.hash(password, call.deadline, call.stop));
  sign_out_everywhere(person, people.random);
  const Result<void> added = people.people.add_first_person(person, call.deadline, call.stop);
  if (!added && added.error().code != Errc::changed) return added.error();
  people.setup.end();
  if (!added) return refused_response();
  return made_response(
      json::serialize(json::object{{"name", person.name}, {"role", name_of(person.role)}}));
}

constexpr std::array<ApiRoute, 2> kRoutes = {{
    {"GET", "/api/v1/setup", std::nullopt, get_setup},
    {"POST", "/api/v1/setup", std::nullopt, make_first_person},
}};

}  // namespace

std::span<const ApiRoute> setup_routes() { return kRoutes; }

}  // namespace cordon
