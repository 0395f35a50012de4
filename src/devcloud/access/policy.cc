// Evaluates access policies. What the stand-in does not understand fails closed: an Allow that it
// cannot judge opens nothing, a Deny that it cannot judge shuts; who writes such a policy finds a
// warning in the log. Operators that AWS does not have are refused when the policy is written.

#include "devcloud/access/policy.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/text.h"
#include "devcloud/access/policy_conditions.h"
#include "devcloud/call.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;
using Strings = std::vector<std::string>;

constexpr std::size_t kPolicyBytesMax = 30'720;  // SNS allows most: 30 KiB; S3 has 20.
constexpr std::size_t kPolicyDepthMax = 8;

AwsError malformed(std::string why) { return {400, "MalformedPolicy", std::move(why)}; }

// Null: no pattern fits.
const std::string* find_wildcard(const Strings& patterns, std::string_view text) {
  const auto at = std::find_if(patterns.begin(), patterns.end(),
                               [&](const std::string& p) { return matches_wildcard(p, text); });
  return at == patterns.end() ? nullptr : &*at;
}

const std::string* find_action(const Strings& patterns, std::string_view action) {
  const auto at = std::find_if(patterns.begin(), patterns.end(), [&](const std::string& p) {
    return matches_wildcard(lower(p), lower(action));
  });
  return at == patterns.end() ? nullptr : &*at;
}

struct Principals {
  bool anyone = false;
  Strings aws;
  Strings services;
};

Answer<Principals> parse_principals(const json::value& value) {
  Principals out;
  if (value.is_string()) {
    if (value.as_string() != "*") return malformed("Invalid principal in policy");
    out.anyone = true;
    return out;
  }
  if (!value.is_object()) return malformed("Invalid principal in policy");
  for (const auto& [kind, names] : value.as_object()) {
    const auto list = texts_of(names);
    if (!list) return malformed("Invalid principal in policy");
    if (kind == "AWS") {
      out.aws.insert(out.aws.end(), list->begin(), list->end());
    } else if (kind == "Service") {
      out.services.insert(out.services.end(), list->begin(), list->end());
    } else if (kind != "Federated" && kind != "CanonicalUser") {
      return malformed("Invalid principal in policy");
    }
  }
  return out;
}

bool contains(const Strings& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// A session is named by itself or by its role.
std::string role_of(const AccessQuestion& question) {
  const auto role = question.context.find("aws:principalarn");
  if (role == question.context.end() || role->second.empty()) return question.principal;
  return role->second.front();
}

bool names_account(const Principals& principals, const AccessQuestion& question) {
  return contains(principals.aws, question.account) ||
         contains(principals.aws, "arn:" + arn_field(question.principal, 1) +
                                      ":iam::" + question.account + ":root");
}

// Whether any of the names stands for the caller.
bool names(const Principals& principals, const AccessQuestion& question, bool allow) {
  if (principals.anyone || contains(principals.aws, "*")) return true;
  switch (question.who) {
    case AccessQuestion::Who::service:
      return contains(principals.services, question.principal);
    case AccessQuestion::Who::anonymous:
      return false;
    case AccessQuestion::Who::account:
      break;
  }
  if (contains(principals.aws, question.principal)) return true;
  if (contains(principals.aws, role_of(question))) return true;
  if (allow && question.by_identity) return false;
  return names_account(principals, question);
}

// NotPrincipal spares a caller only when its account, its role and its session are all named, as
// AWS has it; a session that is not named is denied although its role is.
bool spares(const Principals& principals, const AccessQuestion& question) {
  if (principals.anyone || question.who != AccessQuestion::Who::account) {
    return names(principals, question, false);
  }
  return names_account(principals, question) && contains(principals.aws, question.principal) &&
         contains(principals.aws, role_of(question));
}

}  // namespace

struct Policy::Statement {
  bool allow = false;
  std::string sid;
  bool of_identity = false;
  bool not_principal = false;
  Principals principals;
  bool not_action = false;
  Strings actions;
  bool not_resource = false;
  Strings resources;
  std::vector<Condition> conditions;
  std::string gap;  ///< Why it cannot be judged; empty: it can.

  bool is_for(const AccessQuestion& question) const {
    if (of_identity) return true;
    if (!not_principal) return names(principals, question, allow);
    return allow ? !names(principals, question, false) : !spares(principals, question);
  }

  bool applies(const AccessQuestion& question, PolicyMatch* by) const {
    const std::string* action = find_action(actions, question.action);
    const std::string* resource = find_wildcard(resources, question.resource);
    const bool meant = is_for(question) && (action != nullptr) != not_action &&
                       ((resource != nullptr) != not_resource || (!gap.empty() && !allow));
    if (!meant) return false;
    if (gap.empty() && !std::all_of(conditions.begin(), conditions.end(),
                                    [&](const Condition& c) { return c.holds(question); })) {
      return false;
    }
    if (!gap.empty() && allow) return false;
    if (by != nullptr) {
      *by = {sid, action == nullptr ? "" : *action, resource == nullptr ? "" : *resource};
    }
    return true;
  }

  static Answer<Statement> parse(const json::value& value, Kind kind,
                                 const std::function<bool(std::string_view)>& owns);
  Answer<void> parse_principal(const json::object& in);
  Answer<void> parse_conditions(const json::value& value);
};

