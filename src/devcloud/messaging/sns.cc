#include "devcloud/messaging/sns.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "core/partition.h"
#include "devcloud/access/access.h"
#include "devcloud/access/allowed_text.h"
#include "devcloud/json_in.h"
#include "devcloud/messaging/event_pattern.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::string_view kXmlns = "http://sns.amazonaws.com/doc/2010-03-31/";
constexpr std::size_t kMessageBytesMax = 262'144;
constexpr std::size_t kPageSize = 100;

AwsError invalid(std::string why) {
  return {400, "InvalidParameter", "Invalid parameter: " + std::move(why)};
}
AwsError no_topic() { return {404, "NotFound", "Topic does not exist"}; }
AwsError no_subscription() { return {404, "NotFound", "Subscription does not exist"}; }

// XmlWriter begins with a declaration, which a fragment must not have.
class Fragment : public XmlWriter {
 public:
  Fragment() { (void)take(); }
};

bool is_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void write_map(XmlWriter& xml, const std::map<std::string, std::string>& map) {
  xml.open("Attributes");
  for (const auto& [key, value] : map) {
    xml.open("entry").text("key", key).text("value", value).close("entry");
  }
  xml.close("Attributes");
}

std::string json_text(std::string_view text) { return json::serialize(json::value(text)); }

json::object attributes_from(const QueryForm& form, const std::string& prefix) {
  json::object out;
  const std::size_t count = form.count(prefix + "MessageAttributes.entry");
  for (std::size_t n = 1; n <= count; ++n) {
    const std::string at = prefix + "MessageAttributes.entry." + std::to_string(n);
    json::object value{{"DataType", form.text(at + ".Value.DataType")}};
    for (const char* name : {"StringValue", "BinaryValue"}) {
      if (form.has(at + ".Value." + name)) value[name] = form.text(at + ".Value." + name);
    }
    out[form.text(at + ".Name")] = std::move(value);
  }
  return out;
}

Answer<void> check_attributes(const json::object& attributes) {
  for (const auto& [name, value] : attributes) {
    const json::object& fields = value.as_object();
    const std::string type = text_of(fields, "DataType");
    const std::string kind = type.substr(0, type.find('.'));
    if (name.empty() || (kind != "String" && kind != "Number" && kind != "Binary")) {
      return AwsError{400, "ParameterValueInvalid",
                      "The message attribute '" + std::string(name) +
                          "' has an invalid message attribute type"};
    }
    if (text_of(fields, kind == "Binary" ? "BinaryValue" : "StringValue").empty()) {
      return AwsError{400, "ParameterValueInvalid",
                      "The message attribute '" + std::string(name) +
                          "' must contain non-empty message attribute value"};
    }
    if (kind != "Binary" && !is_allowed_text(text_of(fields, "StringValue"))) {
      return AwsError{400, "ParameterValueInvalid",
                      "The message attribute '" + std::string(name) +
                          "' has a value with characters that are not allowed"};
    }
  }
  return {};
}

// What a filter policy looks at: the attributes as plain values.
json::object filterable(const json::object& attributes) {
  json::object out;
  for (const auto& [name, value] : attributes) {
    const json::object& fields = value.as_object();
    const std::string type = text_of(fields, "DataType");
    const std::string text = text_of(fields, "StringValue");
    if (type.starts_with("Number") || type == "String.Array") {
      json::error_code failed;
      json::value parsed = json::parse(text, failed);
      out[name] = failed ? json::value(text) : std::move(parsed);
    } else if (type.starts_with("String")) {
      out[name] = text;
    }
  }
  return out;
}

}  // namespace

ServerResponse SnsService::handle(const Call& call, std::string_view action) {
  RequestTarget::Query all = call.target.query;
  if (const auto body = parse_form(call.request.body)) {
    all.insert(all.end(), body->begin(), body->end());
  }
  const QueryForm form(all);
  const Reply reply = run(call, action, form);
  if (!reply) return query_error(kXmlns, reply.error(), call.request_id);
  return query_answer(kXmlns, action, *reply, call.request_id);
}

