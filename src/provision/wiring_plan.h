#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ports/bucket_admin.h"

namespace cordon {

/// S3's ceiling for the entries of one bucket's notification configuration.
inline constexpr std::size_t kNotificationEntriesMax = 100;

/// How a bucket's events come to us.
enum class WiringWay : std::uint8_t {
  entry,  ///< An entry of ours in the bucket's notification configuration.
  topic,  ///< Our queue listens at a topic that gets every new object already.
  bus,    ///< The bucket tells EventBridge, and a rule there tells our topic.
};

std::string_view name_of(WiringWay way);

/// How a bucket that is not wired yet is to be wired: from `plan_wiring` to BucketWiring.
struct WiringPlan {
  WiringWay way = WiringWay::entry;
  std::string topic_arn = {};  ///< With `topic`.
  std::string why = {};        ///< Why it is not `entry`, for people.

  bool operator==(const WiringPlan&) const = default;
};

/// Two entries overlap when some event and some key fit both; S3 refuses such a configuration
/// (user guide, "Configuring event notifications using object key name filtering").
bool overlaps(const NotificationEntry& a, const NotificationEntry& b);

/// Whether the entry is told of every new object, whatever its key.
bool tells_of_every_new_object(const NotificationEntry& entry);

/// The least intrusive way that misses no object. `present` is the bucket's configuration without
/// `ours`. Pure.
///
/// A topic is shared only when its entry has no filter: one with a prefix would leave the rest of
/// the bucket unscanned, and S3 lets nobody else have the rest. And only in our account and region,
/// where a subscription needs nobody's confirmation.
WiringPlan plan_wiring(const BucketNotifications& present, const NotificationEntry& ours);

}  // namespace cordon
