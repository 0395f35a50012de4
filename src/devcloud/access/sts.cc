#include "devcloud/access/sts.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/access/access.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::string_view kXmlns = "https://sts.amazonaws.com/doc/2011-06-15/";
constexpr std::uint64_t kSecondsMin = 900;
constexpr std::uint64_t kSecondsMax = 43'200;
constexpr std::uint64_t kSecondsDefault = 3'600;

AwsError invalid(std::string why) { return {400, "ValidationError", std::move(why)}; }

bool is_session_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("_+=,.@-").find(c) != std::string_view::npos;
         });
}

}  // namespace

ServerResponse StsService::handle(const Call& call, std::string_view action) {
  RequestTarget::Query all = call.target.query;
  if (const auto body = parse_form(call.request.body)) {
    all.insert(all.end(), body->begin(), body->end());
  }
  const QueryForm form(all);
  Answer<std::string> result =
      AwsError{400, "InvalidAction", "Could not find operation " + std::string(action)};
  if (action == "GetCallerIdentity") result = who_am_i(call);
  if (action == "AssumeRole") result = assume_role(call, form);
  if (!result) return query_error(kXmlns, result.error(), call.request_id);
  return query_answer(kXmlns, action, *result, call.request_id);
}

Answer<std::string> StsService::who_am_i(const Call& call) const {
  XmlWriter xml;
  (void)xml.take();
  xml.text("Arn", call.identity.arn).text("UserId", call.identity.user_id);
  return xml.text("Account", call.identity.account).take();
}

Answer<std::string> StsService::assume_role(const Call& call, const QueryForm& form) {
  const std::string role_arn = form.text("RoleArn");
  const std::string session = form.text("RoleSessionName");
  const std::string resource = arn_field(role_arn, 5);
  const std::string account = arn_field(role_arn, 4);
  if (role_arn != make_iam_arn(call.region, account, resource) || !resource.starts_with("role/") ||
      resource.size() <= 5) {
    return invalid(role_arn + " is invalid");
  }
  if (!is_session_name(session)) {
    return invalid("1 validation error detected: Value '" + session +
                   "' at 'roleSessionName' failed to satisfy constraint: Member must satisfy "
                   "regular expression pattern: [\\w+=,.@-]*");
  }
  const std::uint64_t seconds = form.has("DurationSeconds")
                                    ? parse_u64(form.text("DurationSeconds")).value_or(0)
                                    : kSecondsDefault;
  if (seconds < kSecondsMin || seconds > kSecondsMax) {
    return invalid("The requested DurationSeconds must be between 900 and 43200");
  }
  const std::string role = resource.substr(resource.rfind('/') + 1);
  std::string role_id = "AROA" + hex(sha256(role_arn)).substr(0, 17);
  std::transform(role_id.begin(), role_id.end(), role_id.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  AccessKey key;
  key.secret = make_token(basics_.random, 40);
  key.token = make_token(basics_.random, 256);
  key.expires = call.now + std::chrono::seconds(seconds);
  key.identity.access_key = "ASIA" + make_request_id(basics_.random);
  key.identity.account = account;
  key.identity.arn = session_arn_of(role_arn, session);
  key.identity.user_id = role_id + ":" + session;
  XmlWriter xml;
  (void)xml.take();
  xml.open("Credentials").text("AccessKeyId", key.identity.access_key);
  xml.text("SecretAccessKey", key.secret).text("SessionToken", key.token);
  xml.text("Expiration", rfc3339_s(*key.expires)).close("Credentials");
  xml.open("AssumedRoleUser").text("AssumedRoleId", key.identity.user_id);
  xml.text("Arn", key.identity.arn).close("AssumedRoleUser");
  keys_.forget_expired(call.now);
  keys_.add(std::move(key));
  return xml.take();
}

}  // namespace cordon::cloud
