#include "provision/wiring_plan.h"

#include <algorithm>
#include <array>

namespace cordon {
namespace {

// "s3:ObjectCreated:*" covers "s3:ObjectCreated:Put"; equal names cover each other.
bool event_covers(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  return wide.ends_with('*') && narrow.starts_with(wide.substr(0, wide.size() - 1));
}

bool events_meet(const NotificationEntry& a, const NotificationEntry& b) {
  for (const std::string& x : a.events) {
    for (const std::string& y : b.events) {
      if (event_covers(x, y) || event_covers(y, x)) return true;
    }
  }
  return false;
}

const char* kind_of(NotificationEntry::Target target) {
  switch (target) {
    case NotificationEntry::Target::topic:
      return "topic";
    case NotificationEntry::Target::queue:
      return "queue";
    case NotificationEntry::Target::function:
      return "function";
  }
  return "target";
}

std::string described(const NotificationEntry& entry) {
  std::string text = std::string(kind_of(entry.target)) + " " + entry.arn;
  if (!entry.id.empty()) text += " (entry \"" + entry.id + "\")";
  return text;
}

// "arn:aws:sns:eu-west-1:111122223333:" of "arn:aws:sns:eu-west-1:111122223333:name".
std::string_view place_of(std::string_view arn) {
  const std::size_t colon = arn.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : arn.substr(0, colon + 1);
}

}  // namespace

std::string_view name_of(WiringWay way) {
  switch (way) {
    case WiringWay::entry:
      return "entry";
    case WiringWay::topic:
      return "topic";
    case WiringWay::bus:
      return "bus";
  }
  return "entry";
}

bool overlaps(const NotificationEntry& a, const NotificationEntry& b) {
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  return prefixes && suffixes && events_meet(a, b);
}

bool tells_of_every_new_object(const NotificationEntry& entry) {
  constexpr std::array kCreations{"s3:ObjectCreated:Put", "s3:ObjectCreated:Post",
                                  "s3:ObjectCreated:Copy",
                                  "s3:ObjectCreated:CompleteMultipartUpload"};
  if (!entry.prefix.empty() || !entry.suffix.empty()) return false;
  return std::all_of(kCreations.begin(), kCreations.end(), [&](const char* creation) {
    return std::any_of(entry.events.begin(), entry.events.end(),
                       [&](const std::string& event) { return event_covers(event, creation); });
  });
}

WiringPlan plan_wiring(const BucketNotifications& present, const NotificationEntry& ours) {
  const auto other = std::find_if(present.entries.begin(), present.entries.end(),
                                  [&](const auto& entry) { return overlaps(entry, ours); });
  if (other == present.entries.end()) {
    if (present.entries.size() < kNotificationEntriesMax) return {};
    return {.way = WiringWay::bus,
            .why = "the bucket has " + std::to_string(present.entries.size()) +
                   " notification entries, and S3 allows " +
                   std::to_string(kNotificationEntriesMax)};
  }
  const bool is_topic = other->target == NotificationEntry::Target::topic;
  const std::string why = "new objects are told to the " + described(*other) +
                          " already, and S3 allows one destination per event and key range";
  // Elsewhere its owner would have to confirm the subscription.
  if (is_topic && tells_of_every_new_object(*other) && place_of(other->arn) == place_of(ours.arn)) {
    return {.way = WiringWay::topic, .topic_arn = other->arn, .why = why};
  }
  return {.way = WiringWay::bus, .why = why};
}

}  // namespace cordon
