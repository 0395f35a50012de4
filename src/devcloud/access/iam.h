#pragma once

#include <string>
#include <string_view>

#include "devcloud/access/identity_book.h"
#include "devcloud/access/key_ring.h"
#include "devcloud/aws_error.h"
#include "devcloud/call.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {

/// As much of Identity and Access Management as it takes to try a policy: users with keys, roles
/// with their trust policies, and inline policies, in the account of the caller. No groups, managed
/// policies or boundaries.
class IamService {
 public:
  IamService(const Basics& basics, KeyRing& keys, IdentityBook& book)
      : basics_(basics), keys_(keys), book_(book) {}

  ServerResponse handle(const Call& call, std::string_view action);

 private:
  using Reply = Answer<std::string>;  ///< XML of the result.
  /// A user or a role, as the request names it.
  struct Subject {
    std::string kind;  ///< "User" or "Role"
    std::string name;
    std::string arn;
  };

  Reply run(const Call& call, std::string_view action, const QueryForm& form);
  Reply run_on(const Call& call, std::string_view verb, const Subject& subject,
               const QueryForm& form);
  Reply create(const Call& call, const Subject& subject, const QueryForm& form);
  Reply change_trust(const Subject& subject, const QueryForm& form);
  Reply describe(const Call& call, const Subject& subject) const;
  Reply create_key(const Call& call, const Subject& subject);
  Reply change_policy(std::string_view verb, const Subject& subject, const QueryForm& form);

  const Basics& basics_;
  KeyRing& keys_;
  IdentityBook& book_;
};

}  // namespace cordon::cloud
