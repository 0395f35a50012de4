#include "aws/sns_admin.h"

#include "aws/bounded_xml.h"
#include "aws/protocols.h"

namespace cordon {
namespace {

constexpr const char* kVersion = "2010-03-31";
constexpr std::size_t kReplyBytesMax = 1U << 20U;
// A page has 100 subscriptions. Ours is one of a handful; a topic with more than this many is not
// ours.
constexpr int kPagesMax = 200;

// Calls `operation` and returns the text of <field> in its result.
Result<std::string> call_for_text(ServiceClient& client, const std::string& operation,
                                  const QueryFields& fields, const char* field, Deadline deadline,
                                  std::stop_token stop) {
  const AwsCall call = query_call(AwsService::sns, operation, kVersion, fields);
  CORDON_TRY(const HttpResponse response, client.call(call, deadline, std::move(stop)));
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, response.body, operation, operation + "Response", kReplyBytesMax));
  std::string text = text_of(root.child((operation + "Result").c_str()), field);
  if (text.empty()) return broken_reply(operation, std::string("no ") + field);
  return text;
}

Result<void> call_for_nothing(ServiceClient& client, const std::string& operation,
                              const QueryFields& fields, Deadline deadline, std::stop_token stop) {
  const AwsCall call = query_call(AwsService::sns, operation, kVersion, fields);
  CORDON_TRY(const HttpResponse response, client.call(call, deadline, std::move(stop)));
  return {};
}

}  // namespace

Result<SubscriptionPage> decode_subscriptions(std::string_view xml) {
  constexpr std::string_view kOperation = "ListSubscriptionsByTopic";
  pugi::xml_document document;
  CORDON_TRY(
      const pugi::xml_node root,
      parse_xml(document, xml, kOperation, "ListSubscriptionsByTopicResponse", kReplyBytesMax));
  const pugi::xml_node result = root.child("ListSubscriptionsByTopicResult");
  if (!result) return broken_reply(kOperation, "no result");
  SubscriptionPage page;
  page.next = text_of(result, "NextToken");
  for (const pugi::xml_node member : result.child("Subscriptions").children("member")) {
    Subscription subscription{text_of(member, "SubscriptionArn"), text_of(member, "Protocol"),
                              text_of(member, "Endpoint")};
    // SNS writes "PendingConfirmation" where the ARN will be.
    if (!subscription.arn.starts_with("arn:")) subscription.arn.clear();
    page.subscriptions.push_back(std::move(subscription));
  }
  return page;
}

Result<std::string> decode_topic_attribute(std::string_view xml, std::string_view name) {
  constexpr std::string_view kOperation = "GetTopicAttributes";
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, kOperation, "GetTopicAttributesResponse", kReplyBytesMax));
  const pugi::xml_node attributes = root.child("GetTopicAttributesResult").child("Attributes");
  if (!attributes) return broken_reply(kOperation, "no attributes");
  for (const pugi::xml_node entry : attributes.children("entry")) {
    if (text_of(entry, "key") == name) return text_of(entry, "value");
  }
  return std::string();
}

Result<std::map<std::string, std::string>> decode_subscription_attributes(std::string_view xml) {
  constexpr std::string_view kOperation = "GetSubscriptionAttributes";
  pugi::xml_document document;
  CORDON_TRY(
      const pugi::xml_node root,
      parse_xml(document, xml, kOperation, "GetSubscriptionAttributesResponse", kReplyBytesMax));
  const pugi::xml_node attributes =
      root.child("GetSubscriptionAttributesResult").child("Attributes");
  if (!attributes) return broken_reply(kOperation, "no attributes");
  std::map<std::string, std::string> found;
  for (const pugi::xml_node entry : attributes.children("entry")) {
    found.emplace(text_of(entry, "key"), text_of(entry, "value"));
  }
  return found;
}

Result<std::string> decode_topic_policy(std::string_view xml) {
  return decode_topic_attribute(xml, "Policy");
}

Result<std::string> SnsAdmin::ensure(const std::string& name, Deadline deadline,
                                     std::stop_token stop) {
  // Returns the topic that is there already, when there is one of that name.
  return call_for_text(client_, "CreateTopic", {{"Name", name}}, "TopicArn", deadline,
                       std::move(stop));
}

