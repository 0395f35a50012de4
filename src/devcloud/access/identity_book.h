#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "devcloud/access/access.h"
#include "devcloud/access/policy.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// The users and roles that live by policies of their own, by ARN
/// ("arn:aws:iam::000000000000:user/NAME"). Who is not in here may do everything.
///
/// Threads: any. A change counts from the next request.
class IdentityBook {
 public:
  /// False: there is one of this ARN already.
  bool add(const std::string& arn, const std::string& id);
  /// False: there was none.
  bool remove(const std::string& arn);
  /// Its id. Nothing: there is none of this ARN.
  std::optional<std::string> id_of(const std::string& arn) const;

  /// Replaces the policy of that name. NoSuchEntity, MalformedPolicyDocument.
  Answer<void> put_policy(const std::string& arn, const std::string& name, const std::string& text);
  /// The text as it was put; NoSuchEntity.
  Answer<std::string> policy(const std::string& arn, const std::string& name) const;
  Answer<void> remove_policy(const std::string& arn, const std::string& name);
  Answer<std::vector<std::string>> policy_names(const std::string& arn) const;

  /// Says who may take a role on. Without it, whoever may by a policy of its own, in the same
  /// account. NoSuchEntity, MalformedPolicyDocument.
  Answer<void> put_trust(const std::string& arn, const std::string& text);
  /// Nothing: nobody said so.
  std::optional<Policy> trust_of(const std::string& arn) const;
  std::string trust_text_of(const std::string& arn) const;

  /// What a caller may do; null: everything. A session lives by the policies of its role.
  std::shared_ptr<const Grants> grants_of(const Identity& who) const;

 private:
  struct Entry {
    std::string id;
    std::map<std::string, std::string> texts;
    std::string trust_text = {};
    std::optional<Policy> trust = std::nullopt;
    std::shared_ptr<const Grants> grants = std::make_shared<const Grants>();  // See Identity.
  };
  Guarded<std::map<std::string, Entry>> entries_;
};

AwsError no_such_entity(const std::string& what);

}  // namespace cordon::cloud
