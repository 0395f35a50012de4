#include "devcloud/messaging/sqs.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/access/access.h"
#include "devcloud/access/allowed_text.h"
#include "devcloud/json_in.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::string_view kXmlns = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr std::size_t kMessageBytesMax = 1'048'576;
constexpr std::size_t kBatchMax = 10;
constexpr std::size_t kGroupBytesMax = 128;
constexpr std::int64_t kVisibilityMax = 43'200;
constexpr std::size_t kListMax = 1000;

struct AttributeRule {
  std::string_view name;
  std::uint64_t min;
  std::uint64_t max;  // 0: any text.
};

constexpr std::array kAttributeRules{
    AttributeRule{"VisibilityTimeout", 0, 43'200},
    AttributeRule{"DelaySeconds", 0, 900},
    AttributeRule{"MaximumMessageSize", 1024, kMessageBytesMax},
    AttributeRule{"MessageRetentionPeriod", 60, 1'209'600},
    AttributeRule{"ReceiveMessageWaitTimeSeconds", 0, 20},
    AttributeRule{"KmsDataKeyReusePeriodSeconds", 60, 86'400},
    AttributeRule{"Policy", 0, 0},
    AttributeRule{"RedrivePolicy", 0, 0},
    AttributeRule{"RedriveAllowPolicy", 0, 0},
    AttributeRule{"KmsMasterKeyId", 0, 0},
    AttributeRule{"SqsManagedSseEnabled", 0, 0},
};

AwsError refuse(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}
AwsError missing(std::string_view parameter) {
  return refuse("MissingParameter",
                "The request must contain the parameter " + std::string(parameter) + ".");
}
AwsError bad_value(std::string_view name, std::string_view value, std::string_view reason) {
  return refuse("InvalidParameterValue", "Value " + std::string(value) + " for parameter " +
                                             std::string(name) +
                                             " is invalid. Reason: " + std::string(reason) + ".");
}
AwsError no_queue() { return refuse("QueueDoesNotExist", "The specified queue does not exist."); }

// The older protocol has other names for some errors.
std::string query_code(std::string_view code) {
  static constexpr std::array kPrefixed{
      "EmptyBatchRequest",    "BatchEntryIdsNotDistinct", "TooManyEntriesInBatchRequest",
      "InvalidBatchEntryId",  "BatchRequestTooLong",      "MessageNotInflight",
      "PurgeQueueInProgress", "QueueDeletedRecently",     "UnsupportedOperation"};
  if (code == "QueueDoesNotExist") return "AWS.SimpleQueueService.NonExistentQueue";
  if (code == "QueueNameExists") return "QueueAlreadyExists";
  if (std::find(kPrefixed.begin(), kPrefixed.end(), code) != kPrefixed.end()) {
    return "AWS.SimpleQueueService." + std::string(code);
  }
  return std::string(code);
}

bool is_queue_name(std::string_view name) {
  return !name.empty() && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::map<std::string, std::string> texts_in(const json::object& in, std::string_view name) {
  std::map<std::string, std::string> out;
  if (const json::object* map = object_if(in, name)) {
    for (const auto& [key, value] : *map) {
      out[std::string(key)] =
          value.is_string() ? std::string(value.as_string()) : json::serialize(value);
    }
  }
  return out;
}

std::vector<std::string> names_in(const json::object& in, std::string_view name) {
  std::vector<std::string> out;
  if (const json::array* list = array_if(in, name)) {
    for (const json::value& one : *list) {
      if (one.is_string()) out.emplace_back(one.as_string());
    }
  }
  return out;
}

bool wants(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
    return wanted == "All" || wanted == name || wanted == ".*" ||
           (wanted.ends_with(".*") && name.starts_with(wanted.substr(0, wanted.size() - 1)));
  });
}

json::object message_to_json(const SqsMessage& message, const std::vector<std::string>& system,
                             const std::vector<std::string>& custom) {
  json::object out{{"MessageId", message.id},
                   {"ReceiptHandle", message.receipt},
                   {"MD5OfBody", hex(md5(as_bytes_of(message.body)))},
                   {"Body", message.body}};
  json::object attributes;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty() && wants(system, name)) attributes[name] = value;
  };
  put("SenderId", message.sender);
  put("SentTimestamp", std::to_string(millis_since_epoch(message.sent)));
  put("ApproximateReceiveCount", std::to_string(message.receives));
  put("ApproximateFirstReceiveTimestamp",
      std::to_string(millis_since_epoch(message.first_received.value_or(message.sent))));
  put("DeadLetterQueueSourceArn", message.dead_letter_source);
  put("MessageGroupId", message.group);
  if (!attributes.empty()) out["Attributes"] = std::move(attributes);
  json::object chosen;
  for (const auto& [name, value] : message.attributes) {
    if (wants(custom, name)) chosen[name] = value;
  }
  if (!chosen.empty()) {
    out["MD5OfMessageAttributes"] = sqs_attributes_md5(chosen);
    out["MessageAttributes"] = std::move(chosen);
  }
  return out;
}

