#include "aws/sqs_scan_requests.h"

#include <boost/json.hpp>
#include <set>

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

const json::array* list_in(const json::object& reply, const char* name) {
  const json::value* found = reply.if_contains(name);
  return found == nullptr ? nullptr : found->if_array();
}

// Of a batch, some messages may be refused. What is the sender's fault does not go away by itself.
Result<void> refused_in(const json::object& reply) {
  const json::array* failures = list_in(reply, "Failed");
  if (failures == nullptr || failures->empty()) return {};
  Error error{Errc::unavailable, std::string(kSend) + ": the queue did not take " +
                                     std::to_string(failures->size()) + " messages"};
  for (const json::value& one : *failures) {
    const json::object* failure = one.if_object();
    if (failure == nullptr) continue;
    const json::value* fault = failure->if_contains("SenderFault");
    if (fault == nullptr || !fault->is_bool() || !fault->get_bool()) continue;
    error.code = Errc::invalid;
    error.what += ": " + utf8_clean(string_member(*failure, "Code").value_or("?"), 128) + " " +
                  utf8_clean(string_member(*failure, "Message").value_or(""), 256);
    break;
  }
  return error;
}

// The different numbers of messages that were taken.
std::set<std::string> taken_in(const json::object& reply) {
  std::set<std::string> ids;
  const json::array* taken = list_in(reply, "Successful");
  if (taken == nullptr || taken->size() > kBatch) return ids;
  for (const json::value& one : *taken) {
    if (const json::object* entry = one.if_object()) {
      ids.insert(string_member(*entry, "Id").value_or(""));
    }
  }
  return ids;
}

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
  CORDON_TRY(refused_in(reply));
  if (taken_in(reply).size() != requests.size()) {
    return broken_reply(kSend, "it does not say that every message was taken");
  }
  return {};
}

}  // namespace cordon
