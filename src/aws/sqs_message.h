#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/result.h"

// What every user of an SQS queue needs. Internal to aws.

namespace cordon {

/// SQS's ceiling for one message, body and attributes together.
inline constexpr std::size_t kSqsMessageBytesMax = 1U << 20U;

/// A message on its way into a queue, for `send_message`. Body and attributes together: at most
/// kSqsMessageBytesMax.
struct SqsMessage {
  std::string queue_url;
  std::string body;  ///< Sent as `message_body`.
  /// Strings, sent as `message_attribute`; empty ones are left out.
  std::map<std::string, std::string> attributes = {};
  std::optional<Region> region = std::nullopt;
};

/// Sends and compares the MD5 that the queue computed. Errors: as EventQueue.
Result<void> send_message(ServiceClient& client, const SqsMessage& message, Deadline deadline,
                          std::stop_token stop);

/// The error in the terms of EventQueue: `changed` for a receipt that is not valid any more,
/// `throttled` for too many messages in flight, `not_found` for a missing queue.
Error sqs_error(Error error);

/// The name of the queue: what is behind the last '/' of its URL.
std::string sqs_queue_name(std::string_view queue_url);

}  // namespace cordon
