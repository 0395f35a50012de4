#include "devcloud/dispatch.h"

#include <algorithm>

#include "base/text.h"
#include "devcloud/access/access_requests.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

constexpr std::string_view kFaultsPath = "/_devcloud/faults";
constexpr std::string_view kAccessPath = "/_devcloud/access";

// How each protocol says that a signature does not count.
struct AuthWords {
  int status;
  const char* code;
};

AuthWords s3_words(AuthProblem problem) {
  switch (problem) {
    case AuthProblem::unknown_key:
      return {403, "InvalidAccessKeyId"};
    case AuthProblem::wrong_signature:
      return {403, "SignatureDoesNotMatch"};
    case AuthProblem::skewed:
      return {403, "RequestTimeTooSkewed"};
    case AuthProblem::malformed_header:
      return {400, "AuthorizationHeaderMalformed"};
    case AuthProblem::malformed_query:
      return {400, "AuthorizationQueryParametersError"};
    case AuthProblem::expired_url:
      return {403, "AccessDenied"};
    case AuthProblem::bad_token:
      return {400, "InvalidToken"};
    case AuthProblem::expired_token:
      return {400, "ExpiredToken"};
    case AuthProblem::missing_payload_hash:
    case AuthProblem::old_signature:
      return {400, "InvalidRequest"};
    case AuthProblem::unsigned_headers:
      return {403, "AccessDenied"};
  }
  return {403, "AccessDenied"};
}

AuthWords query_words(AuthProblem problem) {
  switch (problem) {
    case AuthProblem::unknown_key:
    case AuthProblem::bad_token:
      return {403, "InvalidClientTokenId"};
    case AuthProblem::wrong_signature:
    case AuthProblem::skewed:
    case AuthProblem::expired_url:
    case AuthProblem::unsigned_headers:
      return {403, "SignatureDoesNotMatch"};
    case AuthProblem::malformed_header:
    case AuthProblem::malformed_query:
    case AuthProblem::missing_payload_hash:
    case AuthProblem::old_signature:
      return {400, "IncompleteSignature"};
    case AuthProblem::expired_token:
      return {403, "ExpiredToken"};
  }
  return {403, "AccessDenied"};
}

AuthWords json_words(AuthProblem problem) {
  switch (problem) {
    case AuthProblem::unknown_key:
    case AuthProblem::bad_token:
      return {400, "UnrecognizedClientException"};
    case AuthProblem::wrong_signature:
    case AuthProblem::skewed:
    case AuthProblem::expired_url:
    case AuthProblem::unsigned_headers:
      return {400, "InvalidSignatureException"};
    case AuthProblem::malformed_header:
    case AuthProblem::malformed_query:
    case AuthProblem::missing_payload_hash:
    case AuthProblem::old_signature:
      return {400, "IncompleteSignatureException"};
    case AuthProblem::expired_token:
      return {400, "ExpiredTokenException"};
  }
  return {400, "AccessDeniedException"};
}

bool is_known_in(const std::string& region, const Identity& who) {
  return who.of_all_partitions || arn_field(who.arn, 1) == partition_of_region(region);
}

// Bodies with Action=... of the query protocol.
std::string action_of_form(const ServerRequest& request, const RequestTarget& target) {
  if (const auto action = target.param("Action")) return std::string(*action);
  const auto type = request.headers.get("content-type").value_or("");
  if (request.method != "POST" || !type.starts_with("application/x-www-form-urlencoded")) return {};
  const auto form = parse_form(request.body);
  if (!form) return {};
  const auto at = std::find_if(form->begin(), form->end(),
                               [](const auto& pair) { return pair.first == "Action"; });
  return at == form->end() ? std::string() : at->second;
}

std::string source_ip(const std::string& peer) {
  const std::size_t colon = peer.rfind(':');
  std::string ip = peer.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  return ip;
}

AwsError no_credentials(bool s3) {
  if (s3) return {403, "AccessDenied", "Access Denied"};
  return {403, "MissingAuthenticationToken", "Request is missing Authentication Token"};
}

}  // namespace

