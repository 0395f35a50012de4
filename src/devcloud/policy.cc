// Evaluates resource policies: buckets, topics and queues have them. Unknown operators and
// condition keys never match, so that a Deny we do not understand does not lock and an Allow we do
// not understand does not open; writing such a policy is refused.

#include "devcloud/policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "net/http.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;
using Strings = std::vector<std::string>;

constexpr std::size_t kPolicyBytesMax = 30'720;  // SNS allows most: 30 KiB; S3 has 20.
constexpr std::size_t kPolicyDepthMax = 8;

AwsError malformed(std::string why) { return {400, "MalformedPolicy", std::move(why)}; }

// One text or a list of texts; where a condition compares, numbers and booleans as well.
std::optional<Strings> strings_of(const json::value* value, bool scalars = false) {
  if (value == nullptr) return std::nullopt;
  Strings out;
  const auto add = [&](const json::value& one) {
    if (!one.is_string() && !scalars) return false;
    if (one.is_string()) out.emplace_back(one.as_string());
    if (one.is_bool()) out.emplace_back(one.as_bool() ? "true" : "false");
    if (one.is_number()) out.emplace_back(json::serialize(one));
    return one.is_string() || one.is_bool() || one.is_number();
  };
  if (!value->is_array()) {
    if (!add(*value)) return std::nullopt;
    return out;
  }
  for (const json::value& one : value->as_array()) {
    if (!add(one)) return std::nullopt;
  }
  return out;
}

bool any_wildcard(const Strings& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_wildcard(p, text); });
}

bool any_action(const Strings& patterns, std::string_view action) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) {
    return matches_wildcard(lower(p), lower(action));
  });
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool in_network(std::string_view network, std::string_view address) {
  const std::size_t slash = std::min(network.find('/'), network.size());
  in_addr net{};
  in_addr ip{};
  if (::inet_pton(AF_INET, std::string(network.substr(0, slash)).c_str(), &net) != 1) return false;
  if (::inet_pton(AF_INET, std::string(address).c_str(), &ip) != 1) return false;
  const auto bits = slash == network.size() ? std::optional<std::uint64_t>(32)
                                            : parse_u64(network.substr(slash + 1));
  if (!bits || *bits > 32) return false;
  const std::uint32_t mask = *bits == 0 ? 0 : ~std::uint32_t{0} << (32 - *bits);
  return (ntohl(net.s_addr) & mask) == (ntohl(ip.s_addr) & mask);
}

// One comparison of one value from the policy with one from the request.
using Compare = bool (*)(std::string_view wanted, std::string_view found);

template <typename Order>
bool compare_numbers(std::string_view wanted, std::string_view found, Order order) {
  const auto a = number(found);
  const auto b = number(wanted);
  return a && b && order(*a, *b);
}

struct Operator {
  std::string_view name;
  bool negated;
  Compare compare;
};

bool equal_text(std::string_view a, std::string_view b) { return a == b; }
bool equal_number(std::string_view a, std::string_view b) {
  return compare_numbers(a, b, std::equal_to<>());
}

constexpr std::array kOperators{
    Operator{"StringEquals", false, equal_text},
    Operator{"StringNotEquals", true, equal_text},
    Operator{"StringEqualsIgnoreCase", false, equal_ignoring_case},
    Operator{"StringNotEqualsIgnoreCase", true, equal_ignoring_case},
    Operator{"StringLike", false, matches_wildcard},
    Operator{"StringNotLike", true, matches_wildcard},
    Operator{"ArnEquals", false, matches_wildcard},
    Operator{"ArnLike", false, matches_wildcard},
    Operator{"ArnNotEquals", true, matches_wildcard},
    Operator{"ArnNotLike", true, matches_wildcard},
    Operator{"Bool", false, equal_ignoring_case},
    Operator{"NumericEquals", false, equal_number},
    Operator{"NumericNotEquals", true, equal_number},
    Operator{"NumericLessThan", false,
             [](std::string_view a, std::string_view b) {
               return compare_numbers(a, b, std::less<>());
             }},
    Operator{"NumericLessThanEquals", false,
             [](std::string_view a, std::string_view b) {
               return compare_numbers(a, b, std::less_equal<>());
             }},
    Operator{"NumericGreaterThan", false,
             [](std::string_view a, std::string_view b) {
               return compare_numbers(a, b, std::greater<>());
             }},
    Operator{"NumericGreaterThanEquals", false,
             [](std::string_view a, std::string_view b) {
               return compare_numbers(a, b, std::greater_equal<>());
             }},
    Operator{"IpAddress", false, in_network},
    Operator{"NotIpAddress", true, in_network},
};

struct Condition {
  enum class Quantifier : std::uint8_t { one, any, all };

  const Operator* op = nullptr;  // Null: the Null operator.
  Quantifier quantifier = Quantifier::one;
  bool if_exists = false;
  std::string key;
  Strings values;
};

// "s3:ExistingObjectTag/Key": only the part before the slash ignores case.
std::string normal_key(std::string_view key) {
  const std::size_t slash = std::min(key.find('/'), key.size());
  return lower(key.substr(0, slash)) + std::string(key.substr(slash));
}