Answer<void> check_message_attributes(const json::object& attributes) {
  if (attributes.size() > 10) {
    return refuse("InvalidParameterValue", "Number of message attributes [" +
                                               std::to_string(attributes.size()) +
                                               "] exceeds the allowed maximum [10].");
  }
  for (const auto& [name, value] : attributes) {
    const json::object* fields = value.if_object();
    const std::string type = fields == nullptr ? "" : text_of(*fields, "DataType");
    const std::string kind = type.substr(0, type.find('.'));
    const bool binary = kind == "Binary";
    if (name.empty() || (!binary && kind != "String" && kind != "Number") ||
        text_of(*fields, binary ? "BinaryValue" : "StringValue").empty()) {
      return refuse("InvalidParameterValue", "The message attribute '" + std::string(name) +
                                                 "' must contain a valid type and value.");
    }
    if (!binary && !is_allowed_text(text_of(*fields, "StringValue"))) {
      return refuse("InvalidParameterValue", "The message attribute '" + std::string(name) +
                                                 "' has a value with characters that are not "
                                                 "allowed.");
    }
  }
  return {};
}

std::size_t bytes_of(const json::object& in) {
  std::size_t bytes = text_of(in, "MessageBody").size();
  if (const json::object* attributes = object_if(in, "MessageAttributes")) {
    for (const auto& [name, value] : *attributes) {
      bytes += name.size();
      if (const json::object* fields = value.if_object()) {
        for (const auto& [field, text] : *fields) {
          if (text.is_string()) bytes += text.as_string().size();
        }
      }
    }
  }
  return bytes;
}

}  // namespace

ServerResponse SqsService::handle(const Call& call, std::string_view action, bool query) {
  Json in;
  if (query) {
    RequestTarget::Query form = call.target.query;
    const auto body = parse_form(call.request.body);
    if (body) form.insert(form.end(), body->begin(), body->end());
    in = sqs_query_to_json(form);
    // A query may be sent to the queue's own URL and then needs no QueueUrl.
    if (!in.contains("QueueUrl") && call.target.path.size() > 1) in["QueueUrl"] = call.target.path;
  } else {
    auto parsed = parse_object(call.request.body);
    if (!parsed) {
      return json_error("1.0", {400, "com.amazon.coral.service#SerializationException", ""},
                        call.request_id);
    }
    in = std::move(*parsed);
  }
  Reply reply = run(call, action, in);
  if (reply) {
    if (!query) return json_answer("1.0", *reply, call.request_id);
    ServerResponse out = query_answer(kXmlns, action, "", call.request_id);
    out.body = sqs_json_to_xml(action, *reply, call.request_id);
    return out;
  }
  AwsError error = reply.error();
  const std::string old_code = query_code(error.code);
  if (query) {
    error.code = old_code;
    if (old_code == "ReceiptHandleIsInvalid") error.status = 404;
    return query_error(kXmlns, error, call.request_id);
  }
  error.headers.add("x-amzn-query-error", old_code + ";Sender");
  error.code = (error.code == "UnknownOperationException" ? "com.amazon.coral.service#"
                                                          : "com.amazonaws.sqs#") +
               error.code;
  return json_error("1.0", error, call.request_id);
}

