#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/topic_admin.h"

namespace cordon {

/// SNS topics in the region of `client`, which outlives it.
///
/// Queues are subscribed without raw delivery: SNS's envelope names the topic, and some stand-ins
/// lose events on raw subscriptions.
class SnsAdmin final : public TopicAdmin {
 public:
  explicit SnsAdmin(ServiceClient& client) : client_(client) {}

  Result<std::string> ensure(const std::string& name, Deadline deadline,
                             std::stop_token stop) override;
  Result<std::string> policy(const std::string& topic_arn, Deadline deadline,
                             std::stop_token stop) override;
  Result<std::string> kms_key(const std::string& topic_arn, Deadline deadline,
                              std::stop_token stop) override;
  Result<void> set_policy(const std::string& topic_arn, const std::string& policy,
                          Deadline deadline, std::stop_token stop) override;
  Result<std::vector<Subscription>> subscriptions(const std::string& topic_arn, Deadline deadline,
                                                  std::stop_token stop) override;
  Result<std::string> subscribe_queue(const std::string& topic_arn, const std::string& queue_arn,
                                      Deadline deadline, std::stop_token stop) override;
  Result<std::string> filter(const std::string& subscription_arn, Deadline deadline,
                             std::stop_token stop) override;
  Result<void> clear_filter(const std::string& subscription_arn, Deadline deadline,
                            std::stop_token stop) override;
  Result<void> remove(const std::string& topic_arn, Deadline deadline,
                      std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// One page of ListSubscriptionsByTopic.
struct SubscriptionPage {
  std::vector<Subscription> subscriptions;
  std::string next;  ///< Empty on the last page.
};

/// Decode SNS's replies. Pure; exposed for their tests and fuzzers. Errors: unavailable.
Result<SubscriptionPage> decode_subscriptions(std::string_view xml);
/// The attributes of a subscription, by name.
Result<std::map<std::string, std::string>> decode_subscription_attributes(std::string_view xml);
Result<std::string> decode_topic_policy(std::string_view xml);
/// Any attribute of the same reply; empty when it has none of that name.
Result<std::string> decode_topic_attribute(std::string_view xml, std::string_view name);

}  // namespace cordon
