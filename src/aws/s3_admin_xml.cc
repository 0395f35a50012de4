#include "aws/s3_admin_xml.h"

#include <algorithm>
#include <optional>

#include "aws/bounded_xml.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr const char* kOpen = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
// A bucket takes 100 notification entries and 1,000 lifecycle rules.
constexpr std::size_t kConfigurationBytesMax = 2U << 20U;
constexpr std::size_t kEntriesMax = 1000;
constexpr const char* kUploadRuleId = "cordon-unfinished-uploads";
constexpr const char* kUploadRule =
    "<Rule><ID>cordon-unfinished-uploads</ID><Filter><Prefix></Prefix></Filter>"
    "<Status>Enabled</Status><AbortIncompleteMultipartUpload>"
    "<DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>";
constexpr const char* kExpiryRuleId = "cordon-expiry";
constexpr const char* kMarkerRuleId = "cordon-expired-markers";

struct TargetNames {
  const char* element;
  const char* arn;
};

TargetNames names_of(NotificationEntry::Target target) {
  switch (target) {
    case NotificationEntry::Target::topic:
      return {"TopicConfiguration", "Topic"};
    case NotificationEntry::Target::queue:
      return {"QueueConfiguration", "Queue"};
    case NotificationEntry::Target::function:
      return {"CloudFunctionConfiguration", "CloudFunction"};
  }
  return {"", ""};
}

std::optional<NotificationEntry::Target> target_of(std::string_view element) {
  using Target = NotificationEntry::Target;
  for (const Target target : {Target::topic, Target::queue, Target::function}) {
    if (element == names_of(target).element) return target;
  }
  if (element == "LambdaFunctionConfiguration") return Target::function;
  return std::nullopt;
}

void decode_filter(pugi::xml_node node, NotificationEntry& entry) {
  for (const pugi::xml_node rule : node.child("Filter").child("S3Key").children("FilterRule")) {
    // S3 gives the names back as they were written, in either case.
    const std::string name = text_of(rule, "Name");
    if (name == "prefix" || name == "Prefix") entry.prefix = text_of(rule, "Value");
    if (name == "suffix" || name == "Suffix") entry.suffix = text_of(rule, "Value");
  }
}

NotificationEntry decode_entry(pugi::xml_node node) {
  NotificationEntry entry;
  entry.verbatim = xml_of(node);
  entry.id = text_of(node, "Id");
  const std::optional<NotificationEntry::Target> target = target_of(local_name(node));
  if (!target) {
    // Some kind that is newer than we are: it stays where it is and overlaps with nothing.
    entry.target = NotificationEntry::Target::function;
    if (entry.id.empty()) entry.id = node.name();
    return entry;
  }
  entry.target = *target;
  entry.arn = text_of(node, names_of(*target).arn);
  if (entry.arn.empty()) entry.arn = text_of(node, "LambdaFunctionArn");
  for (const pugi::xml_node event : node.children("Event")) {
    entry.events.emplace_back(event.child_value());
  }
  decode_filter(node, entry);
  return entry;
}

std::string filter_rule(const char* name, const std::string& value) {
  if (value.empty()) return "";
  return "<FilterRule>" + xml_element("Name", name) + xml_element("Value", value) + "</FilterRule>";
}

std::string encode_entry(const NotificationEntry& entry) {
  if (!entry.verbatim.empty()) return entry.verbatim;
  const TargetNames names = names_of(entry.target);
  std::string xml = std::string("<") + names.element + ">";
  if (!entry.id.empty()) xml += xml_element("Id", entry.id);
  xml += xml_element(names.arn, entry.arn);
  for (const std::string& event : entry.events) xml += xml_element("Event", event);
  const std::string rules =
      filter_rule("prefix", entry.prefix) + filter_rule("suffix", entry.suffix);
  if (!rules.empty()) xml += "<Filter><S3Key>" + rules + "</S3Key></Filter>";
  return xml + "</" + names.element + ">";
}

// What is there of our rules for expiry.
struct OurExpiry {
  std::string objects;  // days, as the document says them
  std::string versions;
  bool markers = false;

  void add(pugi::xml_node rule, const std::string& id) {
    if (text_of(rule, "Status") != "Enabled") return;
    if (id == kMarkerRuleId) {
      markers = text_of(rule.child("Expiration"), "ExpiredObjectDeleteMarker") == "true";
      return;
    }
    objects = text_of(rule.child("Expiration"), "Days");
    versions = text_of(rule.child("NoncurrentVersionExpiration"), "NoncurrentDays");
  }
  bool is_for(std::uint32_t days) const {
    if (days == 0) return objects.empty() && versions.empty() && !markers;
    const std::string wanted = std::to_string(days);
    return objects == wanted && versions == wanted && markers;
  }
};

// In a bucket with versions an object that expires leaves a delete marker and becomes an older
// version, which expires in its turn; the second rule clears markers that nothing lies under.
std::string expiry_rules(std::uint32_t days) {
  const std::string number = std::to_string(days);
  return "<Rule>" + xml_element("ID", kExpiryRuleId) +
         "<Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration>" +
         xml_element("Days", number) + "</Expiration><NoncurrentVersionExpiration>" +
         xml_element("NoncurrentDays", number) + "</NoncurrentVersionExpiration></Rule><Rule>" +
         xml_element("ID", kMarkerRuleId) +
         "<Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration>"
         "<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>";
}