SqsService::Reply SqsService::run(const Call& call, std::string_view action, const Json& in) {
  using Method = Reply (SqsService::*)(const Call&, const Json&);
  static const std::map<std::string_view, Method> kActions{
      {"CreateQueue", &SqsService::create},
      {"GetQueueUrl", &SqsService::get_url},
      {"ListQueues", &SqsService::list},
      {"DeleteQueue", &SqsService::remove},
      {"PurgeQueue", &SqsService::purge},
      {"GetQueueAttributes", &SqsService::get_attributes},
      {"SetQueueAttributes", &SqsService::set_attributes},
      {"SendMessage", &SqsService::send},
      {"SendMessageBatch", &SqsService::send_batch},
      {"ReceiveMessage", &SqsService::receive},
      {"DeleteMessage", &SqsService::delete_message},
      {"ChangeMessageVisibility", &SqsService::change_visibility},
      {"TagQueue", &SqsService::tag},
      {"UntagQueue", &SqsService::untag},
      {"ListQueueTags", &SqsService::list_tags},
      {"ListDeadLetterSourceQueues", &SqsService::list_sources},
  };
  if (action == "DeleteMessageBatch") return batch(call, in, &SqsService::delete_message);
  if (action == "ChangeMessageVisibilityBatch") {
    return batch(call, in, &SqsService::change_visibility);
  }
  const auto at = kActions.find(action);
  if (at == kActions.end()) {
    return AwsError{400, "UnknownOperationException",
                    "The action " + std::string(action) + " is not valid for this endpoint."};
  }
  return (this->*at->second)(call, in);
}

std::string SqsService::url_of(const Call& call, const SqsQueue& queue) const {
  return "http://" + call.header("host") + "/" + basics_.account + "/" + queue.name();
}

SqsService::Queue SqsService::find_locked(std::string_view region, std::string_view name) const {
  const auto at = queues_.find({std::string(region), std::string(name)});
  return at == queues_.end() ? nullptr : at->second;
}

SqsService::Queue SqsService::find_by_arn_locked(std::string_view arn) const {
  if (arn_field(arn, 2) != "sqs" || arn_field(arn, 4) != basics_.account) return nullptr;
  return find_locked(arn_field(arn, 3), arn_field(arn, 5));
}

Answer<SqsService::Queue> SqsService::queue_of(const Call& call, const Json& in) {
  const std::string url = text_of(in, "QueueUrl");
  if (url.empty()) return missing("QueueUrl");
  std::lock_guard lock(mutex_);
  Queue queue = find_locked(call.region, url.substr(url.rfind('/') + 1));
  if (queue == nullptr) return no_queue();
  return queue;
}

Answer<void> SqsService::check_attributes_locked(const Attributes& attributes) const {
  for (const auto& [name, value] : attributes) {
    const auto* rule = std::find_if(kAttributeRules.begin(), kAttributeRules.end(),
                                    [&, n = name](const AttributeRule& r) { return r.name == n; });
    if (rule == kAttributeRules.end()) {
      return refuse("InvalidAttributeName", "Unknown Attribute " + name + ".");
    }
    const auto number = parse_u64(value);
    const AwsError invalid =
        refuse("InvalidAttributeValue", "Invalid value for the parameter " + name + ".");
    if (rule->max != 0 && (!number || *number < rule->min || *number > rule->max)) return invalid;
    if (name == "Policy" && !value.empty() && !Policy::parse(value, {})) return invalid;
    if (name != "RedrivePolicy" || value.empty()) continue;
    const auto policy = parse_object(value);
    const auto count = policy ? integer_if(*policy, "maxReceiveCount") : std::nullopt;
    if (!count || *count < 1 || *count > 1000) {
      return bad_value("RedrivePolicy", value,
                       "Redrive policy needs maxReceiveCount from 1 to 1000");
    }
    if (find_by_arn_locked(text_of(*policy, "deadLetterTargetArn")) == nullptr) {
      return bad_value("RedrivePolicy", value, "Dead letter target does not exist");
    }
  }
  return {};
}

