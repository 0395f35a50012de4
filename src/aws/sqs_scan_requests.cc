#include "aws/sqs_scan_requests.h"

#include <boost/json.hpp>
#include <set>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/message_text.h"
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

// What is the sender's fault does not go away by itself, unless SQS says that it will (throttling)
// or that it is not the message's (keys): `sqs_error` knows those.
Error refusal(const json::object& failure) {
  const json::value* fault = failure.if_contains("SenderFault");
  const bool is_ours = fault != nullptr && fault->is_bool() && fault->get_bool();
  const std::string code = utf8_clean(string_member(failure, "Code").value_or("?"), 128);
  const std::string message = utf8_clean(string_member(failure, "Message").value_or(""), 256);
  Error error{is_ours ? Errc::invalid : Errc::unavailable,
              std::string(kSend) + ": not taken: " + code + " " + message};
  error.remote_code = code;
  return sqs_error(std::move(error));
}

// Of a batch, some messages may be refused.
std::vector<RefusedRequest> refused_in(const json::object& reply, std::size_t count) {
  std::vector<RefusedRequest> refused;
  const json::array* failures = list_in(reply, "Failed");
  if (failures == nullptr || failures->size() > kBatch) return refused;
  for (const json::value& one : *failures) {
    const json::object* failure = one.if_object();
    if (failure == nullptr) continue;
    const auto index = u64_member(*failure, "Id");
    if (index && *index < count) refused.push_back({*index, refusal(*failure)});
  }
  return refused;
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

// A server that refuses a batch as a whole for one of its messages. SQS tells of each.
bool is_about_content(const Error& error) {
  return error.remote_code.ends_with("InvalidMessageContents");
}

}  // namespace

Result<std::vector<RefusedRequest>> SqsScanRequests::send(const std::vector<ObjectEvent>& requests,
                                                          Deadline deadline, std::stop_token stop) {
  if (requests.empty()) return std::vector<RefusedRequest>();
  if (requests.size() > kBatch) return Error{Errc::invalid, "more than ten scan requests at once"};
  Result<std::vector<RefusedRequest>> sent = send_once(requests, deadline, stop);
  if (sent || !is_about_content(sent.error())) return sent;
  std::vector<RefusedRequest> refused;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Result<std::vector<RefusedRequest>> alone = send_once({requests[i]}, deadline, stop);
    if (!alone && !is_about_content(alone.error())) return alone.error();
    if (!alone) refused.push_back({i, alone.error()});
    if (alone && !alone->empty()) refused.push_back({i, alone->front().why});
  }
  return refused;
}

Result<std::vector<RefusedRequest>> SqsScanRequests::send_once(
    const std::vector<ObjectEvent>& requests, Deadline deadline, std::stop_token stop) {
  json::array entries;
  for (const ObjectEvent& request : requests) {
    entries.push_back(json::object{{"Id", std::to_string(entries.size())},
                                   {"MessageBody", message_body(encode_scan_request(request))}});
  }
  const AwsCall call =
      json_call(AwsService::sqs, kSend,
                json::object{{"QueueUrl", queue_url_}, {"Entries", std::move(entries)}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply, parse_json_object(response->body, kSend, kReplyBytesMax));
  std::vector<RefusedRequest> refused = refused_in(reply, requests.size());
  std::set<std::string> told = taken_in(reply);
  const std::size_t taken = told.size();
  for (const RefusedRequest& one : refused) told.insert(std::to_string(one.index));
  // Each is either taken or refused, and nothing is told of others.
  if (told.size() != requests.size() || taken + refused.size() != requests.size()) {
    return broken_reply(kSend, "it does not say of every message whether it was taken");
  }
  return refused;
}

}  // namespace cordon
