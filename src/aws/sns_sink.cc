#include "aws/sns_sink.h"

#include "aws/bounded_xml.h"
#include "aws/message_text.h"
#include "aws/protocols.h"
#include "core/result_document.h"

namespace cordon {
namespace {

constexpr std::size_t kMessageBytesMax = 256U << 10U;
// Names, types and values of the attributes count too; bucket and account are short.
constexpr std::size_t kAttributeBytes = 512;
constexpr std::size_t kReplyBytesMax = 64U << 10U;

// SNS refuses an empty value, so what is unknown has no attribute.
void add_attribute(QueryFields& fields, int& number, const char* name, std::string_view value) {
  if (value.empty()) return;
  const std::string entry = "MessageAttributes.entry." + std::to_string(++number);
  fields.emplace_back(entry + ".Name", name);
  fields.emplace_back(entry + ".Value.DataType", "String");
  fields.emplace_back(entry + ".Value.StringValue", message_attribute(value, kAttributeBytes));
}

}  // namespace

Result<void> SnsSink::publish(const ScanResult& result, Deadline deadline, std::stop_token stop) {
  if (options_.wanted && !options_.wanted(result)) return {};
  CORDON_TRY(std::string body, notification_body(result, kMessageBytesMax - kAttributeBytes));
  QueryFields fields{{"TopicArn", options_.topic_arn}, {"Message", std::move(body)}};
  int number = 0;
  add_attribute(fields, number, "notificationType", "scanResult");
  add_attribute(fields, number, "scanResult", name_of(result.verdict.disposition));
  add_attribute(fields, number, "bucket", result.bucket ? result.bucket->str() : "");
  add_attribute(fields, number, "account", result.account ? result.account->str() : "");
  AwsCall call = query_call(AwsService::sns, "Publish", "2010-03-31", fields);
  call.region = region_in_arn(options_.topic_arn);
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, response.body, "Publish", "PublishResponse", kReplyBytesMax));
  if (text_of(root.child("PublishResult"), "MessageId").empty()) {
    return broken_reply("Publish", "no MessageId");
  }
  return {};
}

}  // namespace cordon
