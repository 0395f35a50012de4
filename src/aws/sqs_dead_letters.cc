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
constexpr const char* kSource = "DeadLetterQueueSourceArn";
constexpr int kBatch = 10;
// A short poll asks only some of SQS's machines.
constexpr int kWaitSeconds = 1;
// As SqsQueue: ten messages at the ceiling, escaped.
constexpr std::size_t kReplyBytesMax = 64U << 20U;
constexpr std::size_t kReasonBytesMax = 4096;

std::string attribute_of(const json::object& message, const char* name) {
  const json::value* attributes = message.if_contains("MessageAttributes");
  const json::object* all = attributes == nullptr ? nullptr : attributes->if_object();
  const json::value* found = all == nullptr ? nullptr : all->if_contains(name);
  const json::object* value = found == nullptr ? nullptr : found->if_object();
  if (value == nullptr) return "";
  return utf8_clean(string_member(*value, "StringValue").value_or(""), kReasonBytesMax);
}

// The queue that gave the message up by itself, as SQS writes it; empty: an agent put it here.
std::string queue_that_gave_up(const json::object& message) {
  const json::value* attributes = message.if_contains("Attributes");
  const json::object* all = attributes == nullptr ? nullptr : attributes->if_object();
  if (all == nullptr) return "";
  const std::string arn = string_member(*all, kSource).value_or("");
  return arn.substr(arn.rfind(':') + 1);
}

// Only what came from the sweep queue goes back there, for what is read there is acted upon where
// no bucket is protected. A body says nothing about it, and neither do the attributes of a message
// that no agent put here: whoever sent it wrote them.
DeadOrigin origin_of(const std::string& queue, const SqsDeadLettersOptions& options) {
  const std::string sweeps = sqs_queue_name(options.sweep_queue_url);
  return !sweeps.empty() && queue == sweeps ? DeadOrigin::sweep : DeadOrigin::events;
}

}  // namespace

Result<DeadLetter> decode_dead_letter(std::string_view text, const SqsDeadLettersOptions& options,
                                      SystemTime now) {
  CORDON_TRY(Claim claim, decode_sqs_message(text, now));
  CORDON_TRY(const json::object message, parse_json_object(text, kReceive, kReplyBytesMax));
  const std::string gave_up = queue_that_gave_up(message);
  if (!gave_up.empty()) return DeadLetter{std::move(claim), "", origin_of(gave_up, options)};
  const DeadOrigin origin = origin_of(attribute_of(message, "cordon-queue"), options);
  return DeadLetter{std::move(claim), attribute_of(message, "cordon-reason"), origin};
}

SqsDeadLetters::SqsDeadLetters(ServiceClient& client, SqsDeadLettersOptions options,
                               const Clock& clock, Log& log)
    : client_(client),
      options_(std::move(options)),
      clock_(clock),
      log_(log),
      queue_(client, SqsQueueOptions{.url = options_.url, .dead_letter_url = ""}, clock, log) {}

Result<std::uint64_t> SqsDeadLetters::waiting(Deadline deadline, std::stop_token stop) {
  constexpr const char* kOperation = "GetQueueAttributes";
  constexpr const char* kCount = "ApproximateNumberOfMessages";
  const AwsCall call =
      json_call(AwsService::sqs, kOperation,
                json::object{{"QueueUrl", options_.url}, {"AttributeNames", json::array{kCount}}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply,
             parse_json_object(response->body, kOperation, kReplyBytesMax));
  const json::value* member = reply.if_contains("Attributes");
  const json::object* attributes = member == nullptr ? nullptr : member->if_object();
  if (attributes == nullptr) return broken_reply(kOperation, "no attributes");
  const std::optional<std::uint64_t> count = u64_member(*attributes, kCount);
  if (!count) return broken_reply(kOperation, std::string("no ") + kCount);
  return *count;
}

Result<std::vector<DeadLetter>> SqsDeadLetters::take(std::chrono::seconds hidden, Patience patience,
                                                     Deadline deadline, std::stop_token stop) {
  const json::array attributes{"ApproximateReceiveCount", "SentTimestamp", kSource};
  const AwsCall call =
      json_call(AwsService::sqs, kReceive,
                json::object{{"QueueUrl", options_.url},
                             {"MaxNumberOfMessages", kBatch},
                             {"WaitTimeSeconds", patience == Patience::some ? kWaitSeconds : 0},
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
    Result<DeadLetter> letter =
        decode_dead_letter(json::serialize(message), options_, clock_.system_now());
    if (letter) {
      letters.push_back(*std::move(letter));
    } else {
      log_.write_limited(LogLevel::warn, "queue.message_broken", {{"error", letter.error()}});
    }
  }
  return letters;
}

Result<void> SqsDeadLetters::put_back(const DeadLetter& letter, Deadline deadline,
                                      std::stop_token stop) {
  return queue_.extend(letter.claim, std::chrono::seconds(0), deadline, std::move(stop));
}

Result<void> SqsDeadLetters::send_again(const DeadLetter& letter, Deadline deadline,
                                        std::stop_token stop) {
  const bool is_sweep = letter.origin == DeadOrigin::sweep && !options_.sweep_queue_url.empty();
  const std::string& to = is_sweep ? options_.sweep_queue_url : options_.event_queue_url;
  return send_message(client_, SqsMessage{.queue_url = to, .body = letter.claim.body}, deadline,
                      std::move(stop));
}

Result<void> SqsDeadLetters::drop(const DeadLetter& letter, Deadline deadline,
                                  std::stop_token stop) {
  return queue_.acknowledge(letter.claim, deadline, std::move(stop));
}

}  // namespace cordon
