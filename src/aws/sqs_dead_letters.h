#pragma once

#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "aws/sqs_queue.h"
#include "core/ports/dead_letter_box.h"

namespace cordon {

/// The queues of an `SqsDeadLetters`, by URL: its own, and those that a replay sends to.
struct SqsDeadLettersOptions {
  std::string url;
  std::string event_queue_url;
  /// Empty: there is no sweep queue, and what came from one is sent to the event queue, whose
  /// readers understand it as well.
  std::string sweep_queue_url = {};
};

/// The dead-letter queue of SQS. `client`, `clock` and `log` outlive it.
class SqsDeadLetters final : public DeadLetterBox {
 public:
  SqsDeadLetters(ServiceClient& client, SqsDeadLettersOptions options, const Clock& clock,
                 Log& log);

  Result<std::uint64_t> waiting(Deadline deadline, std::stop_token stop) override;
  Result<std::vector<DeadLetter>> take(std::chrono::seconds hidden, Patience patience,
                                       Deadline deadline, std::stop_token stop) override;
  Result<void> put_back(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;
  Result<void> send_again(const DeadLetter& letter, Deadline deadline,
                          std::stop_token stop) override;
  Result<void> drop(const DeadLetter& letter, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const SqsDeadLettersOptions options_;
  const Clock& clock_;
  Log& log_;
  SqsQueue queue_;
};

/// Decodes one element of ReceiveMessage's "Messages", given as JSON, with its message attributes.
/// Which queue it came from says SQS where the queue moved it by itself, else the attribute
/// `cordon-queue`; without either, the event queue. Pure; exposed for its tests. Errors:
/// unavailable.
Result<DeadLetter> decode_dead_letter(std::string_view json, const SqsDeadLettersOptions& options,
                                      SystemTime now);

}  // namespace cordon
