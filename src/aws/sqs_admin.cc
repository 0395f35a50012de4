#include "aws/sqs_admin.h"

#include <algorithm>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sqs_message.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kReplyBytesMax = 1U << 20U;
// The ceiling was 256 KiB before it became 1 MiB; some servers still have the old one.
constexpr std::size_t kOlderMessageBytesMax = 256U << 10U;

json::object attributes_for(const QueueSettings& settings, std::size_t message_bytes_max) {
  json::object attributes{
      {"VisibilityTimeout", std::to_string(settings.visibility.count())},
      {"MessageRetentionPeriod", std::to_string(settings.retention.count())},
      {"ReceiveMessageWaitTimeSeconds", std::to_string(settings.long_poll.count())},
      {"MaximumMessageSize", std::to_string(message_bytes_max)}};
  if (!settings.policy.empty()) attributes["Policy"] = settings.policy;
  if (!settings.dead_letter_arn.empty()) {
    attributes["RedrivePolicy"] =
        json::serialize(json::object{{"deadLetterTargetArn", settings.dead_letter_arn},
                                     {"maxReceiveCount", settings.receives_max}});
  }
  return attributes;
}

// The reply of `operation`, as JSON.
Result<json::object> exchange(ServiceClient& client, const char* operation,
                              const json::object& body, Deadline deadline, std::stop_token stop) {
  const Result<HttpResponse> response =
      client.call(json_call(AwsService::sqs, operation, body), deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  if (response->body.empty()) return json::object();
  return parse_json_object(response->body, operation, kReplyBytesMax);
}

// Tries the present ceiling of a message's size, then the older one.
Result<json::object> exchange_attributes(ServiceClient& client, const char* operation,
                                         json::object body, const QueueSettings& settings,
                                         Deadline deadline, std::stop_token stop) {
  body["Attributes"] = attributes_for(settings, kSqsMessageBytesMax);
  Result<json::object> reply = exchange(client, operation, body, deadline, stop);
  const bool refused = !reply && reply.error().code == Errc::invalid &&
                       reply.error().remote_code.ends_with("InvalidAttributeValue");
  if (!refused) return reply;
  body["Attributes"] = attributes_for(settings, kOlderMessageBytesMax);
  return exchange(client, operation, body, deadline, std::move(stop));
}

void read_redrive_policy(const std::string& text, QueueInfo& info) {
  if (text.empty()) return;
  const Result<json::object> policy = parse_json_object(text, "GetQueueAttributes", kReplyBytesMax);
  if (!policy) return;
  info.dead_letter_arn = string_member(*policy, "deadLetterTargetArn").value_or("");
  constexpr std::uint64_t kReceivesMax = 1000;  // Of SQS.
  info.receives_max =
      static_cast<int>(std::min(u64_member(*policy, "maxReceiveCount").value_or(0), kReceivesMax));
}

}  // namespace

Result<QueueInfo> decode_queue_attributes(std::string_view text, const std::string& url) {
  constexpr const char* kOperation = "GetQueueAttributes";
  CORDON_TRY(const json::object reply, parse_json_object(text, kOperation, kReplyBytesMax));
  const json::value* member = reply.if_contains("Attributes");
  const json::object* attributes = member == nullptr ? nullptr : member->if_object();
  if (attributes == nullptr) return broken_reply(kOperation, "no attributes");
  QueueInfo info;
  info.url = url;
  info.arn = string_member(*attributes, "QueueArn").value_or("");
  if (info.arn.empty()) return broken_reply(kOperation, "no QueueArn");
  info.policy = string_member(*attributes, "Policy").value_or("");
  info.kms_key = string_member(*attributes, "KmsMasterKeyId").value_or("");
  read_redrive_policy(string_member(*attributes, "RedrivePolicy").value_or(""), info);
  for (const char* count : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                            "ApproximateNumberOfMessagesDelayed"}) {
    // Each below 2^32 in any queue that exists: the sum of hostile ones must not wrap either.
    info.messages +=
        std::min<std::uint64_t>(u64_member(*attributes, count).value_or(0), 1ULL << 40U);
  }
  info.message_bytes_max = u64_member(*attributes, "MaximumMessageSize").value_or(0);
  const auto seconds = [&](const char* name, std::uint64_t otherwise, std::uint64_t most) {
    return std::chrono::seconds(static_cast<std::int64_t>(
        std::min(u64_member(*attributes, name).value_or(otherwise), most)));
  };
  info.visibility = seconds("VisibilityTimeout", 30, 43'200);
  info.retention = seconds("MessageRetentionPeriod", 0, 14 * 24 * 3600);
  return info;
}

