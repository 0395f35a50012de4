// The tokens of programs.

#include <array>
#include <boost/json.hpp>

#include "base/duration.h"
#include "base/secret.h"
#include "base/text.h"
#include "console/api_response.h"
#include "console/finding_documents.h"
#include "console/people_requests.h"
#include "console/people_routes.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours kLifeMax{24 * 3650};
constexpr std::chrono::hours kLifeUsual{24 * 90};

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_s(*time)) : json::value(nullptr);
}

json::object token_object(const ApiToken& token, SystemTime now) {
  const char* state = token.revoked ? "revoked" : is_valid(token, now) ? "in force" : "expired";
  return {{"name", utf8_clean(token.name, 256)},
          {"role", name_of(token.role)},
          {"state", state},
          {"created", rfc3339_s(token.created)},
          {"expires", time_or_null(token.expires)},
          {"revoked", time_or_null(token.revoked)}};
}

// "90d", "never"; nothing means 90 days.
Result<std::optional<SystemTime>> end_of(const std::optional<std::string>& expires,
                                         SystemTime now) {
  using MaybeTime = std::optional<SystemTime>;
  if (!expires) return MaybeTime(now + kLifeUsual);
  if (*expires == "never") return MaybeTime();
  const Result<std::chrono::milliseconds> life = parse_duration(*expires, kLifeMax);
  if (!life) return with_context(life.error(), "the body: expires");
  return MaybeTime(now + *life);
}

Result<ServerResponse> list_tokens(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const std::vector<ApiToken> tokens,
             call.people.tokens.tokens(call.deadline, call.stop));
  std::vector<std::string> items;
  for (const ApiToken& one : tokens) items.push_back(json::serialize(token_object(one, call.now)));
  return list_response(list_document(items, std::nullopt, ""));
}

Result<ServerResponse> make_token(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(JsonDocument body, body_of(call.http));
  JsonMembers members = body.members();
  ApiToken token{.name = members.text("name"), .created = call.now};
  const std::optional<ApiRole> role = parse_api_role(members.text("role"));
  const std::optional<std::string> expires = members.maybe_text("expires");
  CORDON_TRY(check_body(body));
  call.note.target = token.name;
  CORDON_TRY(check_token_name(token.name));
  if (!role) return Error{Errc::invalid, "the body: role: it is viewer, operator or admin"};
  token.role = *role;
  CORDON_TRY(token.expires, end_of(expires, call.now));
  std::string secret = new_token_secret(call.people.random);
  const WipedLater wiped(secret);
  token.digest = digest_of_secret(secret);
  call.note.detail = "as " + std::string(name_of(token.role)) + ", until " +
                     (token.expires ? rfc3339_s(*token.expires) : "revoked");
  CORDON_TRY(call.people.tokens.add_token(token, call.deadline, call.stop));
  json::object made = token_object(token, call.now);
  made["token"] = secret;
  return made_response(json::serialize(made));
}

Result<ServerResponse> revoke_token(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(
      call.people.tokens.revoke_token(call.arguments.at(0), call.now, call.deadline, call.stop));
  return empty_response();
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/tokens", ApiRole::admin, list_tokens},
    {"POST", "/api/v1/tokens", ApiRole::admin, make_token},
    {"DELETE", "/api/v1/tokens/{name}", ApiRole::admin, revoke_token},
}};

}  // namespace

std::span<const ApiRoute> token_routes() { return kRoutes; }

}  // namespace cordon
