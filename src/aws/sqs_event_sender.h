#pragma once

#include <string>
#include <utility>

#include "aws/service_client.h"
#include "core/ports/event_sender.h"

namespace cordon {

/// Puts events that were brought to us into an SQS queue, as they came. `client` outlives it.
class SqsEventSender final : public EventSender {
 public:
  SqsEventSender(ServiceClient& client, std::string queue_url)
      : client_(client), queue_url_(std::move(queue_url)) {}

  Result<void> send(const std::string& body, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const std::string queue_url_;
};

}  // namespace cordon