SqsService::Reply SqsService::create(const Call& call, const Json& in) {
  const std::string name = text_of(in, "QueueName");
  if (name.empty()) return missing("QueueName");
  Attributes attributes = texts_in(in, "Attributes");
  if (!is_queue_name(name)) {
    return refuse("InvalidParameterValue",
                  "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                  "length");
  }
  std::lock_guard lock(mutex_);
  CORDON_TRY(check_attributes_locked(attributes));
  if (const Queue known = find_locked(call.region, name)) {
    for (const auto& [key, value] : attributes) {
      const auto at = known->attributes.find(key);
      const bool same = at != known->attributes.end() ? at->second == value
                                                      : std::to_string(known->number(key)) == value;
      if (!same) {
        return refuse("QueueNameExists",
                      "A queue already exists with the same name and a different value for "
                      "attribute " +
                          key);
      }
    }
    return Json{{"QueueUrl", url_of(call, *known)}};
  }
  auto queue = std::make_shared<SqsQueue>(
      name, call.region, make_arn("sqs", call.region, basics_.account, name), attributes, call.now);
  queue->tags = texts_in(in, "tags");
  if (const auto policy = attributes.find("Policy");
      policy != attributes.end() && !policy->second.empty()) {
    CORDON_TRY(queue->policy, Policy::parse(policy->second, {}));
    warn_of_gaps(basics_.log, *queue->policy, queue->arn());
  }
  queues_[{call.region, name}] = queue;
  return Json{{"QueueUrl", url_of(call, *queue)}};
}

SqsService::Reply SqsService::get_url(const Call& call, const Json& in) {
  std::lock_guard lock(mutex_);
  const Queue queue = find_locked(call.region, text_of(in, "QueueName"));
  if (queue == nullptr) return no_queue();
  return Json{{"QueueUrl", url_of(call, *queue)}};
}

SqsService::Reply SqsService::list(const Call& call, const Json& in) {
  const std::string prefix = text_of(in, "QueueNamePrefix");
  const auto most = integer_if(in, "MaxResults");
  if (most && (*most < 1 || *most > static_cast<std::int64_t>(kListMax))) {
    return bad_value("MaxResults", std::to_string(*most), "Must be between 1 and 1000");
  }
  const auto limit = static_cast<std::size_t>(most.value_or(kListMax));
  const std::string after = unbase64(text_of(in, "NextToken")).value_or("");
  json::array urls;
  Json out;
  std::string last;
  std::lock_guard lock(mutex_);
  for (const auto& [key, queue] : queues_) {
    if (key.first != call.region || !key.second.starts_with(prefix) || key.second <= after)
      continue;
    if (urls.size() == limit) {
      if (most) out["NextToken"] = base64(as_bytes_of(last));
      break;
    }
    urls.emplace_back(url_of(call, *queue));
    last = key.second;
  }
  if (!urls.empty()) out["QueueUrls"] = std::move(urls);
  return out;
}

SqsService::Reply SqsService::remove(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  queue->deleted = true;
  queue->filled.notify_all();
  queues_.erase({call.region, queue->name()});
  return Json{};
}

SqsService::Reply SqsService::purge(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  queue->purge();
  return Json{};
}

SqsService::Reply SqsService::get_attributes(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const std::vector<std::string> names = names_in(in, "AttributeNames");
  Attributes all{{"DelaySeconds", ""},
                 {"MaximumMessageSize", ""},
                 {"MessageRetentionPeriod", ""},
                 {"ReceiveMessageWaitTimeSeconds", ""},
                 {"VisibilityTimeout", ""}};
  std::lock_guard lock(mutex_);
  for (auto& [name, value] : all) value = std::to_string(queue->number(name));
  for (const auto& [name, value] : queue->attributes) all[name] = value;
  all.try_emplace("SqsManagedSseEnabled", "true");
  const SqsQueue::Counts counts = queue->counts(call.now, basics_.clock.steady_now());
  all["QueueArn"] = queue->arn();
  all["CreatedTimestamp"] = std::to_string(millis_since_epoch(queue->created) / 1000);
  all["LastModifiedTimestamp"] = std::to_string(millis_since_epoch(queue->modified) / 1000);
  all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
  json::object chosen;
  for (const auto& [name, value] : all) {
    if (wants(names, name)) chosen[name] = value;
  }
  for (const std::string& name : names) {
    const bool known = name == "All" || all.contains(name) ||
                       std::any_of(kAttributeRules.begin(), kAttributeRules.end(),
                                   [&](const AttributeRule& r) { return r.name == name; });
    if (!known) return refuse("InvalidAttributeName", "Unknown Attribute " + name + ".");
  }
  Json out;
  if (!chosen.empty()) out["Attributes"] = std::move(chosen);
  return out;
}

SqsService::Reply SqsService::set_attributes(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const Attributes attributes = texts_in(in, "Attributes");
  if (attributes.empty()) return missing("Attribute.Name");
  std::lock_guard lock(mutex_);
  CORDON_TRY(check_attributes_locked(attributes));
  for (const auto& [name, value] : attributes) {
    if (name == "Policy") {
      queue->policy.reset();
      if (!value.empty()) {
        CORDON_TRY(queue->policy, Policy::parse(value, {}));
        warn_of_gaps(basics_.log, *queue->policy, queue->arn());
      }
    }
    if (value.empty()) {
      queue->attributes.erase(name);
    } else {
      queue->attributes[name] = value;
    }
  }
  queue->modified = call.now;
  return Json{};
}

// One message, from SendMessage or an entry of a batch.
SqsService::Reply SqsService::push_locked(SqsQueue& queue, const Json& in,
                                          const std::string& sender) {
  const std::string body = text_of(in, "MessageBody");
  if (body.empty()) return missing("MessageBody");
  if (!is_allowed_text(body)) {
    return refuse("InvalidMessageContents",
                  "Invalid binary character was found in the message body, the set of allowed "
                  "characters is #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | "
                  "[#x10000 to #x10FFFF]");
  }
  if (bytes_of(in) > queue.number("MaximumMessageSize")) {
    return refuse("InvalidParameterValue",
                  "One or more parameters are invalid. Reason: Message must be shorter than " +
                      std::to_string(queue.number("MaximumMessageSize")) + " bytes.");
  }
  SqsMessage message;
  message.body = body;
  if (const json::object* attributes = object_if(in, "MessageAttributes")) {
    CORDON_TRY(check_message_attributes(*attributes));
    message.attributes = *attributes;
    if (!attributes->empty()) message.attributes_md5 = sqs_attributes_md5(*attributes);
  }
  const std::int64_t delay = integer_if(in, "DelaySeconds")
                                 .value_or(static_cast<std::int64_t>(queue.number("DelaySeconds")));
  if (delay < 0 || delay > 900) {
    return bad_value("DelaySeconds", std::to_string(delay), "DelaySeconds must be >= 0 and <= 900");
  }
  // On a queue without order it only says whose the message is.
  message.group = text_of(in, "MessageGroupId");
  if (message.group.size() > kGroupBytesMax) {
    return bad_value(
        "MessageGroupId", message.group,
        "MessageGroupId can only include alphanumeric and punctuation characters. 1 to "
        "128 in length");
  }
  message.id = make_uuid(basics_.random);
  message.sender = sender;
  message.sent = basics_.clock.system_now();
  Json out{{"MessageId", message.id}, {"MD5OfMessageBody", hex(md5(as_bytes_of(body)))}};
  if (!message.attributes_md5.empty()) out["MD5OfMessageAttributes"] = message.attributes_md5;
  queue.push(std::move(message), std::chrono::seconds(delay), basics_.clock.steady_now());
  return out;
}

SqsService::Reply SqsService::send(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  return push_locked(*queue, in, call.identity.user_id);
}

namespace {

Answer<void> check_batch(const json::array* entries) {
  if (entries == nullptr || entries->empty()) {
    return refuse("EmptyBatchRequest", "There should be at least one entry in the request.");
  }
  if (entries->size() > kBatchMax) {
    return refuse("TooManyEntriesInBatchRequest",
                  "Maximum number of entries per request are 10. You have sent " +
                      std::to_string(entries->size()) + ".");
  }
  std::vector<std::string> seen;
  for (const json::value& entry : *entries) {
    const std::string id = entry.is_object() ? text_of(entry.as_object(), "Id") : "";
    if (id.empty() || id.size() > 80) {
      return refuse("InvalidBatchEntryId",
                    "A batch entry id can only contain alphanumeric characters, hyphens and "
                    "underscores. It can be at most 80 letters long.");
    }
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) {
      return refuse("BatchEntryIdsNotDistinct", "Id " + id + " repeated.");
    }
    seen.push_back(id);
  }
  return {};
}

json::object failed_entry(const std::string& id, const AwsError& error) {
  return {{"Id", id},
          {"Code", query_code(error.code)},
          {"Message", error.message},
          {"SenderFault", true}};
}

json::object batch_reply(json::array successful, json::array failed) {
  json::object out;
  out["Successful"] = std::move(successful);
  if (!failed.empty()) out["Failed"] = std::move(failed);
  return out;
}

}  // namespace

