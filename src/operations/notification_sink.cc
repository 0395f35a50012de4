#include "operations/notification_sink.h"

#include <utility>

#include "provision/topology.h"

namespace cordon {

Result<void> NotificationSink::publish(const ScanResult& result, Deadline deadline,
                                       std::stop_token stop) {
  const NotificationSettings now = settings_();
  if (!wants_notification(now, result.verdict.disposition)) return {};
  const Region region = now.region.value_or(identity_.region);
  const std::string topic =
      topic_arn_of(region, identity_.account, identity_.deployment.notification_topic());
  return messages_.topic(topic)->publish(result, deadline, std::move(stop));
}

}  // namespace cordon
