#include "aws/sqs_dead_letters.h"

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sqs_message.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kReceive = "ReceiveMessage";
constexpr int kBatch = 10;
// A short poll asks only some of SQS's machines.
constexpr int kWaitSeconds = 1;
constexpr std::size_t kReplyBytesMax = 8U << 20U;
constexpr std::size_t kReasonBytesMax = 4096;

std::string reason_of(const json::object& message) {
  const json::value* attributes = message.if_contains("MessageAttributes");
  const json::object* all = attributes == nullptr ? nullptr : attributes->if_object();
  const json::value* reason = all == nullptr ? nullptr : all->if_contains("cordon-reason");
  const json::object* value = reason == nullptr ? nullptr : reason->if_object();
  if (value == nullptr) return "";
  return utf8_clean(string_member(*value, "StringValue").value_or(""), kReasonBytesMax);
}

}  // namespace

Result<DeadLetter> decode_dead_letter(std::string_view text, SystemTime now) {
  CORDON_TRY(Claim claim, decode_sqs_message(text, now));
  CORDON_TRY(const json::object message, parse_json_object(text, kReceive, kReplyBytesMax));
  return DeadLetter{std::move(claim), reason_of(message)};
}

SqsDeadLetters::SqsDeadLetters(ServiceClient& client, std::string dead_letter_url,
                               std::string event_queue_url, const Clock& clock, Log& log)
    : client_(client),
      url_(std::move(dead_letter_url)),
      event_queue_url_(std::move(event_queue_url)),
      clock_(clock),
      log_(log),
      queue_(client, SqsQueueOptions{.url = url_, .dead_letter_url = ""}, clock, log) {}

Result<std::vector<DeadLetter>> SqsDeadLetters::take(std::chrono::seconds hidden, Deadline deadline,
                                                     std::stop_token stop) {
  const json::array attributes{"ApproximateReceiveCount", "SentTimestamp"};
  const AwsCall call = json_call(AwsService::sqs, kReceive,
                                 json::object{{"QueueUrl", url_},
                                              {"MaxNumberOfMessages", kBatch},
                                              {"WaitTimeSeconds", kWaitSeconds},
                                              {"VisibilityTimeout", hidden.count()},
                                              {"MessageAttributeNames", json::array{"All"}},
                                              {"AttributeNames", attributes},
                                              {"MessageSystemAttributeNames", attributes}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply, parse_json_object(response->body, kReceive, kReplyBytesMax));
  const json::value* member = reply.if_contains("Messages");
  if (member == nullptr || member->is_null()) return std::vector<DeadLetter>();
  const json::array* messages = member->if_array();
  if (messages == nullptr || messages->size() > kBatch) {
    return broken_reply(kReceive, "Messages is no list of at most ten");
  }
  std::vector<DeadLetter> letters;
  for (const json::value& message : *messages) {
    Result<DeadLetter> letter = decode_dead_letter(json::serialize(message), clock_.system_now());
    if (letter) {
      letters.push_back(*std::move(letter));
    } else {
      log_.warn("queue.message_broken", {{"error", letter.error()}});
    }
  }
  return letters;
}

Result<void> SqsDeadLetters::put_back(const DeadLetter& letter, Deadline deadline,
                                      std::stop_token stop) {
  return queue_.extend(letter.claim, std::chrono::seconds(0), deadline, std::move(stop));
}

Result<void> SqsDeadLetters::replay(const DeadLetter& letter, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(send_message(client_,
                          SqsMessage{.queue_url = event_queue_url_, .body = letter.claim.body},
                          deadline, stop));
  return drop(letter, deadline, std::move(stop));
}

Result<void> SqsDeadLetters::drop(const DeadLetter& letter, Deadline deadline,
                                  std::stop_token stop) {
  return queue_.acknowledge(letter.claim, deadline, std::move(stop));
}

}  // namespace cordon
