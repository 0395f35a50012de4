#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "core/deployment.h"
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
std::string event_topic_policy(const std::string& present, const std::string& topic_arn,
                               const AccountId& account, const Region& region);
std::string event_queue_policy(const std::string& queue_arn, const std::string& topic_arn);
/// TLS only. The bucket's own grants come from IAM; nobody is granted anything here.
std::string private_bucket_policy(const BucketName& bucket, const Region& region);

/// "arn:aws:sns:REGION:ACCOUNT:NAME"
std::string topic_arn_of(const Region& region, const AccountId& account, const std::string& name);

/// True when the policy document has a statement with this Sid.
bool has_statement(const std::string& policy, const std::string& sid);

inline constexpr const char* kTopicFromS3Sid = "CordonEventsFromS3";
inline constexpr const char* kTopicOwnerSid = "CordonOwner";

}  // namespace cordon
