#include "aws/sqs_message.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/message_text.h"
#include "aws/protocols.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kReplyBytesMax = 64U << 10U;

json::object attribute_values(const std::map<std::string, std::string>& attributes) {
  json::object values;
  for (const auto& [name, value] : attributes) {
    if (value.empty()) continue;  // SQS refuses an empty attribute.
    values[name] = json::object{{"DataType", "String"},
                                {"StringValue", message_attribute(value, kSqsMessageBytesMax)}};
  }
  return values;
}

}  // namespace

Result<void> send_message(ServiceClient& client, const SqsMessage& message, Deadline deadline,
                          std::stop_token stop) {
  const std::string text = message_body(message.body);
  json::object body{{"QueueUrl", message.queue_url}, {"MessageBody", text}};
  json::object attributes = attribute_values(message.attributes);
  if (!attributes.empty()) body["MessageAttributes"] = std::move(attributes);
  AwsCall call = json_call(AwsService::sqs, "SendMessage", body);
  call.region = message.region;
  const Result<HttpResponse> response = client.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply,
             parse_json_object(response->body, "SendMessage", kReplyBytesMax));
  if (!string_member(reply, "MessageId")) return broken_reply("SendMessage", "no MessageId");
  const std::optional<std::string> digest = string_member(reply, "MD5OfMessageBody");
  if (digest && *digest != hex(md5(as_bytes_of(text)))) {
    return broken_reply("SendMessage", "the queue took another body than was sent");
  }
  return {};
}

Error sqs_error(Error error) {
  const std::string& code = error.remote_code;
  const auto says = [&](std::string_view text) {
    return error.what.find(text) != std::string::npos;
  };
  if (code.ends_with("QueueDoesNotExist") || code.ends_with("NonExistentQueue")) {
    error.code = Errc::not_found;
  } else if (code.ends_with("ReceiptHandleIsInvalid") || code.ends_with("MessageNotInflight")) {
    error.code = Errc::changed;
  } else if (code.ends_with("InvalidParameterValue") &&
             (says("not available for visibility timeout change") || says("has expired"))) {
    // SQS's other way to say that the claim ran out.
    error.code = Errc::changed;
  } else if (code.ends_with("OverLimit") || code.ends_with("RequestThrottled") ||
             code.ends_with("KmsThrottled")) {
    error.code = Errc::throttled;
  } else if (code.find("Kms") != std::string::npos) {
    error.code = Errc::denied;
    error.cause = ErrorCause::kms;
  }
  return error;
}

std::string sqs_queue_name(std::string_view queue_url) {
  return std::string(queue_url.substr(queue_url.rfind('/') + 1));
}

}  // namespace cordon
