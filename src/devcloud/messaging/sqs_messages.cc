// What is done with messages: sending, receiving, deleting, one and ten at a time.

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/access/allowed_text.h"
#include "devcloud/json_in.h"
#include "devcloud/messaging/sqs.h"
#include "devcloud/messaging/sqs_requests.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kBatchMax = 10;
constexpr std::size_t kGroupBytesMax = 128;
constexpr std::int64_t kVisibilityMax = 43'200;

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
  if (bytes > kSqsMessageBytesMax) {
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

}  // namespace cordon::cloud
