#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "devcloud/aws_error.h"

namespace cordon::cloud {

/// What a resource policy is asked: may this principal do this to that?
struct AccessQuestion {
  enum class Who : std::uint8_t { anonymous, account, service };

  Who who = Who::account;
  std::string principal;  ///< ARN of the caller, or "s3.amazonaws.com".
  std::string account;    ///< Of the caller; empty for services.
  std::string action;     ///< "s3:GetObject"
  std::string resource;   ///< ARN
  /// Condition keys, lower case up to a '/', with their values. A key that is missing is absent.
  std::map<std::string, std::vector<std::string>> context = {};
};

enum class PolicyEffect : std::uint8_t { none, allow, deny };

/// A resource policy: statements with principals, actions, resources and conditions.
class Policy {
 public:
  /// `owns` says whether a resource of a statement belongs to what the policy is attached to; null
  /// accepts all. MalformedPolicy with a reason otherwise.
  static Answer<Policy> parse(std::string_view json,
                              const std::function<bool(std::string_view resource)>& owns);

  /// An explicit deny wins over any allow.
  PolicyEffect decide(const AccessQuestion& question) const;

 private:
  struct Statement;
  Policy() = default;

  std::vector<std::shared_ptr<const Statement>> statements_;  // Shared: policies are copied.
};

/// '*' stands for any text, '?' for one character.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace cordon::cloud
