#pragma once

#include <string>

#include "aws/service_client.h"
#include "core/ports/agent_report_sink.h"

namespace cordon {

/// Sends agents' reports to the results queue, beside the results. `client` outlives it.
class SqsAgentReports final : public AgentReportSink {
 public:
  /// `region`: of the queue.
  SqsAgentReports(ServiceClient& client, std::string queue_url, Region region)
      : client_(client), queue_url_(std::move(queue_url)), region_(std::move(region)) {}

  Result<void> send(const AgentReport& report, Deadline deadline, std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const std::string queue_url_;
  const Region region_;
};

}  // namespace cordon
