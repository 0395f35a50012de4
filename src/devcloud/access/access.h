#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "devcloud/access/policy.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// The policies of a user or a role. Null in an Identity: the account's own key, which may do
/// everything that no resource's policy denies.
struct Grants {
  std::map<std::string, Policy> policies;  ///< By name.
};

/// A question with everything filled in that is known of any request.
AccessQuestion question_of(const Call& call, std::string action, std::string resource);

/// "arn:P:sts::1:assumed-role/R/SESSION" of "arn:P:iam::1:role/PATH/R".
std::string session_arn_of(const std::string& role_arn, const std::string& session);
/// The role of a session, "arn:P:iam::1:role/R"; other ARNs are their own.
std::string role_arn_of(const std::string& arn);

/// Writes a warning when a policy holds what the stand-in cannot judge.
void warn_of_gaps(Log& log, const Policy& policy, std::string_view where);

/// Decides as IAM does: an explicit deny of any policy wins; then, in the same account, an allow of
/// the caller's or of the resource's policy suffices, across accounts both must allow; all else is
/// denied. Keeps book of which statements were needed, so that a test can show that none is too
/// much.
///
/// Threads: any.
class AccessJudge {
 public:
  AccessJudge(Log& log, std::string account) : log_(log), account_(std::move(account)) {}

  enum class Ruling : std::uint8_t { allowed, no_allow, denied_by_identity, denied_by_resource };
  /// `resource` is the resource's policy; null: it has none.
  Ruling judge(const Identity& who, const AccessQuestion& question, const Policy* resource) const;
  /// The same in AWS's words: AccessDenied with who, what and why.
  Answer<void> check(const Identity& who, const AccessQuestion& question,
                     const Policy* resource) const;

  /// The book: GET tells it as JSON, `?principal=ARN` of one user or role; DELETE begins anew.
  ServerResponse control(const ServerRequest& request);

 private:
  struct Entry {
    std::map<PolicyMatch, std::uint64_t> used;
    std::map<std::string, std::uint64_t> denied;  ///< "action resource"
  };
  void note(const AccessQuestion& question, const PolicyMatch* by) const;

  Log& log_;
  const std::string account_;
  mutable Guarded<std::map<std::string, Entry>> book_;  ///< By ARN of the user or role.
};

}  // namespace cordon::cloud