// "eu-west-1", "us-gov-west-1"; not "default" or "us", as other servers call what is no region.
bool has_form_of_region(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || name.find('-') == dash ||
      !parse_u64(name.substr(dash + 1))) {
    return false;
  }
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); });
}

}  // namespace

Result<std::optional<Region>> decode_location(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root, parse_xml(document, xml, "GetBucketLocation",
                                                  "LocationConstraint", kConfigurationBytesMax));
  // Some servers nest a second element of the same name.
  std::string region = root.child_value();
  if (region.empty()) region = text_of(root, "LocationConstraint");
  if (region == "EU") region = "eu-west-1";
  if (!has_form_of_region(region)) return std::optional<Region>();
  return std::optional<Region>(std::move(region));
}

Result<Versioning> decode_versioning(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, "GetBucketVersioning", "VersioningConfiguration",
                       kConfigurationBytesMax));
  const std::string status = text_of(root, "Status");
  if (status.empty()) return Versioning::off;
  if (status == "Enabled") return Versioning::on;
  if (status == "Suspended") return Versioning::suspended;
  return broken_reply("GetBucketVersioning", "an unknown status");
}

Result<BucketNotifications> decode_notifications(std::string_view xml) {
  constexpr std::string_view kOperation = "GetBucketNotificationConfiguration";
  pugi::xml_document document;
  CORDON_TRY(
      const pugi::xml_node root,
      parse_xml(document, xml, kOperation, "NotificationConfiguration", kConfigurationBytesMax));
  BucketNotifications configuration;
  for (const pugi::xml_node node : root.children()) {
    if (node.type() != pugi::node_element) continue;
    if (local_name(node) == "EventBridgeConfiguration") {
      configuration.event_bridge = true;
      continue;
    }
    if (configuration.entries.size() == kEntriesMax) {
      return broken_reply(kOperation, "too many entries");
    }
    configuration.entries.push_back(decode_entry(node));
  }
  return configuration;
}

std::string encode_notifications(const BucketNotifications& configuration) {
  std::string xml = std::string("<NotificationConfiguration") + kOpen;
  using Target = NotificationEntry::Target;
  for (const Target target : {Target::topic, Target::queue, Target::function}) {
    for (const NotificationEntry& entry : configuration.entries) {
      if (entry.target == target) xml += encode_entry(entry);
    }
  }
  if (configuration.event_bridge) xml += "<EventBridgeConfiguration/>";
  return xml + "</NotificationConfiguration>";
}

std::string encode_create_bucket(const Region& region) {
  if (region.str() == "us-east-1") return "";
  return std::string("<CreateBucketConfiguration") + kOpen +
         xml_element("LocationConstraint", region.str()) + "</CreateBucketConfiguration>";
}

Result<bool> decode_public_access_blocked(std::string_view xml, PublicBlocks wanted) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, "GetPublicAccessBlock", "PublicAccessBlockConfiguration",
                       kConfigurationBytesMax));
  constexpr const char* kBlocks[] = {"IgnorePublicAcls", "BlockPublicPolicy",
                                     "RestrictPublicBuckets"};
  if (wanted == PublicBlocks::all && text_of(root, "BlockPublicAcls") != "true") return false;
  return std::all_of(std::begin(kBlocks), std::end(kBlocks),
                     [&](const char* block) { return text_of(root, block) == "true"; });
}

Result<bool> decode_owner_enforced(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root, parse_xml(document, xml, "GetBucketOwnershipControls",
                                                  "OwnershipControls", kConfigurationBytesMax));
  return text_of(root.child("Rule"), "ObjectOwnership") == "BucketOwnerEnforced";
}

Result<std::optional<std::uint32_t>> decode_unfinished_upload_days(std::string_view lifecycle) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, lifecycle, "GetBucketLifecycleConfiguration",
                       "LifecycleConfiguration", kConfigurationBytesMax));
  std::optional<std::uint32_t> least;
  for (const pugi::xml_node rule : root.children("Rule")) {
    // A filter with any text in it leaves objects out; so does the older form, a prefix alone.
    const bool for_all =
        rule.select_node("Filter//text()").node().empty() && text_of(rule, "Prefix").empty();
    const std::uint32_t days =
        rule.child("AbortIncompleteMultipartUpload").child("DaysAfterInitiation").text().as_uint(0);
    if (!for_all || days == 0 || text_of(rule, "Status") != "Enabled") continue;
    if (!least || days < *least) least = days;
  }
  return least;
}

Result<std::string> with_our_rules(std::string_view present,
                                   std::optional<std::uint32_t> expire_days) {
  std::string others;
  bool ends_uploads = false;
  OurExpiry found;
  if (!present.empty()) {
    pugi::xml_document document;
    CORDON_TRY(const pugi::xml_node root,
               parse_xml(document, present, "GetBucketLifecycleConfiguration",
                         "LifecycleConfiguration", kConfigurationBytesMax));
    for (const pugi::xml_node rule : root.children("Rule")) {
      const std::string id = text_of(rule, "ID");
      ends_uploads = ends_uploads || id == kUploadRuleId;
      const bool expiry = id == kExpiryRuleId || id == kMarkerRuleId;
      if (expiry) found.add(rule, id);
      if (!expiry || !expire_days) others += xml_of(rule);
    }
  }
  if (ends_uploads && (!expire_days || found.is_for(*expire_days))) return std::string();
  if (!ends_uploads) others += kUploadRule;
  if (expire_days && *expire_days > 0) others += expiry_rules(*expire_days);
  return std::string("<LifecycleConfiguration") + kOpen + others + "</LifecycleConfiguration>";
}

}  // namespace cordon
