// Who may sign in, and as what.

#include <array>
#include <boost/json.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "console/api_response.h"
#include "console/finding_documents.h"
#include "console/people_requests.h"
#include "console/people_routes.h"
#include "console/person_changes.h"

namespace cordon {
namespace {

namespace json = boost::json;

PeopleCall store_of(ApiCall& call) {
  return {call.people.people, call.people.random, call.now, call.deadline, call.stop};
}

json::object person_object(const Person& person, SystemTime now) {
  const std::string_view state = state_of(person, now);
  return {{"name", person.name},
          {"role", name_of(person.role)},
          {"state", state},
          {"codes", person.code_secret.has_value()},
          {"created", rfc3339_s(person.created)},
          {"invitedUntil", state == "invited" ? json::value(rfc3339_s(person.invitation->expires))
                                              : json::value(nullptr)}};
}

std::string invited_document(const InvitedPerson& invited, SystemTime now) {
  json::object out = person_object(invited.person, now);
  out["invitation"] = invited.secret;
  return json::serialize(out);
}

Error unknown_role() {
  return Error{Errc::invalid, "the body: role: it is viewer, operator or admin"};
}

Result<ServerResponse> list_people(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const std::vector<Person> people, call.people.people.people(call.deadline, call.stop));
  std::vector<std::string> items;
  for (const Person& one : people) items.push_back(json::serialize(person_object(one, call.now)));
  return list_response(list_document(items, std::nullopt, ""));
}

Result<ServerResponse> invite(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  const std::string name = members.text("name");
  const std::optional<ApiRole> role = parse_api_role(members.text("role"));
  CORDON_TRY(check_body(body));
  call.note = {.target = name};
  if (!role) return unknown_role();
  call.note.detail = "as " + std::string(name_of(*role));
  CORDON_TRY(InvitedPerson invited, invite_person(store_of(call), name, *role));
  const WipedLater wiped(invited.secret);
  return made_response(invited_document(invited, call.now));
}

/// What shall become of somebody; what is not there stays.
struct WantedPerson {
  std::optional<ApiRole> role = std::nullopt;
  std::optional<bool> is_disabled = std::nullopt;
};

Result<WantedPerson> wanted_in(ApiCall& call) {
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  const std::optional<std::string> role = members.maybe_text("role");
  const std::optional<std::string> state = members.maybe_text("state");
  CORDON_TRY(check_body(body));
  WantedPerson wanted;
  if (role && !(wanted.role = parse_api_role(*role))) return unknown_role();
  if (state && *state != "active" && *state != "disabled") {
    return Error{Errc::invalid, "the body: state: it is active or disabled"};
  }
  if (state) wanted.is_disabled = *state == "disabled";
  if (!role && !state) return Error{Errc::invalid, "the body names neither a role nor a state"};
  call.note.detail = role ? "role " + *role : "";
  if (state) call.note.detail += (role ? ", " : "") + *state;
  return wanted;
}

Result<ServerResponse> change(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const WantedPerson wanted, wanted_in(call));
  const PersonEdit edit = [&](Person& stored) -> Result<void> {
    stored.role = wanted.role.value_or(stored.role);
    if (wanted.is_disabled.value_or(false)) sign_out_everywhere(stored, call.people.random);
    stored.is_disabled = wanted.is_disabled.value_or(stored.is_disabled);
    return {};
  };
  CORDON_TRY(const Person now,
             call.people.people.change_person(call.arguments.at(0), AdminRule::one_stays, edit,
                                              call.deadline, call.stop));
  return list_response(json::serialize(person_object(now, call.now)));
}

Result<ServerResponse> remove(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(call.people.people.remove_person(call.arguments.at(0), call.deadline, call.stop));
  return empty_response();
}

Result<ServerResponse> reset(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(InvitedPerson invited,
             reset_person(store_of(call), call.arguments.at(0), AdminRule::one_stays));
  const WipedLater wiped(invited.secret);
  return list_response(invited_document(invited, call.now));
}

Result<ServerResponse> remove_codes(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  const PersonEdit edit = [](Person& stored) -> Result<void> {
    stored.code_secret.reset();
    stored.code_offered.reset();
    return {};
  };
  CORDON_TRY(call.people.people.change_person(call.arguments.at(0), AdminRule::one_stays, edit,
                                              call.deadline, call.stop));
  return empty_response();
}

constexpr std::array<ApiRoute, 6> kRoutes = {{
    {"GET", "/api/v1/people", ApiRole::admin, list_people},
    {"POST", "/api/v1/people", ApiRole::admin, invite},
    {"PATCH", "/api/v1/people/{name}", ApiRole::admin, change},
    {"DELETE", "/api/v1/people/{name}", ApiRole::admin, remove},
    {"POST", "/api/v1/people/{name}/reset", ApiRole::admin, reset},
    {"DELETE", "/api/v1/people/{name}/codes", ApiRole::admin, remove_codes},
}};

}  // namespace

std::span<const ApiRoute> people_routes() { return kRoutes; }

}  // namespace cordon