Dispatcher::Dispatcher(Basics basics, FaultBoard* faults)
    : basics_(std::move(basics)),
      faults_(faults),
      judge_(basics_.log, basics_.account),
      sqs_(basics_),
      sns_(basics_, sqs_),
      events_(basics_, sqs_, sns_),
      logs_(basics_),
      gateways_(basics_, events_),
      sts_(basics_, keys_),
      iam_(basics_, keys_, identities_),
      s3_(basics_, judge_, sqs_, sns_, events_) {}

Dispatcher::Route Dispatcher::route(const ServerRequest& request,
                                    const RequestTarget& target) const {
  if (const auto header = request.headers.get("x-amz-target")) {
    const std::size_t dot = std::min(header->find('.'), header->size());
    const std::string_view prefix = header->substr(0, dot);
    const std::string action(header->substr(std::min(dot + 1, header->size())));
    if (prefix == "AmazonSQS") return {Protocol::sqs_json, action, "sqs:" + action};
    if (prefix == "AWSEvents") return {Protocol::events, action, "events:" + action};
    if (prefix == "Logs_20140328") return {Protocol::logs, action, "logs:" + action};
    if (prefix == "StorageGateway_20130630") {
      return {Protocol::gateways, action, "storagegateway:" + action};
    }
    return {Protocol::unknown, action, std::string(prefix) + ":" + action};
  }
  const std::string service = claimed_service(request, target);
  const std::string action = service == "s3" ? "" : action_of_form(request, target);
  if (!action.empty()) {
    if (service == "sqs") return {Protocol::sqs_query, action, "sqs:" + action};
    if (service == "sns") return {Protocol::sns, action, "sns:" + action};
    if (service == "iam") return {Protocol::iam, action, "iam:" + action};
    return {Protocol::sts, action, "sts:" + action};
  }
  Route route;
  const Answer<S3Address> address = s3_.address(request, target);
  route.operation = "s3:" + (address ? std::string(address->operation->name) : "Unknown");
  return route;
}

AwsError Dispatcher::auth_error(Protocol protocol, const AuthFailure& failure) {
  const bool json = protocol == Protocol::sqs_json || protocol == Protocol::events ||
                    protocol == Protocol::logs || protocol == Protocol::gateways ||
                    protocol == Protocol::unknown;
  const AuthWords words = protocol == Protocol::s3 ? s3_words(failure.problem)
                          : json                   ? json_words(failure.problem)
                                                   : query_words(failure.problem);
  return {words.status, words.code, failure.message};
}

ServerResponse Dispatcher::refuse(Protocol protocol, const AwsError& error,
                                  const ServerRequest& request,
                                  const std::string& request_id) const {
  switch (protocol) {
    case Protocol::s3:
      return S3Service::error_response(error, request.method,
                                       request.target.substr(0, request.target.find('?')),
                                       request_id, make_token(basics_.random, 56));
    case Protocol::sqs_json: {
      AwsError named = error;
      named.code = "com.amazon.coral.service#" + error.code;
      return json_error("1.0", named, request_id);
    }
    case Protocol::events:
    case Protocol::logs:
    case Protocol::gateways:
    case Protocol::unknown:
      return json_error("1.1", error, request_id);
    case Protocol::sqs_query:
      return query_error("http://queue.amazonaws.com/doc/2012-11-05/", error, request_id);
    case Protocol::sns:
      return query_error("http://sns.amazonaws.com/doc/2010-03-31/", error, request_id);
    case Protocol::iam:
      return query_error("https://iam.amazonaws.com/doc/2010-05-08/", error, request_id);
    case Protocol::sts:
      return query_error("https://sts.amazonaws.com/doc/2011-06-15/", error, request_id);
  }
  return ServerResponse{.status = 500};
}

std::shared_ptr<UploadSink> Dispatcher::upload(const ServerRequest& head) {
  const Result<RequestTarget> target = parse_target(head.target);
  if (!target || head.headers.has("x-amz-target")) return nullptr;
  if (head.method != "PUT") return nullptr;
  const Answer<S3Address> address = s3_.address(head, *target);
  if (!address || !S3Service::takes_bytes(*address->operation)) return nullptr;
  return std::make_shared<S3Upload>(
      basics_, head, verify_signature(head, *target, keys_, basics_.clock.system_now()));
}

