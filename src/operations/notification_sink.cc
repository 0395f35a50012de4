#include "operations/notification_sink.h"

#include <utility>

#include "operations/filtered_sink.h"
#include "provision/topology.h"

namespace cordon {

ResultOutcomes NotificationSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                         std::stop_token stop) {
  const NotificationSettings now = settings_();
  const Region region = now.region.value_or(identity_.region);
  const std::unique_ptr<ResultSink> topic = messages_.topic(
      topic_arn_of(region, identity_.account, identity_.deployment.notification_topic()));
  return publish_wanted(
      *topic, results,
      [&](const ScanResult& result) { return wants_notification(now, result.verdict.disposition); },
      deadline, std::move(stop));
}

}  // namespace cordon