Result<std::string> SnsAdmin::policy(const std::string& topic_arn, Deadline deadline,
                                     std::stop_token stop) {
  const AwsCall call =
      query_call(AwsService::sns, "GetTopicAttributes", kVersion, {{"TopicArn", topic_arn}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return decode_topic_policy(response.body);
}

Result<std::string> SnsAdmin::kms_key(const std::string& topic_arn, Deadline deadline,
                                      std::stop_token stop) {
  const AwsCall call =
      query_call(AwsService::sns, "GetTopicAttributes", kVersion, {{"TopicArn", topic_arn}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return decode_topic_attribute(response.body, "KmsMasterKeyId");
}

Result<void> SnsAdmin::set_policy(const std::string& topic_arn, const std::string& policy,
                                  Deadline deadline, std::stop_token stop) {
  return call_for_nothing(
      client_, "SetTopicAttributes",
      {{"TopicArn", topic_arn}, {"AttributeName", "Policy"}, {"AttributeValue", policy}}, deadline,
      std::move(stop));
}

Result<std::vector<Subscription>> SnsAdmin::subscriptions(const std::string& topic_arn,
                                                          Deadline deadline, std::stop_token stop) {
  std::vector<Subscription> all;
  std::string next;
  for (int number = 0; number < kPagesMax; ++number) {
    QueryFields fields{{"TopicArn", topic_arn}};
    if (!next.empty()) fields.emplace_back("NextToken", next);
    const AwsCall call = query_call(AwsService::sns, "ListSubscriptionsByTopic", kVersion, fields);
    CORDON_TRY(const HttpResponse response, client_.call(call, deadline, stop));
    CORDON_TRY(SubscriptionPage page, decode_subscriptions(response.body));
    for (Subscription& one : page.subscriptions) all.push_back(std::move(one));
    next = std::move(page.next);
    if (next.empty()) return all;
  }
  return Error{Errc::invalid, "topic " + topic_arn + " has too many subscriptions"};
}

Result<std::string> SnsAdmin::subscribe_queue(const std::string& topic_arn,
                                              const std::string& queue_arn, Deadline deadline,
                                              std::stop_token stop) {
  // Subscribing again with other attributes is refused, so one that is there is taken as it is.
  CORDON_TRY(const std::vector<Subscription> present, subscriptions(topic_arn, deadline, stop));
  for (const Subscription& one : present) {
    if (one.protocol == "sqs" && one.endpoint == queue_arn && !one.arn.empty()) return one.arn;
  }
  return call_for_text(client_, "Subscribe",
                       {{"TopicArn", topic_arn},
                        {"Protocol", "sqs"},
                        {"Endpoint", queue_arn},
                        {"ReturnSubscriptionArn", "true"}},
                       "SubscriptionArn", deadline, std::move(stop));
}

Result<std::string> SnsAdmin::filter(const std::string& subscription_arn, Deadline deadline,
                                     std::stop_token stop) {
  const AwsCall call = query_call(AwsService::sns, "GetSubscriptionAttributes", kVersion,
                                  {{"SubscriptionArn", subscription_arn}});
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  using Attributes = std::map<std::string, std::string>;
  CORDON_TRY(const Attributes attributes, decode_subscription_attributes(response.body));
  const auto filter = attributes.find("FilterPolicy");
  // Some servers write an empty filter for none.
  if (filter == attributes.end() || filter->second == "{}") return std::string();
  return filter->second;
}

Result<void> SnsAdmin::clear_filter(const std::string& subscription_arn, Deadline deadline,
                                    std::stop_token stop) {
  return call_for_nothing(client_, "SetSubscriptionAttributes",
                          {{"SubscriptionArn", subscription_arn},
                           {"AttributeName", "FilterPolicy"},
                           {"AttributeValue", "{}"}},
                          deadline, std::move(stop));
}

Result<void> SnsAdmin::remove(const std::string& topic_arn, Deadline deadline,
                              std::stop_token stop) {
  return call_for_nothing(client_, "DeleteTopic", {{"TopicArn", topic_arn}}, deadline,
                          std::move(stop));
}

}  // namespace cordon