Result<std::string> SqsAdmin::url_of(const std::string& name, Deadline deadline,
                                     std::stop_token stop) {
  CORDON_TRY(const json::object reply,
             exchange(client_, "GetQueueUrl", {{"QueueName", name}}, deadline, std::move(stop)));
  std::string url = string_member(reply, "QueueUrl").value_or("");
  if (url.empty()) return broken_reply("GetQueueUrl", "no QueueUrl");
  return url;
}

Result<QueueInfo> SqsAdmin::info_of(const std::string& url, Deadline deadline,
                                    std::stop_token stop) {
  const AwsCall call = json_call(AwsService::sqs, "GetQueueAttributes",
                                 {{"QueueUrl", url}, {"AttributeNames", json::array{"All"}}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  return decode_queue_attributes(response->body, url);
}

Result<QueueInfo> SqsAdmin::find(const std::string& name, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::string url, url_of(name, deadline, stop));
  return info_of(url, deadline, std::move(stop));
}

Result<QueueInfo> SqsAdmin::ensure(const std::string& name, const QueueSettings& settings,
                                   Deadline deadline, std::stop_token stop) {
  // CreateQueue fails for a queue that is there with other attributes, so it is asked for first.
  Result<std::string> url = url_of(name, deadline, stop);
  if (url) {
    CORDON_TRY(configure(*url, settings, deadline, stop));
  } else if (url.error().code == Errc::not_found) {
    url = create(name, settings, deadline, stop);
  }
  if (!url) return url.error();
  return info_of(*url, deadline, std::move(stop));
}

Result<std::string> SqsAdmin::create(const std::string& name, const QueueSettings& settings,
                                     Deadline deadline, std::stop_token stop) {
  const Result<json::object> reply = exchange_attributes(
      client_, "CreateQueue", {{"QueueName", name}}, settings, deadline, std::move(stop));
  if (!reply) {
    Error error = reply.error();
    if (error.remote_code.ends_with("QueueDeletedRecently")) {
      error.code = Errc::unavailable;
      error.what += " (SQS takes up to 60 seconds before the name can be used again)";
    }
    return error;
  }
  std::string url = string_member(*reply, "QueueUrl").value_or("");
  if (url.empty()) return broken_reply("CreateQueue", "no QueueUrl");
  return url;
}

Result<void> SqsAdmin::configure(const std::string& url, const QueueSettings& settings,
                                 Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const json::object reply,
             exchange_attributes(client_, "SetQueueAttributes", {{"QueueUrl", url}}, settings,
                                 deadline, std::move(stop)));
  return {};
}

Result<void> SqsAdmin::set_policy(const std::string& url, const std::string& policy,
                                  Deadline deadline, std::stop_token stop) {
  const json::object body{{"QueueUrl", url}, {"Attributes", json::object{{"Policy", policy}}}};
  CORDON_TRY(exchange(client_, "SetQueueAttributes", body, deadline, std::move(stop)));
  return {};
}

Result<void> SqsAdmin::remove(const std::string& url, Deadline deadline, std::stop_token stop) {
  const Result<json::object> reply =
      exchange(client_, "DeleteQueue", {{"QueueUrl", url}}, deadline, std::move(stop));
  if (!reply && reply.error().code != Errc::not_found) return reply.error();
  return {};
}

}  // namespace cordon
