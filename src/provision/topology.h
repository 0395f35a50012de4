#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "core/ports/bucket_admin.h"
#include "core/ports/queue_admin.h"
#include "core/ports/topic_admin.h"

namespace cordon {

/// The administration of one region. All outlive the reference holder.
struct RegionAdmin {
  BucketAdmin& buckets;
  TopicAdmin& topics;
  QueueAdmin& queues;
};

/// Gives the administration of a region; the reference stays valid as long as the source.
using RegionAdminSource = std::function<Result<RegionAdmin>(const Region& region)>;

/// Access policies as JSON documents, statement by statement with fixed Sids, so that they can be
/// merged into what is there and taken out again. Pure.
///
/// `with_event_bus` lets EventBridge publish as well; once there, that statement stays. S3 may
/// publish what happens in buckets of `account` and of `members`.
std::string event_topic_policy(const std::string& present, const std::string& topic_arn,
                               const AccountId& account, const Region& region,
                               bool with_event_bus = false,
                               const std::vector<AccountId>& members = {});
/// Those whose buckets' events S3 may publish, by our statement in the topic's policy.
std::vector<AccountId> accounts_let_in(const std::string& topic_policy);
/// Lets these topics send to the queue. Other statements of `present` stay as they are.
std::string event_queue_policy(const std::string& present, const std::string& queue_arn,
                               const std::vector<std::string>& topic_arns);
/// The topics that our statement in the queue's policy lets in.
std::vector<std::string> topics_let_in(const std::string& queue_policy);
/// TLS only. The bucket's own grants come from IAM; nobody is granted anything here.
std::string private_bucket_policy(const BucketName& bucket, const Region& region);
/// The quarantine's: TLS only when `tls_only`, and each member's role may put copies of its own
/// buckets' objects there and look at them. Empty when it would say nothing.
std::string quarantine_policy(const BucketName& quarantine, const Region& region, bool tls_only,
                              const std::vector<MemberAccount>& members);

/// "arn:aws:sns:REGION:ACCOUNT:NAME"
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
