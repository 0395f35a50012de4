#include "aws/sqs_sink.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sqs_batch.h"
#include "aws/sqs_message.h"
#include "base/digest.h"
#include "base/text.h"
#include "core/result_document.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSend = "SendMessageBatch";
// Of all entries, and what a queue takes that was made before the ceiling rose to 1 MiB.
constexpr std::size_t kCallBytesMax = 256U << 10U;

Result<void> taken(const json::object& entry, const SinkEntry& sent) {
  if (!string_member(entry, "MessageId")) return broken_reply(kSend, "no MessageId");
  const std::optional<std::string> digest = string_member(entry, "MD5OfMessageBody");
  if (digest && *digest != hex(md5(as_bytes_of(sent.body)))) {
    return broken_reply(kSend, "the queue took another body than was sent");
  }
  return {};
}

}  // namespace

ResultOutcomes SqsSink::publish(std::span<const ScanResult> results, Deadline deadline,
                                std::stop_token stop) {
  return publish_in_calls(
      results,
      {.limits = {.entries_max = kSqsBatchMax,
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
  return decode_sqs_batch(
      call, response->body, entries.size(),
      [&](std::size_t place, const json::object& entry) { return taken(entry, entries[place]); });
}

}  // namespace cordon