SnsService::Reply SnsService::run(const Call& call, std::string_view action,
                                  const QueryForm& form) {
  using Method = Reply (SnsService::*)(const Call&, const QueryForm&);
  static const std::map<std::string_view, Method> kActions{
      {"CreateTopic", &SnsService::create},
      {"DeleteTopic", &SnsService::remove},
      {"ListTopics", &SnsService::list},
      {"GetTopicAttributes", &SnsService::get_attributes},
      {"SetTopicAttributes", &SnsService::set_attributes},
      {"Subscribe", &SnsService::subscribe},
      {"Unsubscribe", &SnsService::unsubscribe},
      {"ListSubscriptions", &SnsService::list_subscriptions},
      {"ListSubscriptionsByTopic", &SnsService::list_subscriptions},
      {"GetSubscriptionAttributes", &SnsService::get_subscription_attributes},
      {"SetSubscriptionAttributes", &SnsService::set_subscription_attributes},
      {"Publish", &SnsService::publish_one},
      {"PublishBatch", &SnsService::publish_batch},
      {"TagResource", &SnsService::tag},
      {"UntagResource", &SnsService::untag},
      {"ListTagsForResource", &SnsService::list_tags},
  };
  const auto at = kActions.find(action);
  if (at == kActions.end()) {
    return AwsError{400, "InvalidAction",
                    "The action " + std::string(action) + " is not valid for this endpoint."};
  }
  return (this->*at->second)(call, form);
}

Answer<SnsService::Topic*> SnsService::topic_locked(const std::string& arn) {
  if (arn.empty()) return invalid("TopicArn or TargetArn Reason: no value for required parameter");
  if (arn_field(arn, 2) != "sns")
    return invalid("TopicArn Reason: An ARN must have at least 6 elements");
  const auto at = topics_.find(arn);
  if (at == topics_.end()) return no_topic();
  return &at->second;
}

SnsService::Subscription* SnsService::subscription_locked(const std::string& arn, Topic** owner) {
  for (auto& [name, topic] : topics_) {
    for (Subscription& one : topic.subscriptions) {
      if (one.arn != arn) continue;
      if (owner != nullptr) *owner = &topic;
      return &one;
    }
  }
  return nullptr;
}

std::string SnsService::default_policy(const std::string& arn) const {
  return R"({"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":)"
         R"("__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":[)"
         R"("SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
         R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",)"
         R"("SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":")" +
         arn + R"(","Condition":{"StringEquals":{"AWS:SourceOwner":")" + basics_.account +
         R"("}}}]})";
}

Answer<void> SnsService::apply_locked(Topic& topic, const std::string& name,
                                      const std::string& value) const {
  static constexpr std::array kKnown{"Policy",         "DisplayName",      "DeliveryPolicy",
                                     "KmsMasterKeyId", "SignatureVersion", "TracingConfig"};
  const bool feedback = name.find("FeedbackRoleArn") != std::string::npos ||
                        name.find("FeedbackSampleRate") != std::string::npos;
  if (!feedback && std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
    return invalid("AttributeName");
  }
  if (name == "Policy" && !value.empty()) {
    const Answer<Policy> parsed = Policy::parse(value, {});
    if (!parsed) return invalid("Policy Error: " + parsed.error().message);
    topic.policy = *parsed;
    warn_of_gaps(basics_.log, *parsed, topic.arn);
  } else if (name == "Policy") {
    topic.policy.reset();
  }
  if (value.empty()) {
    topic.attributes.erase(name);
  } else {
    topic.attributes[name] = value;
  }
  return {};
}

SnsService::Reply SnsService::create(const Call& call, const QueryForm& form) {
  const std::string name = form.text("Name");
  if (!is_topic_name(name)) return invalid("Topic Name");
  Topic topic;
  topic.arn = make_arn("sns", call.region, basics_.account, name);
  topic.region = call.region;
  for (const auto& [key, value] : form.pairs("Attributes.entry", "key", "value")) {
    CORDON_TRY(apply_locked(topic, key, value));
  }
  for (const auto& [key, value] : form.pairs("Tags.member", "Key", "Value"))
    topic.tags[key] = value;
  Fragment xml;
  xml.text("TopicArn", topic.arn);
  std::lock_guard lock(mutex_);
  const auto known = topics_.find(topic.arn);
  if (known != topics_.end()) {
    for (const auto& [key, value] : topic.attributes) {
      const auto at = known->second.attributes.find(key);
      if (at == known->second.attributes.end() || at->second != value) {
        return invalid("Attributes Reason: Topic already exists with different attributes");
      }
    }
    return xml.take();
  }
  const std::string arn = topic.arn;
  topics_.emplace(arn, std::move(topic));
  return xml.take();
}

