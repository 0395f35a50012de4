#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "core/ports/region.h"

namespace cordon {

// Access policies as JSON documents, statement by statement with fixed Sids: ours are put in,
// replaced and taken out, and those of others stay as they are. Pure. Errors: invalid for a policy
// that cannot be read, which nothing may be written over.

/// S3 may publish what happens in buckets of `account` and of `members`. A statement of ours for
/// EventBridge stays.
Result<std::string> event_topic_policy(const std::string& present, const std::string& topic_arn,
                                       const AccountId& account, const Region& region,
                                       const std::vector<AccountId>& members);
/// EventBridge may publish as well.
Result<std::string> with_event_bus(const std::string& present, const std::string& topic_arn);
/// Those whose buckets' events S3 may publish, by our statement in the topic's policy.
std::vector<AccountId> accounts_let_in(const std::string& topic_policy);
/// Lets these topics, at least one, send to the queue.
Result<std::string> event_queue_policy(const std::string& present, const std::string& queue_arn,
                                       const std::vector<std::string>& topic_arns);
/// The topics that our statement in the queue's policy lets in.
std::vector<std::string> topics_let_in(const std::string& queue_policy);
/// TLS only; where `tls_only` is off, what there is of that stays. The bucket's own grants come
/// from IAM; nobody is granted anything here. Empty when it would say nothing.
Result<std::string> private_bucket_policy(const std::string& present, const BucketName& bucket,
                                          const Region& region, bool tls_only);
/// The quarantine's: likewise, and each member's role may put copies of its own buckets' objects
/// there and look at them. Who is no member any more may not.
Result<std::string> quarantine_policy(const std::string& present, const BucketName& quarantine,
                                      const Region& region, bool tls_only,
                                      const std::vector<MemberAccount>& members);

std::string topic_arn_of(const Region& region, const AccountId& account, const std::string& name);

/// Whether two documents say the same, written the same or not.
bool is_same_policy(const std::string& a, const std::string& b);
/// True when the policy document has a statement with this Sid.
bool has_statement(const std::string& policy, const std::string& sid);

inline constexpr const char* kTopicFromS3Sid = "CordonEventsFromS3";
inline constexpr const char* kTopicFromEventBusSid = "CordonEventsFromEventBridge";
inline constexpr const char* kQueueFromTopicSid = "CordonEventsFromTopic";
inline constexpr const char* kTopicOwnerSid = "CordonOwner";

}  // namespace cordon
