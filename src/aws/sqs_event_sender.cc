#include "aws/sqs_event_sender.h"

#include "aws/sqs_message.h"

namespace cordon {

Result<void> SqsEventSender::send(const std::string& body, Deadline deadline,
                                  std::stop_token stop) {
  return send_message(client_, SqsMessage{.queue_url = queue_url_, .body = body}, deadline,
                      std::move(stop));
}

}  // namespace cordon
