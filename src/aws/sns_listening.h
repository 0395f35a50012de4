#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/topic_listening.h"

namespace cordon {

/// Subscriptions of queues under a condition on the message's body (a filter policy of SNS), in the
/// region of `client`, which outlives it. SNS takes up to 15 minutes to follow a changed condition.
class SnsListening final : public TopicListening {
 public:
  explicit SnsListening(ServiceClient& client) : client_(client) {}

  Result<Listening> listening(const std::string& topic_arn, const std::string& queue_arn,
                              Deadline deadline, std::stop_token stop) override;
  Result<void> listen(const std::string& topic_arn, const std::string& queue_arn,
                      const std::vector<BucketName>& buckets, Deadline deadline,
                      std::stop_token stop) override;

 private:
  /// The subscription's ARN; empty when there is none.
  Result<std::string> subscription_of(const std::string& topic_arn, const std::string& queue_arn,
                                      Deadline deadline, std::stop_token stop);

  ServiceClient& client_;
};

/// The filter policy that lets the S3 events of these buckets pass.
std::string bucket_filter(const std::vector<BucketName>& buckets);

/// What the attributes of a subscription say. Pure; exposed for its tests and fuzzer. Errors:
/// unavailable (no such document).
Result<Listening> decode_listening(std::string_view xml);

}  // namespace cordon
