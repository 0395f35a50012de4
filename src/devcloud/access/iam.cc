#include "devcloud/access/iam.h"

#include <algorithm>

#include "base/text.h"
#include "devcloud/xml.h"
#include "net/http.h"

namespace cordon::cloud {
namespace {

constexpr std::string_view kXmlns = "https://iam.amazonaws.com/doc/2010-05-08/";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  });
}

XmlWriter fragment() {
  XmlWriter xml;
  (void)xml.take();
  return xml;
}

}  // namespace

ServerResponse IamService::handle(const Call& call, std::string_view action) {
  RequestTarget::Query all = call.target.query;
  if (const auto body = parse_form(call.request.body)) {
    all.insert(all.end(), body->begin(), body->end());
  }
  const Reply reply = run(call, action, QueryForm(all));
  if (!reply) return query_error(kXmlns, reply.error(), call.request_id);
  return query_answer(kXmlns, action, *reply, call.request_id);
}

IamService::Reply IamService::run(const Call& call, std::string_view action,
                                  const QueryForm& form) {
  const AwsError unknown{400, "InvalidAction",
                         "The stand-in does not have this action: " + std::string(action)};
  if (action == "DeleteAccessKey") {
    const std::string key = form.text("AccessKeyId");
    const auto known = keys_.find(key);
    if (!known || !book_.id_of(known->identity.arn)) {
      return no_such_entity("The Access Key with id " + key);
    }
    keys_.remove(key);
    return std::string();
  }
  const bool role = form.has("RoleName");
  Subject subject{role ? "Role" : "User", form.text(role ? "RoleName" : "UserName"), ""};
  if (!is_name(subject.name)) {
    return AwsError{
        400, "ValidationError",
        "The specified value for " + std::string(role ? "roleName" : "userName") + " is invalid."};
  }
  subject.arn =
      make_iam_arn(call.region, call.identity.account, (role ? "role/" : "user/") + subject.name);
  // "PutRolePolicy" says "Put" + "Role" + "Policy"; what is left of it is the verb.
  std::string verb(action);
  const std::size_t at = verb.find(subject.kind);
  if (at != std::string::npos) verb.erase(at, 4);
  if (at == std::string::npos && verb != "CreateAccessKey") return unknown;
  return run_on(call, verb, subject, form);
}

IamService::Reply IamService::run_on(const Call& call, std::string_view verb,
                                     const Subject& subject, const QueryForm& form) {
  if (verb == "Create") return create(call, subject, form);
  if (verb == "UpdateAssumePolicy" && subject.kind == "Role") return change_trust(subject, form);
  if (verb == "Get") return describe(call, subject);
  if (verb == "CreateAccessKey" && subject.kind == "User") return create_key(call, subject);
  if (verb == "PutPolicy" || verb == "GetPolicy" || verb == "DeletePolicy" ||
      verb == "ListPolicies") {
    return change_policy(verb, subject, form);
  }
  if (verb == "Delete") {
    CORDON_TRY(const std::vector<std::string> names, book_.policy_names(subject.arn));
    if (!names.empty() || keys_.knows(subject.arn)) {
      return AwsError{409, "DeleteConflict", "Cannot delete entity, must delete policies first."};
    }
    book_.remove(subject.arn);
    return std::string();
  }
  return AwsError{400, "InvalidAction",
                  "The stand-in does not have this action on a " + subject.kind};
}

IamService::Reply IamService::change_trust(const Subject& subject, const QueryForm& form) {
  CORDON_TRY(book_.put_trust(subject.arn, form.text("PolicyDocument")));
  warn_of_gaps(basics_.log, *book_.trust_of(subject.arn), subject.arn + " trust");
  return std::string();
}

IamService::Reply IamService::create(const Call& call, const Subject& subject,
                                     const QueryForm& form) {
  const std::string trust = form.text("AssumeRolePolicyDocument");
  if (subject.kind == "Role") {
    const Answer<Policy> parsed = Policy::parse_of_trust(trust);
    if (!parsed) return AwsError{400, "MalformedPolicyDocument", parsed.error().message};
  }
  std::string id = subject.kind == "User" ? "AIDA" : "AROA";
  id += make_request_id(basics_.random);
  // The account's own key must not come under a policy by somebody taking its name.
  if (keys_.knows(subject.arn) || !book_.add(subject.arn, id)) {
    return AwsError{409, "EntityAlreadyExists",
                    subject.kind + " with name " + subject.name + " already exists."};
  }
  if (subject.kind == "Role") {
    CORDON_TRY(book_.put_trust(subject.arn, trust));
    warn_of_gaps(basics_.log, *book_.trust_of(subject.arn), subject.arn + " trust");
  }
  return describe(call, subject);
}

IamService::Reply IamService::describe(const Call& call, const Subject& subject) const {
  const auto id = book_.id_of(subject.arn);
  if (!id) return no_such_entity("The " + subject.kind + " with name " + subject.name);
  XmlWriter xml = fragment();
  xml.open(subject.kind).text("Path", "/").text(subject.kind + "Name", subject.name);
  xml.text(subject.kind + "Id", *id).text("Arn", subject.arn);
  xml.text("CreateDate", rfc3339_s(call.now));
  if (subject.kind == "Role") {
    xml.text("AssumeRolePolicyDocument", percent_encode(book_.trust_text_of(subject.arn), false));
  }
  xml.close(subject.kind);
  return xml.take();
}

IamService::Reply IamService::create_key(const Call& call, const Subject& subject) {
  const auto id = book_.id_of(subject.arn);
  if (!id) return no_such_entity("The user with name " + subject.name);
  AccessKey key;
  key.secret = make_token(basics_.random, 40);
  key.identity.access_key = "AKIA" + make_request_id(basics_.random);
  key.identity.account = call.identity.account;
  key.identity.arn = subject.arn;
  key.identity.user_id = *id;
  XmlWriter xml = fragment();
  xml.open("AccessKey").text("UserName", subject.name);
  xml.text("AccessKeyId", key.identity.access_key).text("Status", "Active");
  xml.text("SecretAccessKey", key.secret);
  xml.text("CreateDate", rfc3339_s(call.now)).close("AccessKey");
  keys_.add(std::move(key));
  return xml.take();
}

IamService::Reply IamService::change_policy(std::string_view verb, const Subject& subject,
                                            const QueryForm& form) {
  XmlWriter xml = fragment();
  if (verb == "ListPolicies") {
    CORDON_TRY(const std::vector<std::string> names, book_.policy_names(subject.arn));
    xml.open("PolicyNames");
    for (const std::string& one : names) xml.text("member", one);
    return xml.close("PolicyNames").flag("IsTruncated", false).take();
  }
  const std::string name = form.text("PolicyName");
  if (name.empty() || name.size() > 128) {
    return AwsError{400, "ValidationError", "The specified value for policyName is invalid."};
  }
  if (verb == "PutPolicy") {
    const std::string text = form.text("PolicyDocument");
    CORDON_TRY(book_.put_policy(subject.arn, name, text));
    warn_of_gaps(basics_.log, *Policy::parse_of_identity(text), subject.arn + " " + name);
    return std::string();
  }
  if (verb == "DeletePolicy") {
    CORDON_TRY(book_.remove_policy(subject.arn, name));
    return std::string();
  }
  CORDON_TRY(const std::string text, book_.policy(subject.arn, name));
  xml.text(subject.kind + "Name", subject.name).text("PolicyName", name);
  return xml.text("PolicyDocument", percent_encode(text, false)).take();
}

}  // namespace cordon::cloud
