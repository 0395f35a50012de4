#include "aws/sqs_scan_requests.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sqs_message.h"
#include "base/text.h"
#include "core/scan_request.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSend = "SendMessageBatch";
constexpr std::size_t kBatch = 10;
constexpr std::size_t kReplyBytesMax = 256U << 10U;

}  // namespace

Result<void> SqsScanRequests::send(const std::vector<ObjectEvent>& requests, Deadline deadline,
                                   std::stop_token stop) {
  if (requests.empty()) return {};
  if (requests.size() > kBatch) return Error{Errc::invalid, "more than ten scan requests at once"};
  json::array entries;
  for (const ObjectEvent& request : requests) {
    entries.push_back(json::object{{"Id", std::to_string(entries.size())},
                                   {"MessageBody", encode_scan_request(request)}});
  }
  const AwsCall call =
      json_call(AwsService::sqs, kSend,
                json::object{{"QueueUrl", queue_url_}, {"Entries", std::move(entries)}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply, parse_json_object(response->body, kSend, kReplyBytesMax));
  const json::value* failed = reply.if_contains("Failed");
  const json::array* failures = failed == nullptr ? nullptr : failed->if_array();
  if (failures != nullptr && !failures->empty()) {
    return Error{Errc::unavailable, std::string(kSend) + ": the queue did not take " +
                                        std::to_string(failures->size()) + " messages"};
  }
  const json::value* done = reply.if_contains("Successful");
  const json::array* taken = done == nullptr ? nullptr : done->if_array();
  if (taken == nullptr || taken->size() != requests.size()) {
    return broken_reply(kSend, "it does not say that every message was taken");
  }
  return {};
}

}  // namespace cordon
