#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "core/ports/bucket_admin.h"
#include "core/ports/queue_admin.h"
#include "core/ports/topic_admin.h"

namespace cordon {

/// Buckets of one region with their configuration, refusing overlapping notifications as S3 does.
class FakeBucketAdmin final : public BucketAdmin {
 public:
  struct Bucket {
    Region region{"eu-west-1"};
    Versioning versioning = Versioning::off;
    BucketNotifications notifications;
    std::string policy;
    std::uint32_t expire_days = 0;  ///< 0: never
    std::optional<std::uint32_t> unfinished_upload_days = std::nullopt;
    std::vector<std::string> lacks = {};  ///< Of what makes it private, beside versioning.
    std::optional<Error> region_of_fails = std::nullopt;
    std::optional<Error> notifications_fail = std::nullopt;  ///< Every look at them.
  };
  std::map<std::string, Bucket> buckets;
  Region region{"eu-west-1"};   ///< Of what `ensure_private` makes.
  std::atomic<int> reads = 0;   ///< Looks at one bucket. Atomic: many may look at a time.
  std::atomic<int> writes = 0;  ///< Of any kind.
  int configuration_writes = 0;
  int policy_writes = 0;

  Result<std::vector<BucketName>> list(Deadline, std::stop_token) override;
  Result<Region> region_of(const BucketName& bucket, Deadline, std::stop_token) override;
  Result<Versioning> versioning(const BucketName& bucket, Deadline, std::stop_token) override;
  /// Changes of notifications are answered with success, and not done.
  bool swallows_notifications = false;

  Result<BucketNotifications> notifications(const BucketName& bucket, Deadline,
                                            std::stop_token) override;
  Result<void> set_notifications(const BucketName& bucket, const BucketNotifications& configuration,
                                 Deadline, std::stop_token) override;
  Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& bucket, Deadline,
                                                              std::stop_token) override;
  Result<void> ensure_private(const PrivateBucket& bucket, Deadline, std::stop_token) override;
  Result<std::vector<std::string>> private_lacks(const PrivateBucket& bucket, Deadline,
                                                 std::stop_token) override;
  Result<std::string> policy(const BucketName& bucket, Deadline, std::stop_token) override;
  Result<void> set_policy(const BucketName& bucket, const std::string& policy, Deadline,
                          std::stop_token) override;
};

/// Topics of one region. A new topic starts with an owner's policy, as in SNS.
class FakeTopicAdmin final : public TopicAdmin {
 public:
  struct Topic {
    std::string policy;
    std::vector<Subscription> subscriptions;
    std::string kms_key = {};
  };
  std::map<std::string, Topic> topics;         ///< by ARN
  std::map<std::string, std::string> filters;  ///< by the subscription's ARN
  std::string region = "eu-west-1";
  std::optional<Error> set_policy_fails = std::nullopt;
  std::optional<Error> filter_fails = std::nullopt;
  std::atomic<int> reads = 0;
  std::atomic<int> writes = 0;

  Result<std::string> ensure(const std::string& name, Deadline, std::stop_token) override;
  Result<std::string> policy(const std::string& topic_arn, Deadline, std::stop_token) override;
  Result<std::string> kms_key(const std::string& topic_arn, Deadline, std::stop_token) override;
  Result<void> set_policy(const std::string& topic_arn, const std::string& policy, Deadline,
                          std::stop_token) override;
  Result<std::vector<Subscription>> subscriptions(const std::string& topic_arn, Deadline,
                                                  std::stop_token) override;
  Result<std::string> subscribe_queue(const std::string& topic_arn, const std::string& queue_arn,
                                      Deadline, std::stop_token) override;
  Result<std::string> filter(const std::string& subscription_arn, Deadline,
                             std::stop_token) override;
  Result<void> clear_filter(const std::string& subscription_arn, Deadline,
                            std::stop_token) override;
  Result<void> remove(const std::string& topic_arn, Deadline, std::stop_token) override;
};

/// Queues of one region.
class FakeQueueAdmin final : public QueueAdmin {
 public:
  std::map<std::string, QueueInfo> queues;  ///< by name
  std::string region = "eu-west-1";
  std::optional<Error> find_fails = std::nullopt;  ///< Every look, so.
  std::atomic<int> reads = 0;
  std::atomic<int> writes = 0;

  Result<QueueInfo> find(const std::string& name, Deadline, std::stop_token) override;
  Result<QueueInfo> ensure(const std::string& name, const QueueSettings& settings, Deadline,
                           std::stop_token) override;
  Result<void> set_policy(const std::string& url, const std::string& policy, Deadline,
                          std::stop_token) override;
  Result<void> remove(const std::string& url, Deadline, std::stop_token) override;
};

}  // namespace cordon