ServerResponse Dispatcher::handle(const ServerRequest& request,
                                  const std::shared_ptr<UploadSink>& upload, std::stop_token stop) {
  if (faults_ != nullptr && request.target == kFaultsPath) return faults_->control(request);
  if (faults_ != nullptr && request.target.substr(0, request.target.find('?')) == kAccessPath) {
    return judge_.control(request);
  }
  ServerResponse response = serve(request, upload, std::move(stop));
  response.headers.set("Date", http_date(basics_.clock.system_now()));
  // A final answer that no "100 Continue" went before: clients such as botocore lose step with what
  // follows on the connection, so nothing may.
  if (request.headers.has("expect") && upload == nullptr && request.body.empty()) {
    response.headers.set("Connection", "close");
  }
  // The query of a presigned URL is a credential; the name of its first field says what is asked
  // for.
  const std::size_t query = std::min(request.target.find('?'), request.target.size());
  const std::string about = request.target.substr(std::min(query + 1, request.target.size()));
  basics_.log.debug("devcloud.request", {{"method", request.method},
                                         {"path", request.target.substr(0, query)},
                                         {"query", about.substr(0, about.find_first_of("=&"))},
                                         {"status", response.status}});
  return response;
}

ServerResponse Dispatcher::serve(const ServerRequest& request,
                                 const std::shared_ptr<UploadSink>& upload, std::stop_token stop) {
  const std::string request_id = make_request_id(basics_.random);
  const Result<RequestTarget> target = parse_target(request.target);
  if (!target) {
    return refuse(Protocol::s3, {400, "InvalidURI", "Couldn't parse the specified URI."}, request,
                  request_id);
  }
  const Route where = route(request, *target);
  const std::optional<Fault> fault =
      faults_ == nullptr ? std::nullopt : faults_->take(where.operation);
  if (fault && fault->latency.count() > 0) basics_.clock.wait_for(fault->latency, stop);
  if (fault && fault->status != 0 && !fault->after) {
    return refuse(where.protocol, {fault->status, fault->code, fault->message}, request,
                  request_id);
  }
  const SystemTime now = basics_.clock.system_now();
  const Verification verification = verify_signature(request, *target, keys_, now);
  const bool s3 = where.protocol == Protocol::s3;
  if (const auto* failure = std::get_if<AuthFailure>(&verification)) {
    return refuse(where.protocol, auth_error(where.protocol, *failure), request, request_id);
  }
  const auto* verified = std::get_if<Signed>(&verification);
  if (verified != nullptr && !is_known_in(verified->region, verified->identity)) {
    const AuthFailure foreign{AuthProblem::unknown_key,
                              "The key is of another partition than region " + verified->region};
    return refuse(where.protocol, auth_error(where.protocol, foreign), request, request_id);
  }
  if (verified == nullptr && !s3) {
    return refuse(where.protocol, no_credentials(false), request, request_id);
  }
  const std::string wanted = s3 ? "s3" : where.operation.substr(0, where.operation.find(':'));
  if (verified != nullptr && where.protocol != Protocol::unknown && verified->service != wanted) {
    const AuthWords words = s3 ? AuthWords{400, "AuthorizationHeaderMalformed"}
                               : query_words(AuthProblem::wrong_signature);
    return refuse(where.protocol,
                  {words.status, words.code,
                   "Credential should be scoped to correct service: '" + wanted + "'."},
                  request, request_id);
  }
  Call call{request, *target, {}, wanted, {}, request_id, source_ip(request.peer), now, stop};
  if (verified != nullptr) {
    call.identity = verified->identity;
    call.region = verified->region;
    if (call.identity.of_all_partitions) {  // Then no policy is about it, either.
      call.identity.arn = in_partition(partition_of_region(call.region), call.identity.arn);
    } else {
      call.identity.grants = identities_.grants_of(call.identity);
    }
  }
  // The head's hash binds small bodies here; a sink checks large ones as they arrive.
  const bool hashed =
      verified != nullptr && s3 && upload == nullptr && verified->payload_hash.size() == 64;
  if (hashed && hex(sha256(request.body)) != verified->payload_hash) {
    return refuse(where.protocol,
                  {400, "XAmzContentSHA256Mismatch",
                   "The provided 'x-amz-content-sha256' header does not match what was computed."},
                  request, request_id);
  }
  if (const Answer<void> may = authorize(where, call); !may) {
    return refuse(where.protocol, may.error(), request, request_id);
  }
  ServerResponse response = run(where, call, upload);
  if (fault && fault->status != 0) {
    return refuse(where.protocol, {fault->status, fault->code, fault->message}, request,
                  request_id);
  }
  if (fault && fault->cut_after) cut_body(response, *fault->cut_after);
  return response;
}