SnsService::Reply SnsService::remove(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  topics_.erase(form.text("TopicArn"));  // Idempotent.
  return std::string();
}

SnsService::Reply SnsService::list(const Call& call, const QueryForm& form) {
  const std::string after = form.text("NextToken");
  Fragment xml;
  xml.open("Topics");
  std::size_t count = 0;
  std::string last;
  bool more = false;
  std::lock_guard lock(mutex_);
  for (auto at = topics_.upper_bound(after); at != topics_.end(); ++at) {
    if (at->second.region != call.region) continue;
    if (count == kPageSize) {
      more = true;
      break;
    }
    ++count;
    last = at->first;
    xml.open("member").text("TopicArn", at->first).close("member");
  }
  xml.close("Topics");
  if (more) xml.text("NextToken", last);
  return xml.take();
}

SnsService::Reply SnsService::get_attributes(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Topic* topic, topic_locked(form.text("TopicArn")));
  Attributes all = topic->attributes;
  all["TopicArn"] = topic->arn;
  all["Owner"] = basics_.account;
  all.try_emplace("DisplayName", "");
  all.try_emplace("Policy", default_policy(topic->arn));
  all["SubscriptionsConfirmed"] = std::to_string(topic->subscriptions.size());
  all["SubscriptionsPending"] = "0";
  all["SubscriptionsDeleted"] = "0";
  all["EffectiveDeliveryPolicy"] =
      R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,)"
      R"("numRetries":3},"disableSubscriptionOverrides":false}})";
  Fragment xml;
  write_map(xml, all);
  return xml.take();
}

SnsService::Reply SnsService::set_attributes(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(Topic * topic, topic_locked(form.text("TopicArn")));
  CORDON_TRY(apply_locked(*topic, form.text("AttributeName"), form.text("AttributeValue")));
  return std::string();
}

Answer<void> SnsService::apply(Subscription& subscription, const std::string& name,
                               const std::string& value) const {
  if (name == "RawMessageDelivery") {
    if (value != "true" && value != "false")
      return invalid("Attributes Reason: RawMessageDelivery");
    subscription.raw = value == "true";
  } else if (name == "FilterPolicyScope") {
    if (value != "MessageAttributes" && value != "MessageBody") {
      return invalid("Attributes Reason: FilterPolicyScope");
    }
    subscription.filter_on_body = value == "MessageBody";
  } else if (name == "FilterPolicy") {
    const auto parsed = parse_object(value);
    if (!parsed) return invalid("FilterPolicy: failed to parse JSON");
    if (!check_pattern(*parsed, "InvalidParameter")) {
      return invalid("FilterPolicy: Match value must be String, number, true, false, or null");
    }
    subscription.filter = parsed->empty() ? std::nullopt : parsed;
  } else if (name == "RedrivePolicy" && !value.empty()) {
    return AwsError{501, "NotImplemented",
                    "The stand-in keeps nothing that it cannot deliver: RedrivePolicy"};
  } else if (name != "DeliveryPolicy" && name != "RedrivePolicy" && name != "SubscriptionRoleArn") {
    return invalid("AttributeName");
  }
  subscription.attributes[name] = value;
  return {};
}

SnsService::Reply SnsService::subscribe(const Call& /*call*/, const QueryForm& form) {
  Subscription made;
  made.protocol = form.text("Protocol");
  made.endpoint = form.text("Endpoint");
  if (made.protocol != "sqs") {
    return invalid("Protocol Reason: the stand-in delivers to queues only (sqs)");
  }
  if (arn_field(made.endpoint, 2) != "sqs") return invalid("SQS endpoint ARN");
  for (const auto& [key, value] : form.pairs("Attributes.entry", "key", "value")) {
    CORDON_TRY(apply(made, key, value));
  }
  std::lock_guard lock(mutex_);
  CORDON_TRY(Topic * topic, topic_locked(form.text("TopicArn")));
  Fragment xml;
  for (const Subscription& known : topic->subscriptions) {
    if (known.protocol != made.protocol || known.endpoint != made.endpoint) continue;
    for (const auto& [key, value] : made.attributes) {
      const auto at = known.attributes.find(key);
      if (at == known.attributes.end() || at->second != value) {
        return invalid("Attributes Reason: Subscription already exists with different attributes");
      }
    }
    xml.text("SubscriptionArn", known.arn);
    return xml.take();
  }
  made.arn = topic->arn + ":" + make_uuid(basics_.random);
  xml.text("SubscriptionArn", made.arn);
  topic->subscriptions.push_back(std::move(made));
  return xml.take();
}

