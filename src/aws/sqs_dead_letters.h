#pragma once

#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "aws/sqs_queue.h"
#include "core/ports/dead_letter_box.h"

namespace cordon {

/// The dead-letter queue of SQS. `client`, `clock` and `log` outlive it.
class SqsDeadLetters final : public DeadLetterBox {
 public:
  SqsDeadLetters(ServiceClient& client, std::string dead_letter_url, std::string event_queue_url,
                 const Clock& clock, Log& log);

  Result<std::vector<DeadLetter>> take(std::chrono::seconds hidden, Deadline deadline,
                                       std::stop_token stop) override;
  Result<void> put_back(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;
  Result<void> replay(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;
  Result<void> drop(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const std::string url_;
  const std::string event_queue_url_;
  const Clock& clock_;
  Log& log_;
  SqsQueue queue_;
};

/// Decodes one element of ReceiveMessage's "Messages", given as JSON, with its message attributes.
/// Pure; exposed for its tests. Errors: unavailable.
Result<DeadLetter> decode_dead_letter(std::string_view json, SystemTime now);

}  // namespace cordon
