#include "devcloud/s3/s3_notification.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::array kEvents{
    "s3:TestEvent",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
};
constexpr std::size_t kRulesMax = 100;

struct Shape {
  const char* element;
  const char* arn_element;
  NotificationRule::Target target;
};
constexpr std::array kShapes{
    Shape{"TopicConfiguration", "Topic", NotificationRule::Target::topic},
    Shape{"QueueConfiguration", "Queue", NotificationRule::Target::queue},
    Shape{"CloudFunctionConfiguration", "CloudFunction", NotificationRule::Target::function},
};

AwsError invalid(std::string why) { return {400, "InvalidArgument", std::move(why)}; }

bool covers(std::string_view pattern, std::string_view event) {
  return pattern == event ||
         (pattern.ends_with('*') && event.starts_with(pattern.substr(0, pattern.size() - 1)));
}

bool share_an_event(const NotificationRule& a, const NotificationRule& b) {
  for (const std::string& one : a.events) {
    for (const std::string& other : b.events) {
      if (covers(one, other) || covers(other, one)) return true;
    }
  }
  return false;
}

// S3 refuses two rules that one object event could match, wherever they lead.
bool overlap(const NotificationRule& a, const NotificationRule& b) {
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  return prefixes && suffixes && share_an_event(a, b);
}

Answer<void> take_filter(const pugi::xml_node& node, NotificationRule& rule) {
  bool prefix = false;
  bool suffix = false;
  for (const pugi::xml_node& entry : node.child("Filter").child("S3Key").children("FilterRule")) {
    const std::string name = lower(entry.child("Name").text().get());
    const std::string value = entry.child("Value").text().get();
    if ((name != "prefix" && name != "suffix") || (name == "prefix" ? prefix : suffix)) {
      return invalid("filter rule name must be either prefix or suffix");
    }
    if (value.size() > 1024) return invalid("Size of filter rule value cannot exceed 1024 bytes");
    (name == "prefix" ? prefix : suffix) = true;
    (name == "prefix" ? rule.prefix : rule.suffix) = value;
  }
  return {};
}

Answer<NotificationRule> parse_rule(const pugi::xml_node& node, const Shape& shape,
                                    Random& random) {
  NotificationRule rule;
  rule.target = shape.target;
  rule.id = node.child("Id").text().get();
  if (rule.id.empty()) rule.id = base64(as_bytes_of(make_token(random, 36)));
  rule.arn = node.child(shape.arn_element).text().get();
  if (rule.arn.empty()) rule.arn = node.child("Function").text().get();
  for (const pugi::xml_node& event : node.children("Event")) {
    const std::string name = event.text().get();
    if (std::find(kEvents.begin(), kEvents.end(), name) == kEvents.end()) {
      return invalid("The event '" + name + "' is not supported for notifications");
    }
    rule.events.push_back(name);
  }
  if (rule.events.empty() || !rule.arn.starts_with("arn:")) {
    return AwsError{400, "MalformedXML",
                    "The XML you provided was not well-formed or did not validate against our "
                    "published schema"};
  }
  CORDON_TRY(take_filter(node, rule));
  return rule;
}

Answer<void> check_rules(const std::vector<NotificationRule>& rules) {
  if (rules.size() > kRulesMax) return invalid("Too many notification configurations");
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (rules[i].id == rules[j].id) {
        return invalid("Same ID used for multiple configurations. IDs must be unique");
      }
      if (overlap(rules[i], rules[j])) {
        return invalid(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type.");
      }
    }
  }
  return {};
}

std::string upper_hex(std::uint64_t value, std::size_t width) {
  std::string out;
  for (; width > 0; --width) out.push_back("0123456789ABCDEF"[value >> (4 * (width - 1)) & 15]);
  return out;
}

}  // namespace

bool NotificationRule::wants(std::string_view event, std::string_view key) const {
  const std::string full = "s3:" + std::string(event);
  return key.starts_with(prefix) && key.ends_with(suffix) &&
         std::any_of(events.begin(), events.end(),
                     [&](const std::string& pattern) { return covers(pattern, full); });
}

Answer<NotificationConfiguration> parse_notifications(const pugi::xml_node& root, Random& random) {
  NotificationConfiguration out;
  for (const Shape& shape : kShapes) {
    for (const pugi::xml_node& node : root.children(shape.element)) {
      CORDON_TRY(NotificationRule rule, parse_rule(node, shape, random));
      out.rules.push_back(std::move(rule));
    }
  }
  out.event_bridge = !root.child("EventBridgeConfiguration").empty();
  CORDON_TRY(check_rules(out.rules));
  return out;
}

std::string notifications_to_xml(const NotificationConfiguration& configuration) {
  XmlWriter xml;
  xml.open("NotificationConfiguration", R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/")");
  for (const NotificationRule& rule : configuration.rules) {
    const auto* shape = std::find_if(kShapes.begin(), kShapes.end(),
                                     [&](const Shape& s) { return s.target == rule.target; });
    xml.open(shape->element).text("Id", rule.id).text(shape->arn_element, rule.arn);
    for (const std::string& event : rule.events) xml.text("Event", event);
    if (!rule.prefix.empty() || !rule.suffix.empty()) {
      xml.open("Filter").open("S3Key");
      const auto filter = [&](const char* name, const std::string& value) {
        if (value.empty()) return;
        xml.open("FilterRule").text("Name", name).text("Value", value).close("FilterRule");
      };
      filter("Prefix", rule.prefix);
      filter("Suffix", rule.suffix);
      xml.close("S3Key").close("Filter");
    }
    xml.close(shape->element);
  }
  if (configuration.event_bridge) {
    xml.open("EventBridgeConfiguration").close("EventBridgeConfiguration");
  }
  return xml.close("NotificationConfiguration").take();
}

std::string encode_event_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*' || c == '/';
    if (plain) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      out += "%" + upper_hex(static_cast<unsigned char>(c), 2);
    }
  }
  return out;
}

std::string s3_event_json(const S3Event& event, const std::string& bucket,
                          const std::string& region, const std::string& owner,
                          const std::string& configuration_id) {
  json::object object{{"key", encode_event_key(event.key)}};
  if (event.bytes) object["size"] = *event.bytes;
  if (!event.etag.empty()) object["eTag"] = event.etag;
  if (!event.version_id.empty()) object["versionId"] = event.version_id;
  object["sequencer"] = event.sequencer;
  const bool tagging = event.name.starts_with("ObjectTagging");
  json::object record{
      {"eventVersion", tagging ? "2.3" : "2.1"},
      {"eventSource", "aws:s3"},
      {"awsRegion", region},
      {"eventTime", rfc3339_ms(event.time)},
      {"eventName", event.name},
      {"userIdentity", {{"principalId", event.principal_id}}},
      {"requestParameters", {{"sourceIPAddress", event.source_ip}}},
      {"responseElements", {{"x-amz-request-id", event.request_id}, {"x-amz-id-2", event.host_id}}},
      {"s3",
       {{"s3SchemaVersion", "1.0"},
        {"configurationId", configuration_id},
        {"bucket",
         {{"name", bucket},
          {"ownerIdentity", {{"principalId", owner}}},
          {"arn", make_bucket_arn(region, bucket)}}},
        {"object", std::move(object)}}}};
  json::array records;
  records.push_back(std::move(record));
  return json::serialize(json::object{{"Records", std::move(records)}});
}

}  // namespace cordon::cloud
