#include "aws/credentials_sts.h"

#include <utility>

#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "base/files.h"
#include "base/text.h"
#include "core/partition.h"

namespace cordon {
namespace {

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::size_t kReplyBytesMax = 64U << 10U;
constexpr std::size_t kTokenBytesMax = 20'000;  // STS's own limit.

Result<QueryFields> role_fields(const RoleRequest& request, SystemTime now) {
  if (!request.role_arn.starts_with("arn:")) {
    return Error{Errc::invalid, "\"" + utf8_clean(request.role_arn, 128) +
                                    "\" is no role: write its ARN, " + role_arn_form()};
  }
  std::string session = request.session_name;
  if (session.empty()) {
    session =
        "cordon-" +
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  }
  QueryFields fields = {{"RoleArn", request.role_arn}, {"RoleSessionName", session}};
  if (request.duration) {
    const auto seconds = request.duration->count();
    if (seconds < 900 || seconds > 43'200) {
      return Error{Errc::invalid,
                   "duration_seconds is " + std::to_string(seconds) + ": write 900 to 43200"};
    }
    fields.emplace_back("DurationSeconds", std::to_string(seconds));
  }
  return fields;
}

Result<AwsCredentials> decode_reply(std::string_view body, std::string_view operation,
                                    const std::string& source) {
  pugi::xml_document document;
  const std::string root = std::string(operation) + "Response";
  CORDON_TRY(const pugi::xml_node reply,
             parse_xml(document, body, operation, root, kReplyBytesMax));
  const pugi::xml_node node =
      reply.child((std::string(operation) + "Result").c_str()).child("Credentials");
  AwsCredentials credentials{text_of(node, "AccessKeyId"), Secret(text_of(node, "SecretAccessKey")),
                             Secret(text_of(node, "SessionToken")), std::nullopt, source};
  const Result<SystemTime> expires = parse_rfc3339(text_of(node, "Expiration"));
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !expires) {
    return broken_reply(operation, "incomplete credentials");
  }
  credentials.expires = *expires;
  return credentials;
}

Result<AwsCredentials> ask(ServiceClient& sts, const std::string& operation,
                           const QueryFields& fields, const RoleRequest& request, Deadline deadline,
                           std::stop_token stop) {
  AwsCall call = query_call(AwsService::sts, operation, kVersion, fields);
  call.resource = request.role_arn;
  Result<HttpResponse> response = sts.call(call, deadline, std::move(stop));
  wipe(call.body);
  if (!response) return std::move(response).error();
  Result<AwsCredentials> decoded =
      decode_reply(response->body, operation, "role " + request.role_arn);
  wipe(response->body);
  return decoded;
}

}  // namespace

Result<AwsCredentials> assume_role(ServiceClient& sts, const RoleRequest& request, SystemTime now,
                                   Deadline deadline, std::stop_token stop) {
  CORDON_TRY(QueryFields fields, role_fields(request, now));
  if (request.external_id) fields.emplace_back("ExternalId", *request.external_id);
  return ask(sts, "AssumeRole", fields, request, deadline, std::move(stop));
}

Result<AwsCredentials> assume_role_with_token_file(ServiceClient& sts, const RoleRequest& request,
                                                   const std::string& token_file, SystemTime now,
                                                   Deadline deadline, std::stop_token stop) {
  CORDON_TRY(QueryFields fields, role_fields(request, now));
  Result<std::string> token = read_small_file(token_file, kTokenBytesMax);
  if (!token) return with_context(std::move(token).error(), "web identity token");
  fields.emplace_back("WebIdentityToken", trim(*token));
  wipe(*token);
  Result<AwsCredentials> credentials =
      ask(sts, "AssumeRoleWithWebIdentity", fields, request, deadline, std::move(stop));
  wipe(fields.back().second);
  return credentials;
}

Result<CredentialsSource::Finding> WebIdentityCredentials::find(Deadline deadline,
                                                                std::stop_token stop) {
  const auto token_file = environment_.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role = environment_.get("AWS_ROLE_ARN");
  if (!token_file) return Finding{std::nullopt, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
  if (!role) {
    return Error{Errc::invalid, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"};
  }
  const RoleRequest request{*role, environment_.get("AWS_ROLE_SESSION_NAME").value_or("")};
  const std::unique_ptr<ServiceClient> sts = sts_(nullptr);
  CORDON_TRY(AwsCredentials found,
             assume_role_with_token_file(*sts, request, *token_file, clock_.system_now(), deadline,
                                         std::move(stop)));
  found.source = "web identity, role " + *role;
  return Finding{std::move(found), ""};
}

Result<CredentialsSource::Finding> RoleCredentials::find(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(AwsCredentials found,
             assume_role(*sts_, request_, clock_.system_now(), deadline, std::move(stop)));
  return Finding{std::move(found), ""};
}

}  // namespace cordon
