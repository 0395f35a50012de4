#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "devcloud/access/policy.h"
#include "devcloud/aws_error.h"

namespace cordon::cloud {

/// One line of a statement's Condition: an operator, a key, and the values that it accepts.
class Condition {
 public:
  /// MalformedPolicy: an operator that does not exist, a value that is none. Operators of AWS that
  /// are not imitated and keys that the stand-in never fills are taken; see `gap`.
  static Answer<Condition> parse(std::string_view op, std::string_view key,
                                 const boost::json::value& values);

  /// What keeps the stand-in from judging this condition; empty: nothing.
  const std::string& gap() const { return gap_; }

  /// Only where there is no gap.
  bool holds(const AccessQuestion& question) const;

 private:
  struct Operator;
  enum class Quantifier : std::uint8_t { one, any, all };

  static const Operator* find(std::string_view name);
  bool value_holds(const std::string& found) const;

  const Operator* op_ = nullptr;  // Null: the Null operator.
  Quantifier quantifier_ = Quantifier::one;
  bool if_exists_ = false;
  std::string key_;
  std::vector<std::string> values_;
  std::string gap_;
};

/// One text or a list of texts; with `scalars` numbers and booleans as well. MalformedPolicy.
Answer<std::vector<std::string>> texts_of(const boost::json::value& value, bool scalars = false);

/// ARNs are compared part by part, so that a '*' does not reach over a colon into the next one; the
/// sixth part takes the rest.
bool matches_arn(std::string_view pattern, std::string_view arn);

}  // namespace cordon::cloud