SnsService::Reply SnsService::unsubscribe(const Call& /*call*/, const QueryForm& form) {
  const std::string arn = form.text("SubscriptionArn");
  std::lock_guard lock(mutex_);
  for (auto& [name, topic] : topics_) {
    std::erase_if(topic.subscriptions, [&](const Subscription& one) { return one.arn == arn; });
  }
  return std::string();
}

SnsService::Reply SnsService::list_subscriptions(const Call& call, const QueryForm& form) {
  const std::string wanted = form.text("TopicArn");
  const std::string after = form.text("NextToken");
  std::lock_guard lock(mutex_);
  if (form.text("Action") == "ListSubscriptionsByTopic") CORDON_TRY(topic_locked(wanted));
  std::map<std::string, const Subscription*> found;
  std::map<std::string, std::string> topic_of;
  for (const auto& [arn, topic] : topics_) {
    if (wanted.empty() ? topic.region != call.region : arn != wanted) continue;
    for (const Subscription& one : topic.subscriptions) {
      found[one.arn] = &one;
      topic_of[one.arn] = arn;
    }
  }
  Fragment xml;
  xml.open("Subscriptions");
  std::size_t count = 0;
  std::string last;
  auto at = found.upper_bound(after);
  for (; at != found.end() && count < kPageSize; ++at, ++count) {
    const Subscription& one = *at->second;
    xml.open("member").text("SubscriptionArn", one.arn).text("Owner", basics_.account);
    xml.text("Protocol", one.protocol).text("Endpoint", one.endpoint);
    xml.text("TopicArn", topic_of[one.arn]).close("member");
    last = one.arn;
  }
  xml.close("Subscriptions");
  if (at != found.end()) xml.text("NextToken", last);
  return xml.take();
}

SnsService::Reply SnsService::get_subscription_attributes(const Call& /*call*/,
                                                          const QueryForm& form) {
  std::lock_guard lock(mutex_);
  Topic* topic = nullptr;
  const Subscription* one = subscription_locked(form.text("SubscriptionArn"), &topic);
  if (one == nullptr) return no_subscription();
  Attributes all = one->attributes;
  all["SubscriptionArn"] = one->arn;
  all["TopicArn"] = topic->arn;
  all["Owner"] = basics_.account;
  all["Protocol"] = one->protocol;
  all["Endpoint"] = one->endpoint;
  all["PendingConfirmation"] = "false";
  all["ConfirmationWasAuthenticated"] = "true";
  all.try_emplace("RawMessageDelivery", "false");
  if (one->filter) all.try_emplace("FilterPolicyScope", "MessageAttributes");
  Fragment xml;
  write_map(xml, all);
  return xml.take();
}

SnsService::Reply SnsService::set_subscription_attributes(const Call& /*call*/,
                                                          const QueryForm& form) {
  std::lock_guard lock(mutex_);
  Subscription* one = subscription_locked(form.text("SubscriptionArn"), nullptr);
  if (one == nullptr) return no_subscription();
  CORDON_TRY(apply(*one, form.text("AttributeName"), form.text("AttributeValue")));
  return std::string();
}

