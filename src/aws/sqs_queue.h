#pragma once

#include <string>

#include "aws/service_client.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/ports/event_queue.h"

namespace cordon {

/// The queues of an `SqsQueue`, by URL: the one that it reads, and the one for what cannot be
/// handled.
struct SqsQueueOptions {
  std::string url;
  std::string dead_letter_url;
  /// How long each claim lasts. Said with every receive, so that it holds whatever somebody sets
  /// the queue to meanwhile. None: as the queue is set.
  std::optional<std::chrono::seconds> visibility = std::nullopt;
};

/// A queue of SQS, by its JSON protocol. `client`, `clock` and `log` outlive it.
///
/// A received message whose body does not match its MD5, or that lacks what a claim needs, is left
/// in the queue, which delivers it again or hands it to its own dead letters in the end.
class SqsQueue final : public EventQueue {
 public:
  SqsQueue(ServiceClient& client, SqsQueueOptions options, const Clock& clock, Log& log)
      : client_(client), options_(std::move(options)), clock_(clock), log_(log) {}

  Result<std::vector<Claim>> receive(int count_max, std::chrono::seconds wait, Deadline deadline,
                                     std::stop_token stop) override;
  Result<void> extend(const Claim& claim, std::chrono::seconds visibility, Deadline deadline,
                      std::stop_token stop) override;
  std::vector<Result<void>> extend_all(std::span<const Claim> claims,
                                       std::chrono::seconds visibility, Deadline deadline,
                                       std::stop_token stop) override;
  Result<void> acknowledge(const Claim& claim, Deadline deadline, std::stop_token stop) override;
  Result<void> dead_letter(const Claim& claim, std::string_view reason, Deadline deadline,
                           std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const SqsQueueOptions options_;
  const Clock& clock_;
  Log& log_;
};

/// Decodes one element of ReceiveMessage's "Messages", given as JSON. Pure; exposed for its fuzzer.
/// Errors: unavailable. `now` stands for a sending time that the queue does not tell.
Result<Claim> decode_sqs_message(std::string_view json, SystemTime now);

}  // namespace cordon