SqsService::Reply SqsService::send_batch(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const json::array* entries = array_if(in, "Entries");
  CORDON_TRY(check_batch(entries));
  std::size_t bytes = 0;
  for (const json::value& entry : *entries) bytes += bytes_of(entry.as_object());
  if (bytes > kMessageBytesMax) {
    return refuse("BatchRequestTooLong",
                  "Batch requests cannot be longer than 1048576 bytes. You have sent " +
                      std::to_string(bytes) + " bytes.");
  }
  json::array successful;
  json::array failed;
  std::lock_guard lock(mutex_);
  for (const json::value& entry : *entries) {
    const std::string id = text_of(entry.as_object(), "Id");
    Reply one = push_locked(*queue, entry.as_object(), call.identity.user_id);
    if (one) {
      (*one)["Id"] = id;
      successful.push_back(*one);
    } else {
      failed.push_back(failed_entry(id, one.error()));
    }
  }
  return batch_reply(std::move(successful), std::move(failed));
}

SqsService::Reply SqsService::batch(const Call& call, const Json& in,
                                    Reply (SqsService::*one)(const Call&, const Json&)) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const json::array* entries = array_if(in, "Entries");
  CORDON_TRY(check_batch(entries));
  json::array successful;
  json::array failed;
  for (const json::value& entry : *entries) {
    Json single = entry.as_object();
    single["QueueUrl"] = text_of(in, "QueueUrl");
    const std::string id = text_of(single, "Id");
    const Reply reply = (this->*one)(call, single);
    if (reply) {
      successful.push_back(json::object{{"Id", id}});
    } else {
      failed.push_back(failed_entry(id, reply.error()));
    }
  }
  return batch_reply(std::move(successful), std::move(failed));
}

