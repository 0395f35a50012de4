#include "aws/sqs_queue.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/message_text.h"
#include "aws/protocols.h"
#include "aws/sqs_batch.h"
#include "aws/sqs_message.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr int kReceiveMax = 10;
constexpr std::chrono::seconds kWaitMax{20};
constexpr std::chrono::seconds kVisibilityMax{43'200};
// For connecting and for the way there and back, above the time that the queue itself waits.
constexpr std::chrono::seconds kPollMargin{10};
// Ten messages of 1 MiB each, of which JSON may escape every byte to six; and what stands around.
constexpr std::size_t kReceiveBytesMax = 64U << 20U;
static_assert(kReceiveBytesMax >= kReceiveMax * 6 * kSqsMessageBytesMax);
constexpr std::size_t kBodyBytesMax = kSqsMessageBytesMax;
// SQS allows values as long as a message; a reason is a sentence.
constexpr std::size_t kReasonBytesMax = 1024;
constexpr std::size_t kHandleBytesMax = 4096;
constexpr const char* kReceive = "ReceiveMessage";

Result<Claim> decode_message_object(const json::object& message, SystemTime now) {
  const std::optional<std::string> id = string_member(message, "MessageId");
  const std::optional<std::string> receipt = string_member(message, "ReceiptHandle");
  std::optional<std::string> body = string_member(message, "Body");
  if (!id || !receipt || !body)
    return broken_reply(kReceive, "a message without id, receipt or body");
  if (receipt->empty() || receipt->size() > kHandleBytesMax || id->size() > 256) {
    return broken_reply(kReceive, "a message with an impossible id or receipt");
  }
  if (body->size() > kBodyBytesMax) return broken_reply(kReceive, "a message that is too long");
  const std::optional<std::string> digest = string_member(message, "MD5OfBody");
  if (digest && *digest != hex(md5(as_bytes_of(*body)))) {
    return broken_reply(kReceive,
                        "the body of message " + utf8_clean(*id, 64) + " does not match its MD5");
  }
  Claim claim{*id, ReceiptHandle(*receipt), *std::move(body), 1, now};
  const json::value* attributes = message.if_contains("Attributes");
  if (attributes == nullptr || !attributes->is_object()) return claim;
  if (const auto count = u64_member(attributes->get_object(), "ApproximateReceiveCount")) {
    claim.receive_count =
        static_cast<int>(std::clamp<std::uint64_t>(*count, 1, std::numeric_limits<int>::max()));
  }
  const auto sent = u64_member(attributes->get_object(), "SentTimestamp");
  // The system clock counts nanoseconds in 64 bits.
  constexpr std::uint64_t kYear2262 = 9'200'000'000'000;
  if (sent && *sent <= kYear2262) {
    claim.sent_at = SystemTime(std::chrono::milliseconds(static_cast<std::int64_t>(*sent)));
  }
  return claim;
}

// As SQS counts them.
std::size_t bytes_of(const SqsMessage& message) {
  std::size_t bytes = message.body.size();
  for (const auto& [name, value] : message.attributes) bytes += name.size() + value.size() + 6;
  return bytes;
}

}  // namespace

Result<Claim> decode_sqs_message(std::string_view text, SystemTime now) {
  CORDON_TRY(const json::object message, parse_json_object(text, kReceive, kReceiveBytesMax));
  return decode_message_object(message, now);
}

