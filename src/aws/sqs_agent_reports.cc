#include "aws/sqs_agent_reports.h"

#include "aws/sqs_message.h"

namespace cordon {

Result<void> SqsAgentReports::send(const AgentReport& report, Deadline deadline,
                                   std::stop_token stop) {
  return send_message(client_,
                      {.queue_url = queue_url_, .body = to_json(report), .region = region_},
                      deadline, std::move(stop));
}

}  // namespace cordon