Answer<std::string> SnsService::send(const Call& call, const QueryForm& form,
                                     const std::string& prefix, const std::string& topic_arn) {
  Message message;
  message.id = make_uuid(basics_.random);
  message.topic_arn = topic_arn;
  message.region = call.region;
  message.body = form.text(prefix + "Message");
  message.subject = form.text(prefix + "Subject");
  message.attributes = attributes_from(form, prefix);
  if (message.body.empty()) return invalid("Empty message");
  if (message.body.size() > kMessageBytesMax) return invalid("Message too long");
  if (!is_allowed_text(message.body)) {
    return invalid("Message Reason: it has characters that are not allowed");
  }
  if (message.subject.size() > 100 || !is_allowed_text(message.subject)) return invalid("Subject");
  CORDON_TRY(check_attributes(message.attributes));
  if (form.text(prefix + "MessageStructure") == "json") {
    const auto by_protocol = parse_object(message.body);
    if (!by_protocol || !text_if(*by_protocol, "default")) {
      return invalid("Message Structure - No default entry in JSON message body");
    }
    message.body = text_if(*by_protocol, "sqs").value_or(text_of(*by_protocol, "default"));
  }
  std::vector<Subscription> subscriptions;
  {
    std::lock_guard lock(mutex_);
    CORDON_TRY(const Topic* topic, topic_locked(topic_arn));
    subscriptions = topic->subscriptions;
  }
  fan_out(message, subscriptions);
  return message.id;
}

SnsService::Reply SnsService::publish_one(const Call& call, const QueryForm& form) {
  const std::string arn = form.has("TopicArn") ? form.text("TopicArn") : form.text("TargetArn");
  CORDON_TRY(const std::string id, send(call, form, "", arn));
  Fragment xml;
  xml.text("MessageId", id);
  return xml.take();
}

SnsService::Reply SnsService::publish_batch(const Call& call, const QueryForm& form) {
  const std::string arn = form.text("TopicArn");
  {
    std::lock_guard lock(mutex_);
    CORDON_TRY(topic_locked(arn));
  }
  const std::size_t count = form.count("PublishBatchRequestEntries.member");
  if (count == 0)
    return AwsError{400, "EmptyBatchRequest", "The batch request doesn't contain any entries."};
  if (count > 10) {
    return AwsError{400, "TooManyEntriesInBatchRequest",
                    "The batch request contains more entries than permissible (10)."};
  }
  Fragment good;
  Fragment bad;
  for (std::size_t n = 1; n <= count; ++n) {
    const std::string prefix = "PublishBatchRequestEntries.member." + std::to_string(n) + ".";
    const Answer<std::string> sent = send(call, form, prefix, arn);
    const std::string id = form.text(prefix + "Id");
    if (sent) {
      good.open("member").text("Id", id).text("MessageId", *sent).close("member");
    } else {
      bad.open("member").text("Id", id).text("Code", sent.error().code);
      bad.text("Message", sent.error().message).flag("SenderFault", true).close("member");
    }
  }
  Fragment xml;
  xml.open("Successful").raw(good.take()).close("Successful");
  xml.open("Failed").raw(bad.take()).close("Failed");
  return xml.take();
}

SnsService::Reply SnsService::tag(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  const auto at = topics_.find(form.text("ResourceArn"));
  if (at == topics_.end()) return AwsError{404, "ResourceNotFound", "Resource does not exist"};
  for (const auto& [key, value] : form.pairs("Tags.member", "Key", "Value")) {
    at->second.tags[key] = value;
  }
  return std::string();
}

SnsService::Reply SnsService::untag(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  const auto at = topics_.find(form.text("ResourceArn"));
  if (at == topics_.end()) return AwsError{404, "ResourceNotFound", "Resource does not exist"};
  for (const std::string& key : form.list("TagKeys")) at->second.tags.erase(key);
  return std::string();
}

SnsService::Reply SnsService::list_tags(const Call& /*call*/, const QueryForm& form) {
  std::lock_guard lock(mutex_);
  const auto at = topics_.find(form.text("ResourceArn"));
  if (at == topics_.end()) return AwsError{404, "ResourceNotFound", "Resource does not exist"};
  Fragment xml;
  xml.open("Tags");
  for (const auto& [key, value] : at->second.tags) {
    xml.open("member").text("Key", key).text("Value", value).close("member");
  }
  xml.close("Tags");
  return xml.take();
}

// ---- delivery ----

bool SnsService::permits_locked(const Topic& topic, const Publication& publication) const {
  if (!topic.policy) return false;  // The default policy lets the owner in, and no service.
  AccessQuestion question;
  question.who = AccessQuestion::Who::service;
  question.principal = publication.principal;
  question.action = "sns:Publish";
  question.resource = topic.arn;
  question.context["aws:sourcearn"] = {publication.source_arn};
  question.context["aws:sourceaccount"] = {
      publication.source_account.empty() ? basics_.account : publication.source_account};
  question.context["aws:securetransport"] = {"true"};
  return topic.policy->decide(question) == PolicyEffect::allow;
}