Answer<Condition> parse_condition(std::string_view name, std::string_view key,
                                  const json::value& values) {
  Condition condition;
  condition.key = normal_key(key);
  if (name.starts_with("ForAnyValue:")) {
    condition.quantifier = Condition::Quantifier::any;
    name.remove_prefix(12);
  } else if (name.starts_with("ForAllValues:")) {
    condition.quantifier = Condition::Quantifier::all;
    name.remove_prefix(13);
  }
  if (name.ends_with("IfExists")) {
    condition.if_exists = true;
    name.remove_suffix(8);
  }
  const auto wanted = strings_of(&values, true);
  if (!wanted) return malformed("Invalid condition value");
  condition.values = *wanted;
  if (name == "Null") return condition;
  const auto* op = std::find_if(kOperators.begin(), kOperators.end(),
                                [&](const Operator& o) { return o.name == name; });
  if (op == kOperators.end()) return malformed("Invalid Condition type : " + std::string(name));
  condition.op = op;
  return condition;
}

bool value_holds(const Condition& condition, const std::string& found) {
  const bool equal =
      std::any_of(condition.values.begin(), condition.values.end(),
                  [&](const std::string& wanted) { return condition.op->compare(wanted, found); });
  return equal != condition.op->negated;
}

bool holds(const Condition& condition, const AccessQuestion& question) {
  const auto at = question.context.find(condition.key);
  const bool absent = at == question.context.end() || at->second.empty();
  if (condition.op == nullptr) {
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const std::string& v) { return (v == "true") == absent; });
  }
  if (absent) {
    return condition.if_exists || condition.op->negated ||
           condition.quantifier == Condition::Quantifier::all;
  }
  const auto one = [&](const std::string& found) { return value_holds(condition, found); };
  const Strings& found = at->second;
  return condition.quantifier == Condition::Quantifier::any
             ? std::any_of(found.begin(), found.end(), one)
             : std::all_of(found.begin(), found.end(), one);
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
    const auto list = strings_of(&names);
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

bool names(const Principals& principals, const AccessQuestion& question) {
  if (principals.anyone) return true;
  if (question.who == AccessQuestion::Who::service) {
    return std::find(principals.services.begin(), principals.services.end(), question.principal) !=
           principals.services.end();
  }
  return std::any_of(principals.aws.begin(), principals.aws.end(), [&](const std::string& name) {
    if (name == "*") return true;
    if (question.who == AccessQuestion::Who::anonymous) return false;
    // A session is named by itself or by its role.
    const auto role = question.context.find("aws:principalarn");
    return name == question.account || name == question.principal ||
           name == "arn:aws:iam::" + question.account + ":root" ||
           (role != question.context.end() && role->second == Strings{name});
  });
}

}  // namespace

struct Policy::Statement {
  bool allow = false;
  bool not_principal = false;
  Principals principals;
  bool not_action = false;
  Strings actions;
  bool not_resource = false;
  Strings resources;
  std::vector<Condition> conditions;

  bool applies(const AccessQuestion& question) const {
    return names(principals, question) != not_principal &&
           any_action(actions, question.action) != not_action &&
           any_wildcard(resources, question.resource) != not_resource &&
           std::all_of(conditions.begin(), conditions.end(),
                       [&](const Condition& c) { return holds(c, question); });
  }

  static Answer<Statement> parse(const json::value& value,
                                 const std::function<bool(std::string_view)>& owns);
  Answer<void> parse_conditions(const json::value& value);
};

Answer<void> Policy::Statement::parse_conditions(const json::value& value) {
  if (!value.is_object()) return malformed("Condition is not an object");
  for (const auto& [op, keys] : value.as_object()) {
    if (!keys.is_object()) return malformed("Condition is not an object");
    for (const auto& [key, wanted] : keys.as_object()) {
      CORDON_TRY(Condition condition, parse_condition(op, key, wanted));
      conditions.push_back(std::move(condition));
    }
  }
  return {};
}

Answer<Policy::Statement> Policy::Statement::parse(
    const json::value& value, const std::function<bool(std::string_view)>& owns) {
  if (!value.is_object()) return malformed("A statement is not an object");
  const json::object& in = value.as_object();
  Statement out;
  const auto effect = strings_of(in.if_contains("Effect"));
  if (!effect || effect->size() != 1 || (effect->front() != "Allow" && effect->front() != "Deny")) {
    return malformed("Invalid effect");
  }
  out.allow = effect->front() == "Allow";
  out.not_principal = in.contains("NotPrincipal");
  const json::value* principal = in.if_contains(out.not_principal ? "NotPrincipal" : "Principal");
  if (principal == nullptr) return malformed("Missing required field Principal");
  CORDON_TRY(out.principals, parse_principals(*principal));
  out.not_action = in.contains("NotAction");
  const auto actions = strings_of(in.if_contains(out.not_action ? "NotAction" : "Action"));
  if (!actions || actions->empty()) return malformed("Missing required field Action");
  out.actions = *actions;
  out.not_resource = in.contains("NotResource");
  const auto resources = strings_of(in.if_contains(out.not_resource ? "NotResource" : "Resource"));
  if (!resources || resources->empty()) return malformed("Missing required field Resource");
  out.resources = *resources;
  if (owns && !std::all_of(out.resources.begin(), out.resources.end(), owns)) {
    return malformed("Policy has invalid resource");
  }
  if (const json::value* conditions = in.if_contains("Condition")) {
    CORDON_TRY(out.parse_conditions(*conditions));
  }
  return out;
}

Answer<Policy> Policy::parse(std::string_view text,
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
    CORDON_TRY(Statement statement, Statement::parse(one, owns));
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

PolicyEffect Policy::decide(const AccessQuestion& question) const {
  PolicyEffect effect = PolicyEffect::none;
  for (const auto& statement : statements_) {
    if (!statement->applies(question)) continue;
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