// A dead letter keeps its id, its attributes and the time when it was sent.
void SqsService::bury_locked(const SqsQueue& source, std::vector<SqsMessage> dead) {
  if (dead.empty()) return;
  const auto at = source.attributes.find("RedrivePolicy");
  const auto policy = at == source.attributes.end() ? std::nullopt : parse_object(at->second);
  const Queue target =
      policy ? find_by_arn_locked(text_of(*policy, "deadLetterTargetArn")) : nullptr;
  for (SqsMessage& message : dead) {
    basics_.log.debug("devcloud.dead_letter", {{"queue", source.name()}, {"message", message.id}});
    if (target == nullptr) continue;  // AWS drops it, too, once the target is gone.
    message.dead_letter_source = source.arn();
    message.receives = 0;
    message.first_received.reset();
    message.receipt.clear();
    target->push(std::move(message), std::chrono::seconds(0), basics_.clock.steady_now());
  }
}

SqsService::Reply SqsService::receive(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const std::int64_t count = integer_if(in, "MaxNumberOfMessages").value_or(1);
  if (count < 1 || count > 10) {
    return bad_value("MaxNumberOfMessages", std::to_string(count),
                     "Must be between 1 and 10, if provided");
  }
  const std::int64_t wait = integer_if(in, "WaitTimeSeconds").value_or(-1);
  if (wait > 20) {
    return bad_value("WaitTimeSeconds", std::to_string(wait),
                     "Must be >= 0 and <= 20, if provided");
  }
  const std::int64_t visibility = integer_if(in, "VisibilityTimeout").value_or(-1);
  if (visibility > kVisibilityMax) {
    return bad_value("VisibilityTimeout", std::to_string(visibility),
                     "Must be between 0 and 43200, if provided");
  }
  std::vector<std::string> system = names_in(in, "AttributeNames");
  for (std::string& name : names_in(in, "MessageSystemAttributeNames")) {
    system.push_back(std::move(name));
  }
  const std::vector<std::string> custom = names_in(in, "MessageAttributeNames");

  std::unique_lock lock(mutex_);
  const auto seconds = [&](std::int64_t given, const char* attribute) {
    return std::chrono::seconds(given >= 0 ? given
                                           : static_cast<std::int64_t>(queue->number(attribute)));
  };
  const SteadyTime until =
      basics_.clock.steady_now() + seconds(wait, "ReceiveMessageWaitTimeSeconds");
  SqsQueue::Received received;
  for (;;) {
    const SteadyTime steady = basics_.clock.steady_now();
    received =
        queue->receive(static_cast<std::size_t>(count), seconds(visibility, "VisibilityTimeout"),
                       basics_.clock.system_now(), steady, basics_.random);
    bury_locked(*queue, std::move(received.dead));
    if (!received.messages.empty() || steady >= until || call.stop.stop_requested()) break;
    if (queue->deleted) return no_queue();
    SteadyTime wake = until;
    if (const auto back = queue->next_return()) wake = std::min(wake, *back);
    bool woken = false;  // Any notification is a reason to look again.
    queue->filled.wait_until(lock, call.stop, wake, [&] { return std::exchange(woken, true); });
  }
  json::array messages;
  for (const SqsMessage& message : received.messages) {
    messages.push_back(message_to_json(message, system, custom));
  }
  Json out;
  if (!messages.empty()) out["Messages"] = std::move(messages);
  return out;
}

