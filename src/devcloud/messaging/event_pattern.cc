#include "devcloud/messaging/event_pattern.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "devcloud/access/policy.h"
#include "net/http.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr int kDepthMax = 20;

bool is_leaf_value(const json::value& value) {
  return value.is_string() || value.is_number() || value.is_bool() || value.is_null();
}

bool is_known_matcher(const json::object& matcher) {
  static constexpr std::array kNames{"prefix", "suffix",   "anything-but",      "numeric",
                                     "exists", "wildcard", "equals-ignore-case"};
  if (matcher.size() != 1) return false;
  const std::string_view name = matcher.begin()->key();
  const json::value& value = matcher.begin()->value();
  if (name == "exists") return value.is_bool();
  if (name == "numeric") return value.is_array() && value.as_array().size() % 2 == 0;
  if (name == "anything-but") return is_leaf_value(value) || value.is_array() || value.is_object();
  return value.is_string() && std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Answer<void> check_level(const json::value& pattern, std::string_view code, int depth) {
  const AwsError wrong{400, std::string(code), "Event pattern is not valid."};
  if (!pattern.is_object() || depth > kDepthMax) return wrong;
  for (const auto& [key, value] : pattern.as_object()) {
    if (key == "$or") {
      if (!value.is_array() || value.as_array().empty()) return wrong;
      for (const json::value& one : value.as_array()) CORDON_TRY(check_level(one, code, depth + 1));
    } else if (value.is_object()) {
      CORDON_TRY(check_level(value, code, depth + 1));
    } else if (value.is_array() && !value.as_array().empty()) {
      for (const json::value& one : value.as_array()) {
        if (!is_leaf_value(one) && !(one.is_object() && is_known_matcher(one.as_object()))) {
          return wrong;
        }
      }
    } else {
      return wrong;
    }
  }
  return {};
}

bool equal_values(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  return a == b;
}

bool compare(std::string_view op, double found, double wanted) {
  if (op == "=") return found == wanted;
  if (op == "<") return found < wanted;
  if (op == "<=") return found <= wanted;
  if (op == ">") return found > wanted;
  return op == ">=" && found >= wanted;
}

bool matches_numeric(const json::array& terms, const json::value& found) {
  if (!found.is_number()) return false;
  for (std::size_t i = 0; i + 1 < terms.size(); i += 2) {
    if (!terms[i].is_string() || !terms[i + 1].is_number()) return false;
    if (!compare(terms[i].as_string(), found.to_number<double>(),
                 terms[i + 1].to_number<double>())) {
      return false;
    }
  }
  return true;
}

bool matches_one(const json::value& alternative, const json::value& found);

bool matches_anything_but(const json::value& excluded, const json::value& found) {
  if (excluded.is_array()) {
    return std::none_of(excluded.as_array().begin(), excluded.as_array().end(),
                        [&](const json::value& one) { return equal_values(one, found); });
  }
  return !matches_one(excluded, found);
}

// `found` exists; "exists" itself is answered by the caller.
bool matches_one(const json::value& alternative, const json::value& found) {
  if (!alternative.is_object()) return equal_values(alternative, found);
  const json::object& matcher = alternative.as_object();
  if (matcher.empty()) return false;
  const std::string_view name = matcher.begin()->key();
  const json::value& wanted = matcher.begin()->value();
  if (name == "anything-but") return matches_anything_but(wanted, found);
  if (name == "numeric") return wanted.is_array() && matches_numeric(wanted.as_array(), found);
  if (name == "exists") return wanted.is_bool() && wanted.as_bool();
  if (!found.is_string() || !wanted.is_string()) return false;
  const std::string_view text = found.as_string();
  const std::string_view argument = wanted.as_string();
  if (name == "prefix") return text.starts_with(argument);
  if (name == "suffix") return text.ends_with(argument);
  if (name == "equals-ignore-case") return equal_ignoring_case(text, argument);
  return name == "wildcard" && matches_wildcard(argument, text);
}

bool wants_absence(const json::value& alternative) {
  if (!alternative.is_object()) return false;
  const json::value* exists = alternative.as_object().if_contains("exists");
  return exists != nullptr && exists->is_bool() && !exists->as_bool();
}

bool matches_leaf(const json::array& alternatives, const json::value* found) {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const json::value& wanted) {
    if (found == nullptr) return wants_absence(wanted);
    if (wants_absence(wanted)) return false;
    if (!found->is_array()) return matches_one(wanted, *found);
    return std::any_of(found->as_array().begin(), found->as_array().end(),
                       [&](const json::value& one) { return matches_one(wanted, one); });
  });
}

// A list of objects matches when one of them does.
bool matches_below(const json::object& pattern, const json::value* found) {
  if (found != nullptr && found->is_array()) {
    return std::any_of(found->as_array().begin(), found->as_array().end(),
                       [&](const json::value& one) {
                         return one.is_object() && matches_pattern(pattern, one.as_object());
                       });
  }
  static const json::object kNothing;
  const bool nested = found != nullptr && found->is_object();
  return matches_pattern(pattern, nested ? found->as_object() : kNothing);
}

}  // namespace

Answer<void> check_pattern(const json::value& pattern, std::string_view error_code) {
  return check_level(pattern, error_code, 0);
}

bool matches_pattern(const json::object& pattern, const json::object& event) {
  for (const auto& [key, wanted] : pattern) {
    if (key == "$or") {
      const json::array& branches = wanted.as_array();
      if (std::none_of(branches.begin(), branches.end(), [&](const json::value& branch) {
            return matches_pattern(branch.as_object(), event);
          })) {
        return false;
      }
      continue;
    }
    const json::value* found = event.if_contains(key);
    if (wanted.is_array()) {
      if (!matches_leaf(wanted.as_array(), found)) return false;
    } else {
      if (!matches_below(wanted.as_object(), found)) return false;
    }
  }
  return true;
}

}  // namespace cordon::cloud
