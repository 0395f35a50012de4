#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "devcloud/aws_error.h"
#include "devcloud/call.h"

namespace pugi {
class xml_node;
}

namespace cordon::cloud {

/// One entry of a bucket's notification configuration.
struct NotificationRule {
  enum class Target : std::uint8_t { topic, queue, function };

  std::string id;
  Target target = Target::topic;
  std::string arn;
  std::vector<std::string> events;  ///< "s3:ObjectCreated:*"
  std::string prefix;
  std::string suffix;

  bool wants(std::string_view event, std::string_view key) const;
};

/// The whole notification configuration of a bucket, checked by S3's rules.
struct NotificationConfiguration {
  std::vector<NotificationRule> rules;
  bool event_bridge = false;
};

/// Something that happened to an object.
struct S3Event {
  std::string name;  ///< "ObjectCreated:Put"
  std::string key;
  std::string version_id;  ///< Empty in a bucket that was never versioned.
  std::string etag;
  std::optional<std::uint64_t> bytes;
  std::string sequencer;
  SystemTime time;
  std::string principal_id;
  std::string source_ip;
  std::string request_id;
  std::string host_id;
  std::string requester;  ///< Account
};

/// Reads the document and applies S3's own rules: known events, overlapping rules.
Answer<NotificationConfiguration> parse_notifications(const pugi::xml_node& root, Random& random);
std::string notifications_to_xml(const NotificationConfiguration& configuration);

/// The message as S3 sends it to topics and queues.
std::string s3_event_json(const S3Event& event, const std::string& bucket,
                          const std::string& region, const std::string& owner,
                          const std::string& configuration_id);
/// A key as S3 writes it into events and listings: form-encoded, slashes kept.
std::string encode_event_key(std::string_view key);

}  // namespace cordon::cloud
