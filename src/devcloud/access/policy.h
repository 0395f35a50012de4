#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "devcloud/aws_error.h"

namespace cordon::cloud {

/// What a policy is asked: may this principal do this to that?
struct AccessQuestion {
  enum class Who : std::uint8_t { anonymous, account, service };

  Who who = Who::account;
  std::string principal;  ///< ARN of the caller, or "s3.amazonaws.com".
  std::string account;    ///< Of the caller; empty for services.
  std::string action;     ///< "s3:GetObject"
  std::string resource;   ///< ARN, or "*" for actions that have none.
  /// Condition keys, lower case up to a '/', with their values. A key that is missing is absent.
  std::map<std::string, std::vector<std::string>> context = {};
  /// The caller has policies of its own: an Allow to the whole account then leaves it to them.
  bool by_identity = false;
  /// Whose the resource is, where its ARN does not say (buckets). Empty: the ARN's account, or the
  /// stand-in's own.
  std::string owner = {};
};

/// What one policy says to a question. `none`: no statement fits; then it is denied unless another
/// policy allows it.
enum class PolicyEffect : std::uint8_t { none, allow, deny };

/// The statement that decided, and by which of its patterns.
struct PolicyMatch {
  std::string sid;  ///< Its Sid; "#2" for the second statement, which has none.
  std::string action;
  std::string resource;

  auto operator<=>(const PolicyMatch&) const = default;
};

/// An access policy: statements with principals (those of resources only), actions, resources and
/// conditions. A statement that the stand-in cannot judge wholly (`gaps`) never allows, and denies
/// whatever it may have meant.
class Policy {
 public:
  /// Of a bucket, a topic or a queue. `owns` says whether a resource of a statement belongs to what
  /// the policy is attached to; null accepts all. MalformedPolicy with a reason otherwise.
  static Answer<Policy> parse(std::string_view json,
                              const std::function<bool(std::string_view resource)>& owns);
  /// Of a user or a role: without principals. MalformedPolicy.
  static Answer<Policy> parse_of_identity(std::string_view json);
  /// Of a role, saying who may take it on: without resources. MalformedPolicy.
  static Answer<Policy> parse_of_trust(std::string_view json);

  /// An explicit deny wins over any allow. `by` may be null.
  PolicyEffect decide(const AccessQuestion& question, PolicyMatch* by = nullptr) const;

  /// What cannot be judged, for the log.
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  struct Statement;
  enum class Kind : std::uint8_t { resource, identity, trust };
  Policy() = default;
  static Answer<Policy> parse_kind(std::string_view json, Kind kind,
                                   const std::function<bool(std::string_view resource)>& owns);

  std::vector<std::shared_ptr<const Statement>> statements_;  // Shared: policies are copied.
  std::vector<std::string> gaps_;
};

/// '*' stands for any text, '?' for one character.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace cordon::cloud