// Whoever takes a role on must be trusted by it and, unless the role names it alone, be allowed to
// by its own account. A role that nobody described trusts everybody.
Answer<void> Dispatcher::authorize_role(const Call& call) {
  RequestTarget::Query all = call.target.query;
  if (const auto body = parse_form(call.request.body)) {
    all.insert(all.end(), body->begin(), body->end());
  }
  const QueryForm in(all);
  AccessQuestion question = question_of(call, "sts:AssumeRole", in.text("RoleArn"));
  if (const std::string id = in.text("ExternalId"); !id.empty()) {
    question.context["sts:externalid"] = {id};
  }
  if (!identities_.id_of(question.resource)) {
    question.owner = call.identity.account;
    return judge_.check(call.identity, question, nullptr);
  }
  const std::optional<Policy> trust = identities_.trust_of(question.resource);
  if (trust && trust->decide(question) != PolicyEffect::allow) {
    return AwsError{403, "AccessDenied",
                    "User: " + call.identity.arn + " is not authorized to perform: " +
                        question.action + " on resource: " + question.resource};
  }
  return judge_.check(call.identity, question, trust ? &*trust : nullptr);
}

Answer<void> Dispatcher::authorize(const Route& where, const Call& call) {
  if (where.protocol == Protocol::s3 || where.protocol == Protocol::unknown) return {};
  if (call.service == "sts" && where.action == "AssumeRole") return authorize_role(call);
  for (AccessNeed& need : needs_of(call, where.action, basics_.account)) {
    std::optional<Policy> policy;
    if (call.service == "sqs") policy = sqs_.policy_of(need.resource);
    if (call.service == "sns") policy = sns_.policy_of(need.resource);
    const AccessQuestion question =
        question_of(call, std::move(need.action), std::move(need.resource));
    const Answer<void> may = judge_.check(call.identity, question, policy ? &*policy : nullptr);
    if (may) continue;
    AwsError error = may.error();
    if (where.protocol == Protocol::sns) error.code = "AuthorizationError";
    if (call.request.headers.has("x-amz-target")) {
      error.status = 400;
      error.code = "AccessDeniedException";
      if (where.protocol == Protocol::sqs_json) {
        error.headers.set("x-amzn-query-error", "AccessDenied;Sender");
      }
    }
    return error;
  }
  return {};
}

ServerResponse Dispatcher::run(const Route& where, const Call& call,
                               const std::shared_ptr<UploadSink>& upload) {
  switch (where.protocol) {
    case Protocol::s3:
      return run_s3(call, upload);
    case Protocol::sqs_json:
      return sqs_.handle(call, where.action, false);
    case Protocol::sqs_query:
      return sqs_.handle(call, where.action, true);
    case Protocol::sns:
      return sns_.handle(call, where.action);
    case Protocol::events:
      return events_.handle(call, where.action);
    case Protocol::logs:
      return logs_.handle(call, where.action);
    case Protocol::gateways:
      return gateways_.handle(call, where.action);
    case Protocol::sts:
      return sts_.handle(call, where.action);
    case Protocol::iam:
      return iam_.handle(call, where.action);
    case Protocol::unknown:
      break;
  }
  return refuse(where.protocol,
                {400, "UnknownOperationException", "The stand-in does not have this service"},
                call.request, call.request_id);
}

ServerResponse Dispatcher::run_s3(const Call& call, const std::shared_ptr<UploadSink>& upload) {
  // Only `upload` makes sinks, and only of this kind.
  auto bytes = std::static_pointer_cast<S3Upload>(upload);
  if (bytes == nullptr) {
    const Answer<S3Address> address = s3_.address(call.request, call.target);
    if (address && S3Service::takes_bytes(*address->operation)) {
      bytes = std::static_pointer_cast<S3Upload>(this->upload(call.request));
      if (bytes != nullptr) (void)bytes->write(call.request.body);
    }
  }
  return s3_.handle(call, std::move(bytes));
}

}  // namespace cordon::cloud
