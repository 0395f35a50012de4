#include "devcloud/access/policy_conditions.h"

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

bool equal_text(std::string_view a, std::string_view b) { return a == b; }
bool equal_number(std::string_view a, std::string_view b) {
  return compare_numbers(a, b, std::equal_to<>());
}

// Operators of AWS that are not imitated: a statement with one is not judged (Policy::gaps).
constexpr std::array kNotImitated{"DateEquals",         "DateNotEquals",   "DateLessThan",
                                  "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
                                  "BinaryEquals"};

// Keys that some request or some service fills. Any other one is AWS's or nobody's: not judged.
constexpr std::array kKeys{"aws:principalaccount",
                           "aws:principalarn",
                           "aws:principalisawsservice",
                           "aws:principaltype",
                           "aws:requestedregion",
                           "aws:resourceaccount",
                           "aws:securetransport",
                           "aws:sourceaccount",
                           "aws:sourcearn",
                           "aws:sourceip",
                           "aws:sourceowner",
                           "aws:useragent",
                           "aws:userid",
                           "aws:username",
                           "s3:delimiter",
                           "s3:max-keys",
                           "s3:prefix",
                           "s3:requestobjecttagkeys",
                           "s3:resourceaccount",
                           "s3:versionid",
                           "s3:x-amz-acl",
                           "s3:x-amz-bucket-namespace",
                           "s3:x-amz-copy-source",
                           "s3:x-amz-metadata-directive",
                           "s3:x-amz-server-side-encryption",
                           "s3:x-amz-storage-class",
                           "sts:externalid"};

bool is_known_key(std::string_view key) {
  for (const std::string_view family : {"s3:existingobjecttag/", "s3:requestobjecttag/"}) {
    if (key.starts_with(family) && key.size() > family.size()) return true;
  }
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// "s3:ExistingObjectTag/Key": only the part before the slash ignores case.
std::string normal_key(std::string_view key) {
  const std::size_t slash = std::min(key.find('/'), key.size());
  return lower(key.substr(0, slash)) + std::string(key.substr(slash));
}

AwsError malformed(std::string why) { return {400, "MalformedPolicy", std::move(why)}; }

}  // namespace

struct Condition::Operator {
  std::string_view name;
  bool negated;
  Compare compare;
};

const Condition::Operator* Condition::find(std::string_view name) {
  static constexpr std::array kOperators{
      Operator{"StringEquals", false, equal_text},
      Operator{"StringNotEquals", true, equal_text},
      Operator{"StringEqualsIgnoreCase", false, equal_ignoring_case},
      Operator{"StringNotEqualsIgnoreCase", true, equal_ignoring_case},
      Operator{"StringLike", false, matches_wildcard},
      Operator{"StringNotLike", true, matches_wildcard},
      Operator{"ArnEquals", false, matches_arn},
      Operator{"ArnLike", false, matches_arn},
      Operator{"ArnNotEquals", true, matches_arn},
      Operator{"ArnNotLike", true, matches_arn},
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
  const auto* at = std::find_if(kOperators.begin(), kOperators.end(),
                                [&](const Operator& one) { return one.name == name; });
  return at == kOperators.end() ? nullptr : at;
}

Answer<std::vector<std::string>> texts_of(const json::value& value, bool scalars) {
  std::vector<std::string> out;
  const auto add = [&](const json::value& one) {
    if (!one.is_string() && !scalars) return false;
    if (one.is_string()) out.emplace_back(one.as_string());
    if (one.is_bool()) out.emplace_back(one.as_bool() ? "true" : "false");
    if (one.is_number()) out.emplace_back(json::serialize(one));
    return one.is_string() || one.is_bool() || one.is_number();
  };
  const AwsError refused = malformed("A text or a list of texts is expected");
  if (!value.is_array()) {
    if (!add(value)) return refused;
    return out;
  }
  for (const json::value& one : value.as_array()) {
    if (!add(one)) return refused;
  }
  return out;
}

Answer<Condition> Condition::parse(std::string_view name, std::string_view key,
                                   const json::value& values) {
  Condition condition;
  condition.key_ = normal_key(key);
  if (name.starts_with("ForAnyValue:")) {
    condition.quantifier_ = Quantifier::any;
    name.remove_prefix(12);
  } else if (name.starts_with("ForAllValues:")) {
    condition.quantifier_ = Quantifier::all;
    name.remove_prefix(13);
  }
  if (name.ends_with("IfExists")) {
    condition.if_exists_ = true;
    name.remove_suffix(8);
  }
  const Answer<std::vector<std::string>> wanted = texts_of(values, true);
  if (!wanted || wanted->empty()) return malformed("Invalid condition value");
  condition.values_ = *wanted;
  const bool variables =
      std::any_of(condition.values_.begin(), condition.values_.end(),
                  [](const std::string& v) { return v.find("${") != std::string::npos; });
  if (!is_known_key(condition.key_)) condition.gap_ = "condition key " + std::string(key);
  if (variables) condition.gap_ = "policy variables";
  if (name == "Null") return condition;
  condition.op_ = find(name);
  if (condition.op_ != nullptr) return condition;
  if (std::find(kNotImitated.begin(), kNotImitated.end(), name) == kNotImitated.end()) {
    return malformed("Invalid Condition type : " + std::string(name));
  }
  condition.gap_ = "condition operator " + std::string(name);
  return condition;
}

bool Condition::value_holds(const std::string& found) const {
  const bool equal = std::any_of(values_.begin(), values_.end(), [&](const std::string& wanted) {
    return op_->compare(wanted, found);
  });
  return equal != op_->negated;
}

bool Condition::holds(const AccessQuestion& question) const {
  const auto at = question.context.find(key_);
  const bool absent = at == question.context.end() || at->second.empty();
  if (op_ == nullptr) {
    return std::any_of(values_.begin(), values_.end(),
                       [&](const std::string& v) { return (lower(v) == "true") == absent; });
  }
  if (absent) {
    // What is not there differs from everything, so a plain negated comparison holds. Of an empty
    // set all values fit and none does.
    switch (quantifier_) {
      case Quantifier::one:
        return if_exists_ || op_->negated;
      case Quantifier::any:
        return if_exists_;
      case Quantifier::all:
        return true;
    }
  }
  const auto one = [&](const std::string& found) { return value_holds(found); };
  const std::vector<std::string>& found = at->second;
  return quantifier_ == Quantifier::any ? std::any_of(found.begin(), found.end(), one)
                                        : std::all_of(found.begin(), found.end(), one);
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
  for (int part = 0; part < 5; ++part) {
    const std::size_t p = pattern.find(':');
    const std::size_t a = arn.find(':');
    // "*" alone stands for any ARN.
    if (p == std::string_view::npos) return part == 0 && pattern == "*";
    if (a == std::string_view::npos) return false;
    if (!matches_wildcard(pattern.substr(0, p), arn.substr(0, a))) return false;
    pattern.remove_prefix(p + 1);
    arn.remove_prefix(a + 1);
  }
  return matches_wildcard(pattern, arn);
}

}  // namespace cordon::cloud
