#include "devcloud/messaging/sqs.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "devcloud/access/access.h"
#include "devcloud/json_in.h"
#include "devcloud/messaging/sqs_requests.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::string_view kXmlns = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr std::size_t kListMax = 1000;

struct AttributeRule {
  std::string_view name;
  std::uint64_t min;
  std::uint64_t max;  // 0: any text.
};

constexpr std::array kAttributeRules{
    AttributeRule{"VisibilityTimeout", 0, 43'200},
    AttributeRule{"DelaySeconds", 0, 900},
    AttributeRule{"MaximumMessageSize", 1024, kSqsMessageBytesMax},
    AttributeRule{"MessageRetentionPeriod", 60, 1'209'600},
    AttributeRule{"ReceiveMessageWaitTimeSeconds", 0, 20},
    AttributeRule{"KmsDataKeyReusePeriodSeconds", 60, 86'400},
    AttributeRule{"Policy", 0, 0},
    AttributeRule{"RedrivePolicy", 0, 0},
    AttributeRule{"RedriveAllowPolicy", 0, 0},
    AttributeRule{"KmsMasterKeyId", 0, 0},
    AttributeRule{"SqsManagedSseEnabled", 0, 0},
};

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

bool is_queue_name(std::string_view name) {
  return !name.empty() && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
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
