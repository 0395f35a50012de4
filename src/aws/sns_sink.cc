#include "aws/sns_sink.h"

#include "aws/bounded_xml.h"
#include "aws/message_text.h"
#include "aws/protocols.h"
#include "base/text.h"
#include "core/result_document.h"

namespace cordon {
namespace {

constexpr const char* kPublish = "PublishBatch";
// Of one call: ten entries, 256 KiB together. Names, types and values of the attributes count too;
// bucket and account are short.
constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kCallBytesMax = 256U << 10U;
constexpr std::size_t kAttributeBytes = 512;
constexpr std::size_t kReplyBytesMax = 64U << 10U;

// SNS refuses an empty value, so what is unknown has no attribute.
void add_attribute(QueryFields& fields, const std::string& of, int& number, const char* name,
                   std::string_view value) {
  if (value.empty()) return;
  const std::string entry = of + "MessageAttributes.entry." + std::to_string(++number);
  fields.emplace_back(entry + ".Name", name);
  fields.emplace_back(entry + ".Value.DataType", "String");
  fields.emplace_back(entry + ".Value.StringValue", message_attribute(value, kAttributeBytes));
}

void add_entry(QueryFields& fields, std::size_t place, const SinkEntry& entry) {
  const ScanResult& result = *entry.result;
  const std::string of = "PublishBatchRequestEntries.member." + std::to_string(place + 1) + ".";
  fields.emplace_back(of + "Id", std::to_string(place));
  fields.emplace_back(of + "Message", entry.body);
  int number = 0;
  add_attribute(fields, of, number, "notificationType", "scanResult");
  add_attribute(fields, of, number, "scanResult", name_of(result.verdict.disposition));
  add_attribute(fields, of, number, "bucket", result.bucket ? result.bucket->str() : "");
  add_attribute(fields, of, number, "account", result.account ? result.account->str() : "");
}

// What the reply says of each entry; a message that it says nothing of was not taken.
ResultOutcomes outcomes_in(const AwsCall& call, pugi::xml_node reply, std::size_t count) {
  ResultOutcomes outcomes(count, broken_reply(kPublish, "an entry is neither taken nor refused"));
  const auto place_of = [&](pugi::xml_node member) -> Result<void>* {
    const std::optional<std::uint64_t> id = parse_u64(text_of(member, "Id"));
    return id && *id < count ? &outcomes[*id] : nullptr;
  };
  for (const pugi::xml_node member : reply.child("Successful").children("member")) {
    Result<void>* outcome = place_of(member);
    if (outcome != nullptr && !text_of(member, "MessageId").empty()) *outcome = {};
  }
  for (const pugi::xml_node member : reply.child("Failed").children("member")) {
    Result<void>* outcome = place_of(member);
    if (outcome == nullptr) continue;
    *outcome = refused_entry(call, text_of(member, "Code"), text_of(member, "Message"),
                             text_of(member, "SenderFault") == "true");
  }
  return outcomes;
}

}  // namespace

ResultOutcomes SnsSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                std::stop_token stop) {
  return publish_in_calls(
      results,
      {.limits = {.entries_max = kEntriesMax,
                  .bytes_max = kCallBytesMax,
                  .entry_overhead_bytes = kAttributeBytes},
       .body_of =
           [](const ScanResult& result) {
             return notification_body(result, kCallBytesMax - kAttributeBytes);
           },
       .send = [&](std::span<const SinkEntry> entries) { return send(entries, deadline, stop); }});
}

Result<ResultOutcomes> SnsSink::send(std::span<const SinkEntry> entries, Deadline deadline,
                                     std::stop_token stop) {
  QueryFields fields{{"TopicArn", topic_arn_}};
  for (std::size_t place = 0; place < entries.size(); ++place) {
    add_entry(fields, place, entries[place]);
  }
  AwsCall call = query_call(AwsService::sns, kPublish, "2010-03-31", fields);
  call.region = region_in_arn(topic_arn_);
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, response.body, kPublish, "PublishBatchResponse", kReplyBytesMax));
  return outcomes_in(call, root.child("PublishBatchResult"), entries.size());
}

}  // namespace cordon
