#include "aws/sqs_sink.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sqs_message.h"
#include "base/digest.h"
#include "base/text.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSend = "SendMessageBatch";
constexpr std::size_t kEntriesMax = 10;
// Of all entries, and what a queue takes that was made before the ceiling rose to 1 MiB.
constexpr std::size_t kCallBytesMax = 256U << 10U;
constexpr std::size_t kReplyBytesMax = 64U << 10U;

bool flag_member(const json::object& object, const char* name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

Result<void> taken(const json::object& entry, const SinkEntry& sent) {
  if (!string_member(entry, "MessageId")) return broken_reply(kSend, "no MessageId");
  const std::optional<std::string> digest = string_member(entry, "MD5OfMessageBody");
  if (digest && *digest != hex(md5(as_bytes_of(sent.body)))) {
    return broken_reply(kSend, "the queue took another body than was sent");
  }
  return {};
}

Result<void> refused(const AwsCall& call, const json::object& entry) {
  return sqs_error(refused_entry(call, string_member(entry, "Code").value_or(""),
                                 string_member(entry, "Message").value_or(""),
                                 flag_member(entry, "SenderFault")));
}

// Calls `use` with each entry of the list, and with its place among those that were sent.
void for_each_entry(const json::object& reply, const char* list, std::size_t count,
                    const std::function<void(std::size_t place, const json::object& entry)>& use) {
  const json::value* found = reply.if_contains(list);
  const json::array* entries = found == nullptr ? nullptr : found->if_array();
  if (entries == nullptr) return;
  for (const json::value& one : *entries) {
    const json::object* entry = one.if_object();
    if (entry == nullptr) continue;
    const std::optional<std::uint64_t> place = u64_member(*entry, "Id");
    if (place && *place < count) use(*place, *entry);
  }
}

}  // namespace

ResultOutcomes SqsSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                std::stop_token stop) {
  return publish_in_calls(
      results,
      {.limits = {.entries_max = kEntriesMax,
                  .bytes_max = kCallBytesMax,
                  .entry_overhead_bytes = 0},
       .body_of =
           [](const ScanResult& result) {
             return result_line(result, kCallBytesMax, LineText::ascii);
           },
       .send = [&](std::span<const SinkEntry> entries) { return send(entries, deadline, stop); }});
}

Result<ResultOutcomes> SqsSink::send(std::span<const SinkEntry> entries, Deadline deadline,
                                     std::stop_token stop) {
  json::array list;
  for (std::size_t place = 0; place < entries.size(); ++place) {
    list.push_back(
        json::object{{"Id", std::to_string(place)}, {"MessageBody", entries[place].body}});
  }
  AwsCall call =
      json_call(AwsService::sqs, kSend,
                json::object{{"QueueUrl", options_.queue_url}, {"Entries", std::move(list)}});
  call.region = options_.region;
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply, parse_json_object(response->body, kSend, kReplyBytesMax));
  // What the reply says nothing of was not taken.
  ResultOutcomes outcomes(entries.size(),
                          broken_reply(kSend, "an entry is neither taken nor refused"));
  for_each_entry(reply, "Successful", entries.size(), [&](std::size_t place, const auto& entry) {
    outcomes[place] = taken(entry, entries[place]);
  });
  for_each_entry(reply, "Failed", entries.size(), [&](std::size_t place, const auto& entry) {
    outcomes[place] = refused(call, entry);
  });
  return outcomes;
}

}  // namespace cordon