std::optional<Policy> SnsService::policy_of(const std::string& topic_arn) {
  std::lock_guard lock(mutex_);
  const auto at = topics_.find(topic_arn);
  return at == topics_.end() ? std::nullopt : at->second.policy;
}

bool SnsService::accepts(const Publication& publication) {
  std::lock_guard lock(mutex_);
  const auto at = topics_.find(publication.topic_arn);
  return at != topics_.end() && permits_locked(at->second, publication);
}

bool SnsService::publish(const Publication& publication) {
  Message message;
  std::vector<Subscription> subscriptions;
  {
    std::lock_guard lock(mutex_);
    const auto at = topics_.find(publication.topic_arn);
    if (at == topics_.end() || !permits_locked(at->second, publication)) return false;
    subscriptions = at->second.subscriptions;
    message.region = at->second.region;
  }
  message.id = make_uuid(basics_.random);
  message.topic_arn = publication.topic_arn;
  message.subject = publication.subject;
  message.body = publication.message;
  fan_out(message, subscriptions);
  return true;
}

void SnsService::fan_out(const Message& message, const std::vector<Subscription>& subscriptions) {
  for (const Subscription& one : subscriptions) {
    if (one.filter && one.filter_on_body) {
      const auto body = parse_object(message.body);
      if (!body || !matches_pattern(*one.filter, *body)) continue;
    } else if (one.filter && !matches_pattern(*one.filter, filterable(message.attributes))) {
      continue;
    }
    SqsService::Delivery delivery{.queue_arn = one.endpoint,
                                  .body = one.raw ? message.body : envelope(message, one),
                                  .principal = "sns.amazonaws.com",
                                  .source_arn = message.topic_arn};
    if (one.raw) delivery.attributes = message.attributes;
    if (!queues_.deliver(delivery)) {
      basics_.log.warn("devcloud.sns_not_delivered",
                       {{"topic", message.topic_arn},
                        {"queue", one.endpoint},
                        {"reason", "no such queue, or its policy does not let the topic send"}});
    }
  }
}

// The envelope as SNS prints it, spaces included.
std::string SnsService::envelope(const Message& message, const Subscription& subscription) const {
  const std::string host = "https://sns." + message.region + "." +
                           std::string(partition_of(Region(message.region)).suffix) + "/";
  std::string out = "{\n  \"Type\" : \"Notification\"";
  const auto field = [&](std::string_view name, std::string_view value) {
    out.append(",\n  \"").append(name).append("\" : ").append(json_text(value));
  };
  field("MessageId", message.id);
  field("TopicArn", message.topic_arn);
  if (!message.subject.empty()) field("Subject", message.subject);
  field("Message", message.body);
  field("Timestamp", rfc3339_ms(basics_.clock.system_now()));
  field("SignatureVersion", "1");
  // Nothing here has AWS's private key; a client that checks signatures must be told not to.
  field("Signature",
        "EXAMPLEpH+DcEwjAPg8O9mY8dReBSwksfg2S7WKQcikcNKWLQjwu6A4VbeS0QHVCkhRS7fUQvi2eg==");
  field("SigningCertURL", host + "SimpleNotificationService-0000000000000000000000.pem");
  field("UnsubscribeURL", host + "?Action=Unsubscribe&SubscriptionArn=" + subscription.arn);
  if (!message.attributes.empty()) {
    out += ",\n  \"MessageAttributes\" : {";
    bool first = true;
    for (const auto& [name, value] : message.attributes) {
      const std::string type = text_of(value.as_object(), "DataType");
      const std::string text =
          text_of(value.as_object(), type.starts_with("Binary") ? "BinaryValue" : "StringValue");
      out.append(first ? "\n    " : ",\n    ").append(json_text(name)).append(" : {\"Type\":");
      out.append(json_text(type)).append(",\"Value\":").append(json_text(text)).append("}");
      first = false;
    }
    out += "\n  }";
  }
  out += "\n}";
  return out;
}

}  // namespace cordon::cloud
