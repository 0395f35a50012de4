#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// One subscriber of a topic, ours or a stranger's.
struct Subscription {
  std::string arn;       ///< Empty while it waits for confirmation.
  std::string protocol;  ///< "sqs", ...
  std::string endpoint;  ///< For sqs the queue's ARN.
};

/// The topics of one region. Threads: any. Errors: as BucketAdmin.
class TopicAdmin {
 public:
  virtual ~TopicAdmin() = default;

  /// The ARN of the topic of that name, created when absent.
  virtual Result<std::string> ensure(const std::string& name, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// The access policy (JSON document). Errors: not_found tells that there is no such topic.
  virtual Result<std::string> policy(const std::string& topic_arn, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// The key of KMS that messages are encrypted with: id, ARN or alias; empty: none.
  virtual Result<std::string> kms_key(const std::string& topic_arn, Deadline deadline,
                                      std::stop_token stop) = 0;
  virtual Result<void> set_policy(const std::string& topic_arn, const std::string& policy,
                                  Deadline deadline, std::stop_token stop) = 0;
  virtual Result<std::vector<Subscription>> subscriptions(const std::string& topic_arn,
                                                          Deadline deadline,
                                                          std::stop_token stop) = 0;
  /// Idempotent. Returns the subscription's ARN.
  virtual Result<std::string> subscribe_queue(const std::string& topic_arn,
                                              const std::string& queue_arn, Deadline deadline,
                                              std::stop_token stop) = 0;
  /// The condition on a subscription (JSON document); empty: every message comes.
  virtual Result<std::string> filter(const std::string& subscription_arn, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// Takes the condition away. It may take minutes until that has an effect.
  virtual Result<void> clear_filter(const std::string& subscription_arn, Deadline deadline,
                                    std::stop_token stop) = 0;
  virtual Result<void> remove(const std::string& topic_arn, Deadline deadline,
                              std::stop_token stop) = 0;
};

}  // namespace cordon