SqsService::Reply SqsService::delete_message(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const std::string receipt = text_of(in, "ReceiptHandle");
  if (receipt.empty()) return missing("ReceiptHandle");
  std::lock_guard lock(mutex_);
  const auto found = queue->remove(receipt, call.now, basics_.clock.steady_now());
  if (found == SqsQueue::Found::malformed) {
    return refuse("ReceiptHandleIsInvalid",
                  "The input receipt handle \"" + receipt + "\" is not a valid receipt handle.");
  }
  return Json{};
}

SqsService::Reply SqsService::change_visibility(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  const std::string receipt = text_of(in, "ReceiptHandle");
  if (receipt.empty()) return missing("ReceiptHandle");
  const auto visibility = integer_if(in, "VisibilityTimeout");
  if (!visibility) return missing("VisibilityTimeout");
  if (*visibility < 0 || *visibility > kVisibilityMax) {
    return bad_value("VisibilityTimeout", std::to_string(*visibility),
                     "VisibilityTimeout must be an integer between 0 and 43200");
  }
  std::lock_guard lock(mutex_);
  switch (queue->change_visibility(receipt, std::chrono::seconds(*visibility), call.now,
                                   basics_.clock.steady_now())) {
    case SqsQueue::Found::done:
      return Json{};
    case SqsQueue::Found::malformed:
      return refuse("ReceiptHandleIsInvalid",
                    "The input receipt handle \"" + receipt + "\" is not a valid receipt handle.");
    case SqsQueue::Found::stale:
      break;
  }
  return bad_value("ReceiptHandle", receipt,
                   "Message does not exist or is not available for visibility timeout change");
}