Result<std::vector<Claim>> SqsQueue::receive(int count_max, std::chrono::seconds wait,
                                             Deadline deadline, std::stop_token stop) {
  const int count = std::clamp(count_max, 1, kReceiveMax);
  wait = std::clamp(wait, std::chrono::seconds(0), kWaitMax);
  // The newer name of the field replaces the older one, which is what other servers know.
  const json::array attributes{"ApproximateReceiveCount", "SentTimestamp"};
  json::object request{{"QueueUrl", options_.url},
                       {"MaxNumberOfMessages", count},
                       {"WaitTimeSeconds", wait.count()},
                       {"AttributeNames", attributes},
                       {"MessageSystemAttributeNames", attributes}};
  if (options_.visibility) request["VisibilityTimeout"] = options_.visibility->count();
  const AwsCall call = json_call(AwsService::sqs, kReceive, request);
  const Deadline limit = deadline.at_most(clock_, wait + kPollMargin);
  const Result<HttpResponse> response = client_.call(call, limit, std::move(stop));
  if (!response) return sqs_error(response.error());
  CORDON_TRY(const json::object reply,
             parse_json_object(response->body, kReceive, kReceiveBytesMax));
  const json::value* member = reply.if_contains("Messages");
  if (member == nullptr || member->is_null()) return std::vector<Claim>();
  const json::array* messages = member->if_array();
  if (messages == nullptr) return broken_reply(kReceive, "Messages is no list");
  if (messages->size() > kReceiveMax) return broken_reply(kReceive, "more than ten messages");
  std::vector<Claim> claims;
  std::optional<Error> broken;
  for (const json::value& message : *messages) {
    Result<Claim> claim = message.is_object()
                              ? decode_message_object(message.get_object(), clock_.system_now())
                              : broken_reply(kReceive, "a message that is no object");
    if (claim) {
      claims.push_back(*std::move(claim));
    } else {
      log_.write_limited(LogLevel::warn, "queue.message_broken", {{"error", claim.error()}});
      broken = claim.error();
    }
  }
  if (claims.empty() && broken) return *broken;
  return claims;
}

Result<void> SqsQueue::extend(const Claim& claim, std::chrono::seconds visibility,
                              Deadline deadline, std::stop_token stop) {
  visibility = std::clamp(visibility, std::chrono::seconds(0), kVisibilityMax);
  const AwsCall call = json_call(AwsService::sqs, "ChangeMessageVisibility",
                                 json::object{{"QueueUrl", options_.url},
                                              {"ReceiptHandle", claim.receipt.str()},
                                              {"VisibilityTimeout", visibility.count()}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return sqs_error(response.error());
  return {};
}

std::vector<Result<void>> SqsQueue::extend_all(std::span<const Claim> claims,
                                               std::chrono::seconds visibility, Deadline deadline,
                                               std::stop_token stop) {
  const auto all_failed = [&](const Error& error) {
    return std::vector<Result<void>>(claims.size(), error);
  };
  if (claims.empty()) return {};
  if (claims.size() > kSqsBatchMax) {
    return all_failed({Errc::invalid, "more than ten claims at once"});
  }
  visibility = std::clamp(visibility, std::chrono::seconds(0), kVisibilityMax);
  json::array entries;
  for (const Claim& claim : claims) {
    entries.push_back(json::object{{"Id", std::to_string(entries.size())},
                                   {"ReceiptHandle", claim.receipt.str()},
                                   {"VisibilityTimeout", visibility.count()}});
  }
  const AwsCall call =
      json_call(AwsService::sqs, "ChangeMessageVisibilityBatch",
                json::object{{"QueueUrl", options_.url}, {"Entries", std::move(entries)}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return all_failed(sqs_error(response.error()));
  auto outcomes = decode_sqs_batch(call, response->body, claims.size(),
                                   [](std::size_t, const json::object&) { return Result<void>(); });
  return outcomes ? *std::move(outcomes) : all_failed(outcomes.error());
}

Result<void> SqsQueue::acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) {
  const AwsCall call =
      json_call(AwsService::sqs, "DeleteMessage",
                json::object{{"QueueUrl", options_.url}, {"ReceiptHandle", claim.receipt.str()}});
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (response) return {};
  Error error = sqs_error(response.error());
  // The receipt is void: the message is gone already, or another agent has it and will be done with
  // it.
  if (error.code == Errc::changed) return {};
  return error;
}

Result<void> SqsQueue::dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                                   std::stop_token stop) {
  if (options_.dead_letter_url.empty()) {
    return Error{Errc::not_found, "no dead-letter queue is configured for " + options_.url};
  }
  SqsMessage message{.queue_url = options_.dead_letter_url, .body = message_body(claim.body)};
  message.attributes["cordon-reason"] = message_attribute(reason, kReasonBytesMax);
  message.attributes["cordon-message-id"] = message_attribute(claim.message_id, 256);
  message.attributes["cordon-queue"] = sqs_queue_name(options_.url);
  // A message at the ceiling has no room for attributes. Its body matters more, and then where it
  // came from.
  for (const char* name : {"cordon-reason", "cordon-message-id", "cordon-queue"}) {
    if (bytes_of(message) > kSqsMessageBytesMax) message.attributes.erase(name);
  }
  CORDON_TRY(send_message(client_, message, deadline, stop));
  return acknowledge(claim, deadline, std::move(stop));
}

}  // namespace cordon