Answer<void> Policy::Statement::parse_principal(const json::object& in) {
  not_principal = in.contains("NotPrincipal");
  const json::value* principal = in.if_contains(not_principal ? "NotPrincipal" : "Principal");
  if (of_identity) {
    if (principal == nullptr) return {};
    return malformed("Policy document should not specify a principal.");
  }
  if (principal == nullptr) return malformed("Missing required field Principal");
  CORDON_TRY(principals, parse_principals(*principal));
  return {};
}

Answer<void> Policy::Statement::parse_conditions(const json::value& value) {
  if (!value.is_object()) return malformed("Condition is not an object");
  for (const auto& [op, keys] : value.as_object()) {
    if (!keys.is_object()) return malformed("Condition is not an object");
    for (const auto& [key, wanted] : keys.as_object()) {
      CORDON_TRY(Condition condition, Condition::parse(op, key, wanted));
      if (!condition.gap().empty()) gap = condition.gap();
      conditions.push_back(std::move(condition));
    }
  }
  return {};
}

Answer<Policy::Statement> Policy::Statement::parse(
    const json::value& value, Kind kind, const std::function<bool(std::string_view)>& owns) {
  if (!value.is_object()) return malformed("A statement is not an object");
  const json::object& in = value.as_object();
  Statement out;
  out.of_identity = kind == Kind::identity;
  const auto list = [&](const char* name) -> Answer<Strings> {
    const json::value* found = in.if_contains(name);
    if (found == nullptr) return malformed("Missing required field " + std::string(name));
    CORDON_TRY(Strings texts, texts_of(*found));
    if (texts.empty()) return malformed("Missing required field " + std::string(name));
    return texts;
  };
  CORDON_TRY(const Strings effect, list("Effect"));
  if (effect.size() != 1 || (effect.front() != "Allow" && effect.front() != "Deny")) {
    return malformed("Invalid effect");
  }
  out.allow = effect.front() == "Allow";
  if (in.contains("Sid")) {
    CORDON_TRY(const Strings sid, list("Sid"));
    out.sid = sid.front();
  }
  CORDON_TRY(out.parse_principal(in));
  out.not_action = in.contains("NotAction");
  CORDON_TRY(out.actions, list(out.not_action ? "NotAction" : "Action"));
  if (kind == Kind::trust) {
    if (in.contains("Resource") || in.contains("NotResource")) {
      return malformed("Has prohibited field Resource");
    }
    out.resources = {"*"};
  } else {
    out.not_resource = in.contains("NotResource");
    CORDON_TRY(out.resources, list(out.not_resource ? "NotResource" : "Resource"));
  }
  if (owns && !std::all_of(out.resources.begin(), out.resources.end(), owns)) {
    return malformed("Policy has invalid resource");
  }
  for (const std::string& resource : out.resources) {
    if (resource.find("${") != std::string::npos) out.gap = "policy variables";
  }
  if (const json::value* conditions = in.if_contains("Condition")) {
    CORDON_TRY(out.parse_conditions(*conditions));
  }
  return out;
}

Answer<Policy> Policy::parse(std::string_view text,
                             const std::function<bool(std::string_view)>& owns) {
  return parse_kind(text, Kind::resource, owns);
}

Answer<Policy> Policy::parse_of_identity(std::string_view text) {
  return parse_kind(text, Kind::identity, {});
}

Answer<Policy> Policy::parse_of_trust(std::string_view text) {
  return parse_kind(text, Kind::trust, {});
}

Answer<Policy> Policy::parse_kind(std::string_view text, Kind kind,
                                  const std::function<bool(std::string_view)>& owns) {
  if (text.size() > kPolicyBytesMax) return malformed("Policies are limited to 20 KB");
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = kPolicyDepthMax;
  const json::value document = json::parse(text, failed, {}, options);
  if (failed || !document.is_object()) return malformed("This policy contains invalid Json");
  const json::value* statements = document.as_object().if_contains("Statement");
  if (statements == nullptr) return malformed("Missing required field Statement");
  Policy policy;
  const auto add = [&](const json::value& one) -> Answer<void> {
    CORDON_TRY(Statement statement, Statement::parse(one, kind, owns));
    if (statement.sid.empty()) {
      statement.sid = "#" + std::to_string(policy.statements_.size() + 1);
    }
    if (!statement.gap.empty()) policy.gaps_.push_back(statement.sid + ": " + statement.gap);
    policy.statements_.push_back(std::make_shared<const Statement>(std::move(statement)));
    return {};
  };
  if (!statements->is_array()) {
    CORDON_TRY(add(*statements));
    return policy;
  }
  if (statements->as_array().empty()) return malformed("Could not parse the policy");
  for (const json::value& one : statements->as_array()) CORDON_TRY(add(one));
  return policy;
}

PolicyEffect Policy::decide(const AccessQuestion& question, PolicyMatch* by) const {
  PolicyEffect effect = PolicyEffect::none;
  for (const auto& statement : statements_) {
    if (statement->allow && effect == PolicyEffect::allow) continue;  // The first one is named.
    if (!statement->applies(question, by)) continue;
    if (!statement->allow) return PolicyEffect::deny;
    effect = PolicyEffect::allow;
  }
  return effect;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace cordon::cloud