SqsService::Reply SqsService::tag(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  for (const auto& [key, value] : texts_in(in, "Tags")) queue->tags[key] = value;
  return Json{};
}

SqsService::Reply SqsService::untag(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  for (const std::string& key : names_in(in, "TagKeys")) queue->tags.erase(key);
  return Json{};
}

SqsService::Reply SqsService::list_tags(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  json::object tags;
  for (const auto& [key, value] : queue->tags) tags[key] = value;
  return Json{{"Tags", std::move(tags)}};
}

SqsService::Reply SqsService::list_sources(const Call& call, const Json& in) {
  CORDON_TRY(const Queue queue, queue_of(call, in));
  std::lock_guard lock(mutex_);
  json::array urls;
  for (const auto& [key, other] : queues_) {
    const auto at = other->attributes.find("RedrivePolicy");
    if (at == other->attributes.end()) continue;
    const auto policy = parse_object(at->second);
    if (policy && text_of(*policy, "deadLetterTargetArn") == queue->arn()) {
      urls.emplace_back(url_of(call, *other));
    }
  }
  return Json{{"queueUrls", std::move(urls)}};
}

bool SqsService::permits_locked(const SqsQueue& queue, const Delivery& delivery) const {
  if (!queue.policy) return false;
  AccessQuestion question;
  question.who = AccessQuestion::Who::service;
  question.principal = delivery.principal;
  question.action = "sqs:SendMessage";
  question.resource = queue.arn();
  question.context["aws:sourcearn"] = {delivery.source_arn};
  question.context["aws:sourceaccount"] = {
      delivery.source_account.empty() ? basics_.account : delivery.source_account};
  question.context["aws:sourceowner"] = question.context["aws:sourceaccount"];
  question.context["aws:securetransport"] = {"true"};
  return queue.policy->decide(question) == PolicyEffect::allow;
}

std::optional<Policy> SqsService::policy_of(const std::string& queue_arn) {
  std::lock_guard lock(mutex_);
  const Queue queue = find_by_arn_locked(queue_arn);
  return queue == nullptr ? std::nullopt : queue->policy;
}

bool SqsService::accepts(const Delivery& delivery) {
  std::lock_guard lock(mutex_);
  const Queue queue = find_by_arn_locked(delivery.queue_arn);
  return queue != nullptr && permits_locked(*queue, delivery);
}

bool SqsService::deliver(const Delivery& delivery) {
  std::lock_guard lock(mutex_);
  const Queue queue = find_by_arn_locked(delivery.queue_arn);
  if (queue == nullptr || !permits_locked(*queue, delivery)) return false;
  Json in{{"MessageBody", delivery.body}};
  if (!delivery.attributes.empty()) in["MessageAttributes"] = delivery.attributes;
  return static_cast<bool>(push_locked(*queue, in, delivery.principal));
}

}  // namespace cordon::cloud
