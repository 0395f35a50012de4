#include "aws/sqs_scan_requests.h"

#include <boost/json.hpp>

#include "aws/message_text.h"
#include "aws/protocols.h"
#include "aws/sqs_batch.h"
#include "aws/sqs_message.h"
#include "core/scan_request.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSend = "SendMessageBatch";

// What the reply refuses. Errors: unavailable when it does not say of every message what became of
// it.
Result<std::vector<RefusedRequest>> refused_in(const std::vector<Result<void>>& outcomes) {
  std::vector<RefusedRequest> refused;
  for (std::size_t place = 0; place < outcomes.size(); ++place) {
    if (outcomes[place]) continue;
    const Error& why = outcomes[place].error();
    if (why.remote_code.empty()) return why;
    refused.push_back({place, why});
  }
  return refused;
}

// A server that refuses a batch as a whole for one of its messages. SQS tells of each.
bool is_about_content(const Error& error) {
  return error.remote_code.ends_with("InvalidMessageContents");
}

bool is_about_groups(const Error& error) {
  return error.code == Errc::invalid && error.what.find("MessageGroupId") != std::string::npos;
}

}  // namespace

Result<std::vector<RefusedRequest>> SqsScanRequests::send(const std::vector<ObjectEvent>& requests,
                                                          Deadline deadline, std::stop_token stop) {
  if (requests.empty()) return std::vector<RefusedRequest>();
  if (requests.size() > kSqsBatchMax)
    return Error{Errc::invalid, "more than ten scan requests at once"};
  Result<std::vector<RefusedRequest>> sent = send_some(requests, deadline, stop);
  if (sent || !is_about_content(sent.error())) return sent;
  std::vector<RefusedRequest> refused;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Result<std::vector<RefusedRequest>> alone = send_some({requests[i]}, deadline, stop);
    if (!alone && !is_about_content(alone.error())) return alone.error();
    if (!alone) refused.push_back({i, alone.error()});
    if (alone && !alone->empty()) refused.push_back({i, alone->front().why});
  }
  return refused;
}

Result<std::vector<RefusedRequest>> SqsScanRequests::send_some(
    const std::vector<ObjectEvent>& requests, Deadline deadline, std::stop_token stop) {
  if (has_groups_) {
    Result<std::vector<RefusedRequest>> sent = send_once(requests, true, deadline, stop);
    if (sent || !is_about_groups(sent.error())) return sent;
    has_groups_ = false;
  }
  return send_once(requests, false, deadline, std::move(stop));
}

Result<std::vector<RefusedRequest>> SqsScanRequests::send_once(
    const std::vector<ObjectEvent>& requests, bool in_groups, Deadline deadline,
    std::stop_token stop) {
  json::array entries;
  for (const ObjectEvent& request : requests) {
    json::object entry{{"Id", std::to_string(entries.size())},
                       {"MessageBody", message_body(encode_scan_request(request))}};
    if (in_groups) entry["MessageGroupId"] = request.object.bucket.str();
    entries.push_back(std::move(entry));
  }
  const AwsCall call =
      json_call(AwsService::sqs, kSend,
                json::object{{"QueueUrl", queue_url_}, {"Entries", std::move(entries)}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const std::vector<Result<void>> outcomes,
             decode_sqs_batch(call, response->body, requests.size(),
                              [](std::size_t, const json::object&) { return Result<void>(); }));
  return refused_in(outcomes);
}

}  // namespace cordon
